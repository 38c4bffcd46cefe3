/** Numbers, amounts and dates as a language writes them. Pure: a moment is an argument, never "now". */
import type { Instant } from '../domain/clock.ts';
import type { InterfaceLanguage } from './languages.ts';

export interface Format {
  number(n: number): string;
  /** 0 to 1, as a whole percentage. */
  percent(share: number): string;
  /** Bytes as kB (1 kB = 1000 bytes), MB and GB from 1000 of the smaller on; rounded up, so that no price is told too low. */
  bytes(n: number): string;
  minutes(n: number): string;
  /** Seconds as minutes, as hours and minutes from an hour on; rounded to the minute, at least one. */
  duration(seconds: number): string;
  date(at: Instant): string;
  dateTime(at: Instant): string;
  /** How long ago, in the largest unit that fits; `now` in milliseconds. */
  ago(at: Instant, now: number): string;
  list(parts: readonly string[]): string;
}

/** Engines disagree over the digits of plain `ar`; the courses are written with 0 to 9, and so is what stands beside them. */
const localeOf = (language: InterfaceLanguage): string => (language === 'ar' ? 'ar-u-nu-latn' : language);

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** The formats of one language. Intl's objects are made when they are first needed: each costs a slow phone some milliseconds. */
export function createFormat(language: InterfaceLanguage): Format {
  const locale = localeOf(language);
  const made = new Map<string, Intl.NumberFormat>();
  const numbers = (name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat => {
    const known = made.get(name) ?? new Intl.NumberFormat(locale, options);
    made.set(name, known);
    return known;
  };
  const unit = (name: string, fraction: number): Intl.NumberFormat =>
    numbers(`${name}${fraction}`, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: fraction });
  const whole = (name: string, n: number): string => unit(name, 0).format(n);

  return {
    number: (n) => numbers('plain', { maximumFractionDigits: 2 }).format(n),
    percent: (share) => numbers('percent', { style: 'percent', maximumFractionDigits: 0 }).format(share),
    bytes(n) {
      const kilobytes = n / 1000;
      if (kilobytes >= 1_000_000) return unit('gigabyte', 1).format(Math.ceil(kilobytes / 100_000) / 10);
      if (kilobytes >= 1000) return unit('megabyte', 1).format(Math.ceil(kilobytes / 100) / 10);
      return kilobytes >= 10 || kilobytes === 0
        ? whole('kilobyte', Math.ceil(kilobytes))
        : unit('kilobyte', 1).format(Math.ceil(kilobytes * 10) / 10);
    },
    minutes: (n) => whole('minute', n),
    duration(seconds) {
      const minutes = Math.max(1, Math.round(seconds / minute));
      const parts = [minutes >= 60 ? whole('hour', Math.floor(minutes / 60)) : '', minutes % 60 > 0 ? whole('minute', minutes % 60) : ''];
      return parts.filter((part) => part !== '').join(' ');
    },
    date: (at) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(at)),
    dateTime: (at) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at)),
    ago(at, now) {
      const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
      const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
      if (seconds >= day) return relative.format(-Math.floor(seconds / day), 'day');
      if (seconds >= hour) return relative.format(-Math.floor(seconds / hour), 'hour');
      if (seconds >= minute) return relative.format(-Math.floor(seconds / minute), 'minute');
      return relative.format(0, 'second');
    },
    list: (parts) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(parts),
  };
}
