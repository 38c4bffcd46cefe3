/** Characters that a password has at least: the node's own rule, told before it is broken. */
export const minPasswordLength = 12;
