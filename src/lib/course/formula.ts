/**
 * TeX to MathML Core. KaTeX makes the tree; this removes what a browser does not need (the TeX source, wrappers, attributes
 * that MathML Core dropped) and says in Core's own way what it does need: bold, script and blackboard letters by their
 * characters, columns of aligned formulas by classes. The result passes `fragment.ts`.
 */
import katex from 'katex';
import { err, ok, type Result } from '../domain/result.ts';

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
}
/** Text is kept escaped, as it came. */
type Node = Element | string;

export const maxFormulaLength = 2000;
const maxFormulaDepth = 40;
/** A colour that no author writes. */
const refusedColour = '#c0ffe1';

/** Does the nesting of braces, brackets and environments go deeper than any formula that can be read? */
function isTooDeep(tex: string): boolean {
  let depth = 0;
  for (const [mark] of tex.matchAll(/[{}]|\\(?:begin|end|left|right)\b/g)) {
    depth += mark === '{' || mark === '\\begin' || mark === '\\left' ? 1 : -1;
    if (depth > maxFormulaDepth) return true;
  }
  return (tex.match(/[\^_]\s*[\^_\\]/g)?.length ?? 0) > maxFormulaDepth;
}

function parseTree(markup: string): readonly Node[] {
  const root: { tag: string; attributes: Record<string, string>; children: Node[] } = { tag: '', attributes: {}, children: [] };
  const stack = [root];
  for (const [, slash, tag = '', attributes = '', selfClosed, text] of markup.matchAll(
    /<(\/?)([a-z]+)((?:\s[A-Za-z:]+="[^"]*")*)\s*(\/?)>|([^<]+)/g,
  )) {
    const top = stack.at(-1) ?? root;
    if (text !== undefined) top.children.push(text);
    else if (slash === '/') stack.pop();
    else {
      const element = {
        tag,
        attributes: Object.fromEntries(
          [...attributes.matchAll(/([A-Za-z:]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
        ),
        children: [],
      };
      top.children.push(element);
      if (selfClosed !== '/') stack.push(element);
    }
  }
  return root.children;
}

/** First code points of the mathematical alphabets: capital A, small a, capital Alpha, small alpha, digit 0 (Unicode, U+1D400). */
const alphabets: Readonly<Record<string, readonly (number | undefined)[]>> = {
  bold: [0x1d400, 0x1d41a, 0x1d6a8, 0x1d6c2, 0x1d7ce],
  'bold-italic': [0x1d468, 0x1d482, 0x1d71c, 0x1d736],
  script: [0x1d49c, 0x1d4b6],
  fraktur: [0x1d504, 0x1d51e],
  'double-struck': [0x1d538, 0x1d552, undefined, undefined, 0x1d7d8],
  'sans-serif': [0x1d5a0, 0x1d5ba, undefined, undefined, 0x1d7e2],
  monospace: [0x1d670, 0x1d68a, undefined, undefined, 0x1d7f6],
};
/** Letters that had a place in Unicode before the alphabets came. */
const oldLetters: Readonly<Record<string, string>> = {
  'script B': 'ℬ',
  'script E': 'ℰ',
  'script F': 'ℱ',
  'script H': 'ℋ',
  'script I': 'ℐ',
  'script L': 'ℒ',
  'script M': 'ℳ',
  'script R': 'ℛ',
  'script e': 'ℯ',
  'script g': 'ℊ',
  'script o': 'ℴ',
  'fraktur C': 'ℭ',
  'fraktur H': 'ℌ',
  'fraktur I': 'ℑ',
  'fraktur R': 'ℜ',
  'fraktur Z': 'ℨ',
  'double-struck C': 'ℂ',
  'double-struck H': 'ℍ',
  'double-struck N': 'ℕ',
  'double-struck P': 'ℙ',
  'double-struck Q': 'ℚ',
  'double-struck R': 'ℝ',
  'double-struck Z': 'ℤ',
};

function styled(text: string, variant: string): string {
  const alphabet = alphabets[variant];
  if (alphabet === undefined) return text;
  const [capital, small, greekCapital, greekSmall, digit] = alphabet;
  return text.replace(/[A-Za-z0-9Α-Ωα-ω]/g, (letter) => {
    const code = letter.charCodeAt(0);
    const from = (first: number | undefined, base: number): string =>
      first === undefined ? letter : String.fromCodePoint(first + code - base);
    const old = oldLetters[`${variant} ${letter}`];
    if (old !== undefined) return old;
    if (letter >= 'α') return from(greekSmall, 0x3b1);
    if (letter >= 'Α') return from(greekCapital, 0x391);
    if (letter >= 'a') return from(small, 97);
    return letter >= 'A' ? from(capital, 65) : from(digit, 48);
  });
}

const kept: Readonly<Record<string, readonly string[]>> = {
  mo: [
    'fence',
    'separator',
    'stretchy',
    'symmetric',
    'largeop',
    'movablelimits',
    'accent',
    'form',
    'lspace',
    'rspace',
    'minsize',
    'maxsize',
  ],
  mover: ['accent'],
  munder: ['accentunder'],
  munderover: ['accent', 'accentunder'],
  mfrac: ['linethickness'],
  mspace: ['width', 'height', 'depth'],
  mpadded: ['width', 'height', 'depth', 'lspace', 'voffset'],
  mstyle: ['scriptlevel', 'displaystyle', 'mathcolor'],
};

/** Elements whose children stand in a row, so that neighbours may be joined. */
const rows: readonly string[] = ['', 'mrow', 'mstyle', 'mtd', 'msqrt', 'mphantom', 'mpadded', 'math'];

const isUpright = (node: Node | undefined): node is Element =>
  node !== undefined && typeof node !== 'string' && node.tag === 'mi' && node.attributes['mathvariant'] === 'normal';

/** KaTeX writes km as two upright letters; as one word it is shorter, and is read aloud as a word. */
function joinUpright(nodes: readonly Node[]): readonly Node[] {
  const joined: Node[] = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (isUpright(node) && isUpright(last))
      joined[joined.length - 1] = { ...last, children: [[...last.children, ...node.children].join('')] };
    else joined.push(node);
  }
  return joined;
}

/** What KaTeX puts behind the name of a function: no character that shows, and so no space either. */
const isApplied = (node: Node | undefined): boolean =>
  typeof node === 'object' && (node.tag === 'mrow' ? isApplied(node.children.at(-1)) : node.tag === 'mo' && node.children[0] === '\u2061');
const isOperator = (node: Node | undefined): boolean => typeof node === 'object' && (node.tag === 'mo' || node.tag === 'mspace');
/** TeX's thin space. */
const thinSpace: Element = { tag: 'mspace', attributes: { width: '0.17em' }, children: [] };

/** `e sin E` and not `esinE`: as TeX does, a thin space on each side of a function's name where no operator or parenthesis stands. */
function spaceFunctions(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node, i) => {
    const [before, next] = [nodes[i - 1], nodes[i + 1]];
    const scripted = typeof node === 'object' && /^m(?:su[bp]|subsup|under|over)$/.test(node.tag) && isApplied(node.children[0]);
    const opens = (scripted || (!isApplied(node) && isApplied(next))) && before !== undefined && !isOperator(before);
    const closes = (scripted || isApplied(node)) && next !== undefined && !isOperator(next);
    return [...(opens ? [thinSpace] : []), node, ...(closes ? [thinSpace] : [])];
  });
}

/** Length in characters that show; entities count as one. */
const shownLength = (text: string): number => [...text.replace(/&[#a-z0-9]+;/g, '.')].length;

function core(node: Node, columns: readonly string[]): string {
  if (typeof node === 'string') return node;
  const { tag, attributes, children } = node;
  const inner = rows.includes(tag) ? spaceFunctions(joinUpright(children)) : children;
  const [only] = inner;
  if (tag === 'mrow' && inner.length === 1 && only !== undefined) return core(only, []);
  const variant = attributes['mathvariant'] ?? '';
  const written = Object.entries(attributes).filter(([name, value]) => kept[tag]?.includes(name) === true && !value.startsWith('+'));
  if (tag === 'mi' && variant === 'normal' && shownLength(inner.join('')) === 1) written.push(['mathvariant', 'normal']);
  const align = tag === 'mtable' ? (attributes['columnalign'] ?? '').split(' ') : columns;
  const content = inner
    .map((child, i) => {
      if (typeof child === 'string') return styled(child, variant);
      const side = tag === 'mtr' ? columns[i] : undefined;
      const html = core(child, tag === 'mtable' ? align : []);
      return side === 'left' || side === 'right' ? html.replace(/^<mtd/, `<mtd class="${side}"`) : html;
    })
    .join('');
  return `<${tag}${written.map(([name, value]) => ` ${name}="${value}"`).join('')}>${content}</${tag}>`;
}

export interface Formula {
  readonly html: string;
  /** Characters that show: an estimate of the width. */
  readonly length: number;
}

/** Longer formulas in a line of text are cut before their relations: a browser does not break a `<math>`, and a phone is narrow. */
const longInLine = 16;

const isRelation = (node: Node): boolean =>
  typeof node !== 'string' && node.tag === 'mo' && /^(?:[=≈≃≅≡∝≤≥≪≫→←↔⇒⇔∼]|&lt;|&gt;)$/.test(node.children.join(''));

/** `a = b = c` as `a`, `= b`, `= c`. */
function stepsOf(nodes: readonly Node[]): readonly (readonly Node[])[] {
  const steps: Node[][] = [[]];
  for (const node of nodes) {
    if (isRelation(node) && steps.at(-1)?.length !== 0) steps.push([]);
    steps.at(-1)?.push(node);
  }
  return steps;
}

/**
 * TeX to one `<math>` element, or KaTeX's reason why not. A long formula in a line is several, in a `span.steps` that keeps them
 * from left to right in a text that runs the other way.
 */
export function renderFormula(tex: string, display: boolean): Result<Formula, { type: 'too-long' } | { type: 'bad-tex'; reason: string }> {
  if (tex.length > maxFormulaLength || isTooDeep(tex)) return err({ type: 'too-long' });
  const refuse = (reason: string) => err({ type: 'bad-tex' as const, reason });
  let markup: string;
  try {
    markup = katex.renderToString(tex, {
      output: 'mathml',
      displayMode: display,
      throwOnError: true,
      errorColor: refusedColour,
      strict: 'ignore',
      trust: false,
      maxExpand: 100,
      maxSize: 10,
    });
  } catch (error) {
    // KaTeX's way to say that the TeX is wrong; everything else is a fault of the program.
    if (!(error instanceof katex.ParseError)) throw error;
    return refuse(
      error.message
        .replace(/^KaTeX parse error: /, '')
        .replace(/\u0332/g, '')
        .replace(/\s+/g, ' '),
    );
  }
  // Commands that KaTeX does not trust come back in the colour of errors; frames and strokes do not exist in MathML Core.
  if (markup.includes(refusedColour)) return refuse('it holds a command that is not allowed, such as \\href.');
  if (markup.includes('<menclose')) return refuse('frames and strokes (\\boxed, \\cancel) cannot be shown.');
  const inner = /<semantics>([^]*)<annotation /.exec(markup)?.[1] ?? '';
  const nodes = parseTree(inner);
  const [only] = nodes;
  // A row of its own is what `math` is already.
  const children = nodes.length === 1 && typeof only === 'object' && only.tag === 'mrow' ? only.children : nodes;
  const tree: Element = { tag: 'math', attributes: {}, children };
  const html = core(tree, []).replace(/^<math>/, display ? '<math display="block">' : '<math>');
  const length = shownLength(html.replace(/<[^>]*>/g, ''));
  const steps = display || length <= longInLine ? [] : stepsOf(children);
  if (steps.length < 2) return ok({ html, length });
  return ok({ html: `<span class="steps">${steps.map((step) => core({ ...tree, children: step }, [])).join('')}</span>`, length });
}
