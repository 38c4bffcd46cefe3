/**
 * Passwords of the right length that everybody tries first. A list of leaked passwords of any use is larger than the app, and a centre has no network to ask one; but what is common among long ones is made of few things: a
 * common word or two, digits in a row, keys beside each other, one thing said over and over, the person's or the centre's own name. A password that is nothing but such parts is refused.
 *
 * Pure.
 */

/** Common parts of long passwords in published lists of the most used ones, in the languages of the app; and what is at hand in a centre. */
const words = (
  'password passwort passw0rd motdepasse contrasena contraseña parol пароль مرور mima mimashi admin administrator root user login letmein welcome bienvenue bienvenido iloveyou love monkey dragon ' +
  'princess sunshine shadow master football baseball basketball superman batman michael jennifer jordan charlie secret changeme default computer internet access trustno google facebook ' +
  'samsung android teacher trainer student school university space perigee centre center server example test testing hello freedom whatever starwars pokemon abcdef qazwsx asdf zxcv ' +
  'qwerty azerty йцукен the and our for to my is'
).split(' ');
const rows = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю',
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik',
];

const leet: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' };
const unleet = (text: string): string => [...text].map((character) => leet[character] ?? character).join('');
const backwards = (text: string): string => [...text].reverse().join('');
const runs = rows.flatMap((row) => [row, backwards(row)]);

/** Length of the longest common part at the beginning of the text; 0 for none. */
function commonAt(text: string, plain: string, own: readonly string[]): number {
  const word = [...words, ...own]
    .filter((one) => text.startsWith(one) || plain.startsWith(one))
    .reduce((most, { length }) => Math.max(most, length), 0);
  let run = 0;
  for (const row of runs) {
    const from = row.indexOf(text[0] ?? '');
    if (from < 0) continue;
    let length = 1;
    while (length < text.length && from + length < row.length && text[length] === row[from + length]) length++;
    if (length >= 3) run = Math.max(run, length);
  }
  let same = 1;
  while (text[same] === text[0] && same < text.length) same++;
  return Math.max(word, run, same >= 3 ? same : 0);
}

/** Names as parts of passwords. */
const partsOf = (own: readonly string[]): readonly string[] =>
  own
    .flatMap((name) =>
      name
        .normalize('NFKC')
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u),
    )
    .filter(({ length }) => length >= 3);

/** Said over and over: `abcabcabcabc`. */
const isRepeated = (text: string): boolean => /^(.{1,6})\1+.{0,5}$/u.test(text);

/**
 * Whether the password is made of nothing but what is tried first. Digits and signs between the parts, of which people add a few, save nothing.
 *
 * @param own names of the person and of the node: parts of three letters and more count as common
 */
export function isCommonPassword(password: string, own: readonly string[]): boolean {
  const text = password.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');
  const parts = partsOf(own);
  if (isRepeated(text) || new Set(text).size <= 4) return true;
  const plain = unleet(text);
  for (let at = 0; at < text.length;) {
    const common = commonAt(text.slice(at), plain.slice(at), parts);
    if (common > 0) at += common;
    else if (/^[^\p{L}]/u.test(text.slice(at))) at += 1;
    else return false;
  }
  return true;
}

/** Characters that a password has at least. */
export const leastPasswordLength = 12;

/** `short` and `common` are refused; the others may be had. */
export type Strength = 'short' | 'common' | 'fair' | 'good' | 'strong';

/**
 * How hard a password is to guess for somebody who knows how people choose: a common part counts as one of a thousand, a letter among others as one of six (people write words), a digit or sign as one of ten. A guesser of a stolen copy of the
 * node, whom scrypt lets try some ten a second and processor, needs years from about 40 bits on; `good` begins at 48 bits and `strong` at 64.
 */
export function strengthOf(password: string, own: readonly string[]): Strength {
  if ([...password].length < leastPasswordLength) return 'short';
  if (isCommonPassword(password, own)) return 'common';
  const text = password.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');
  const plain = unleet(text);
  const names = partsOf(own);
  let bits = 0;
  for (let at = 0; at < text.length;) {
    const common = commonAt(text.slice(at), plain.slice(at), names);
    bits += common > 0 ? 10 : /^\p{L}/u.test(text.slice(at)) ? 2.6 : 3.3;
    at += Math.max(1, common);
  }
  return bits >= 64 ? 'strong' : bits >= 48 ? 'good' : 'fair';
}
