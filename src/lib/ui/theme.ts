/** Light or dark by the person's choice; without one the device decides. */
export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Name of the cookie that carries the choice, so that a page from the node is drawn in it at once. */
export const themeCookie = 'perigee-theme';

export const isTheme = (value: unknown): value is Theme => themes.some((theme) => theme === value);
