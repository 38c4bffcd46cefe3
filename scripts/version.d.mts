/** The name of this build: the package’s version and, in a checkout, the commit. */
export function appVersion(): string;
