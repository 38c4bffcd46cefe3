/**
 * What a lesson's HTML may hold: exactly what the compiler makes. The same function stands behind the compiler, as a test of
 * it, and on the learner's device, where packages of other publishers arrive. It refuses what it does not know.
 *
 * Classes (for whoever styles them):
 *   a.term  a.cite  figure.figure > img + figcaption
 *   figure.data > figcaption + div.scroll > table        figcaption > a.save[download]
 *   figure.data[data-view=image|plot|fold]: data that can be looked into, with data-columns and, to be folded, data-period
 *   figure.data[data-view=sound] > figcaption + audio[controls][preload=none]
 *   div.scroll[tabindex=0]: a table that may be wider than the page
 *   div.formula > math[display=block]                    div.formula.scroll where it is long
 *   span.steps > math+: a long formula in a line, cut where it may break
 *   td, th: .num (figures), .right, .center              mtd.left, mtd.right: columns of aligned formulas
 *   div.box.box-note|example|key|warning > p.box-title > span.box-kind, then the title's words where it has some
 *   section.refs > h2#s-refs + ol > li#ref-<id>
 */
import { markupFaults, type MarkupFault } from './markup.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const html = words(
  'a audio blockquote br code div em figcaption figure h2 h3 h4 h5 h6 hr img li ol p pre s section span strong sub sup table tbody td th thead tr ul',
);
const math = words(
  'math merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover',
);

const length = /^-?(?:\d+|\d*\.\d+)(?:em|ex|px|%)?$/;
const yes = /^(?:true|false)$/;
const any = /^/;
const path = /^\/content\/pieces\/[0-9a-f]{64}$/;
const slug = '[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?';
const href = new RegExp(
  `^(?:/content/pieces/[0-9a-f]{64}|/courses/${slug}(?:/${slug})?(?:#term-${slug})?|#(?:s|ref)-[^\\s"'<>]+|https://[^\\s"'<>\\\\]+)$`,
);
const classes = words(
  'term cite save figure data scroll formula steps num left right center box box-note box-example box-key box-warning box-title box-kind refs',
);

const attributes: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  a: { href, rel: /^noopener$/, download: /^[^/\\<>:"|?*]+$/ },
  img: { src: path, alt: any, width: /^\d{1,5}$/, height: /^\d{1,5}$/, loading: /^lazy$/, decoding: /^async$/ },
  audio: { src: path, controls: /^$/, preload: /^none$/ },
  div: { role: /^(?:group|note)$/, tabindex: /^0$/, 'aria-label': any, 'data-item': new RegExp(`^${slug}$`) },
  figure: {
    'data-view': /^(?:image|plot|fold|sound)$/,
    'data-columns': /^\d{1,3},\d{1,3}$/,
    'data-period': /^\d{1,9}(?:\.\d{1,9})?,\d{1,9}(?:\.\d{1,9})?$/,
  },
  section: { 'aria-labelledby': /^s-[a-z]+$/ },
  pre: { tabindex: /^0$/ },
  ol: { start: /^\d{1,9}$/ },
  math: { display: /^block$/ },
  mi: { mathvariant: /^normal$/ },
  mo: {
    fence: yes,
    separator: yes,
    stretchy: yes,
    symmetric: yes,
    largeop: yes,
    movablelimits: yes,
    accent: yes,
    form: /^(?:prefix|infix|postfix)$/,
    lspace: length,
    rspace: length,
    minsize: length,
    maxsize: length,
  },
  mover: { accent: yes },
  munder: { accentunder: yes },
  munderover: { accent: yes, accentunder: yes },
  mfrac: { linethickness: length },
  mspace: { width: length, height: length, depth: length },
  mpadded: { width: length, height: length, depth: length, lspace: length, voffset: length },
  mstyle: { scriptlevel: /^[+-]?\d$/, displaystyle: yes, mathcolor: /^(?:#[0-9a-fA-F]{3,8}|[a-z]+)$/ },
};
const heading = /^h[2-6]$/;

/** What is not allowed in a lesson's HTML (or in the HTML of an item); empty where all is well. */
export function fragmentFaults(fragment: string): readonly MarkupFault[] {
  let top = true;
  return markupFaults(fragment, {
    xml: false,
    voids: words('br hr img'),
    element: (name, inside) => {
      top = inside.length === 0;
      const inMath = inside.includes('math');
      return name === 'math' ? !inMath : inMath ? math.has(name) : html.has(name);
    },
    attribute: (element, name, value) => {
      if (name === 'class') return value.split(' ').every((one) => classes.has(one));
      if (name === 'id') return (heading.test(element) && /^s-[^\s&]+$/.test(value)) || (element === 'li' && /^ref-[^\s&]+$/.test(value));
      // A page cuts the fragment at its items.
      if (name === 'data-item' && !top) return false;
      const allowed = attributes[element];
      return allowed !== undefined && Object.hasOwn(allowed, name) && allowed[name]?.test(value) === true;
    },
  });
}
