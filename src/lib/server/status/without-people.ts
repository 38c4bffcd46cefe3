/**
 * A line of the log for a stranger who helps: nobody's name, no folder of the machine (they hold people's names too), no address of a device, and nothing that opens a door. The log is written so that none of it stands there
 * (log.ts); this is the second wall, because a system's own words, which are quoted in it, keep to no rule. Pure.
 */

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What opens something, by its form: credentials of nodes, session tokens, enrolment codes as they are shown, name and password in an address. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\bpeer_[a-z0-9-]+_[0-9a-z]+/g, '<credential>'],
  [/\b(Bearer|Basic) +\S+/gi, '$1 <credential>'],
  [/(\w+:\/\/)[^\s/@]*@/g, '$1<credential>@'],
  [/\b[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}(?:\.[A-Za-z0-9_-]+)*/g, '<credential>'],
  [/\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b/g, '<code>'],
];

/** Where somebody is: addresses of machines, and of people's mail. This machine itself is nobody. */
const addresses: readonly (readonly [RegExp, string])[] = [
  [/\b(?!127\.0\.0\.1\b|0\.0\.0\.0\b)(?:\d{1,3}\.){3}\d{1,3}\b/g, '<address>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![\w:])/gi, '<address>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:)+:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?(?![\w:])/gi, '<address>'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '<mail>'],
];

/**
 * @param folders of this machine, with what stands in their place: the data folder as `<data>`
 * @param names of people that the node knows
 */
export function withoutPeople(
  line: string,
  { folders, names }: { readonly folders: readonly (readonly [string, string])[]; readonly names: readonly string[] },
): string {
  let text = line;
  for (const [folder, stand] of folders.toSorted(([a], [b]) => b.length - a.length))
    if (folder.length > 1) text = text.replaceAll(folder, stand);
  // A home folder that is none of ours: somebody's disk that was mounted, a file that was named.
  text = text.replace(/\/(home|Users|media|run\/media)\/[^\s/'"»:]+/g, '/$1/<somebody>');
  for (const [form, stand] of [...secrets, ...addresses]) text = text.replace(form, stand);
  for (const name of names.toSorted((a, b) => b.length - a.length))
    if (name.trim().length > 1)
      text = text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(name.trim())}(?![\\p{L}\\p{N}])`, 'gu'), '<somebody>');
  return text;
}
