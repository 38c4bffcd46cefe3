import { isTheme, themeCookie, type Theme } from '#lib/ui/theme.ts';
import { readCookie, writeCookie } from './cookies.ts';

/** The theme that was chosen on this device; null where the device decides. */
export function chosenTheme(): Theme | null {
  const value = readCookie(themeCookie);
  return isTheme(value) ? value : null;
}

/** Draws the page in the chosen theme: the offline shell is the same file for everyone and cannot know it. */
export function showTheme(): void {
  const theme = chosenTheme();
  if (theme === null) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** Keeps the choice and shows it; null gives the choice back to the device. */
export function chooseTheme(theme: Theme | null): void {
  writeCookie(themeCookie, theme);
  showTheme();
}
