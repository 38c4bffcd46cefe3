/** With this a node ends whose pointer was moved: whoever started it starts what the pointer names. Of sysexits.h, EX_TEMPFAIL: come again. */
export const changeOver = 75;
