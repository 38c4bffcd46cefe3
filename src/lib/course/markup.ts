/**
 * Reads canonical markup: tags with quoted attributes, text, nothing unclosed. What it does not understand it refuses, so that
 * what passes is read by a browser in the one way it was read here. Made for lists of what is allowed (`fragment.ts`,
 * `picture-faults.ts`); it reaches learners' devices, so it is small.
 */
export interface MarkupFault {
  /** Offset into the text. */
  readonly at: number;
  readonly fault: string;
}

export interface MarkupRules {
  /** Is the element allowed inside these (outermost first)? */
  element(name: string, inside: readonly string[]): boolean;
  attribute(element: string, name: string, value: string): boolean;
  /** Elements without an end tag. */
  readonly voids: ReadonlySet<string>;
  /** XML's liberties: `<a/>`, single quotes, comments, a declaration, numeric entities in text. */
  readonly xml: boolean;
}

const tagPattern = /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z][A-Za-z0-9:_.-]*=(?:"[^"<>]*"|'[^'<>]*'))*)\s*(\/?)>/y;
const attributePattern = /([A-Za-z][A-Za-z0-9:_.-]*)=(?:"([^"]*)"|'([^']*)')/g;
const xmlExtras = /<!--(?:(?!--)[^])*-->|<\?xml[^<>]*\?>/y;
const textPattern = /[^<]+/y;
const strayAmpersand = /&(?!(?:amp|lt|gt|quot|apos|#39|#x27);)/;
const strayXmlAmpersand = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});)/i;

/** Everything in the text that the rules do not allow; empty where all is well. Time grows with the length of the text. */
export function markupFaults(text: string, rules: MarkupRules): readonly MarkupFault[] {
  const faults: MarkupFault[] = [];
  const open: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length && faults.length < 100) {
    const refuse = (fault: string): void => void faults.push({ at, fault });
    const words = take(textPattern);
    const extra = words === null && rules.xml ? take(xmlExtras) : null;
    const tag = words === null && extra === null ? take(tagPattern) : null;
    if (words !== null) {
      if ((rules.xml ? strayXmlAmpersand : strayAmpersand).test(words[0])) refuse('entity');
    } else if (tag !== null) {
      const [, slash = '', name = '', attributes = '', selfClosed = ''] = tag;
      if (slash !== '') {
        if (open.pop() !== name || attributes !== '' || selfClosed !== '') refuse(`</${name}>`);
      } else {
        if (!rules.element(name, open)) refuse(`<${name}>`);
        if (selfClosed !== '' && !rules.xml) refuse('/>');
        if (!rules.xml && name !== name.toLowerCase()) refuse(`<${name}>`);
        for (const [, key = '', double, single] of attributes.matchAll(attributePattern)) {
          const value = double ?? single ?? '';
          if (!rules.xml && single !== undefined) refuse(key);
          if (strayAmpersand.test(value) || !rules.attribute(name, key, value)) refuse(key);
        }
        if (selfClosed === '' && !rules.voids.has(name)) open.push(name);
        if (open.length > 100) {
          refuse('nesting');
          break;
        }
      }
    } else if (extra === null) {
      refuse('<');
      const next = text.indexOf('<', at + 1);
      at = next < 0 ? text.length : next;
      continue;
    }
    at += (words ?? extra ?? tag)?.[0].length ?? 1;
  }
  if (open.length > 0 && faults.length === 0) faults.push({ at: text.length, fault: `</${String(open.at(-1))}>` });
  return faults;
}
