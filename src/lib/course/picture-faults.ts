/**
 * What an SVG picture may hold: shapes, words and paint, nothing that acts, loads or styles. It is shown by `<img>`, where a
 * browser runs no script anyway; this is the wall in front of that wall, the same for author and learner.
 */
import { markupFaults, type MarkupFault } from './markup.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const elements = words(
  'svg g defs title desc path circle ellipse line rect polyline polygon text tspan textPath marker linearGradient radialGradient stop clipPath mask pattern',
);
/** Drawn again wherever they are referred to. A reference inside one would multiply from level to level, as `<use>` would: there is none. */
const stamps = words('marker pattern mask clipPath');

const names = words(
  'aria-hidden aria-label aria-labelledby baseline-shift class clip-path clip-rule clipPathUnits color color-interpolation cx cy d direction display dominant-baseline alignment-baseline dx dy fill fill-opacity fill-rule focusable font-family font-size font-stretch font-style font-variant font-weight fx fy gradientTransform gradientUnits height href id lang letter-spacing lengthAdjust marker-end marker-mid marker-start markerHeight markerUnits markerWidth mask maskContentUnits maskUnits method mix-blend-mode offset opacity orient overflow paint-order pathLength patternContentUnits patternTransform patternUnits points preserveAspectRatio r refX refY role rotate rx ry shape-rendering side spacing spreadMethod startOffset stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-rendering textLength transform transform-origin unicode-bidi vector-effect version viewBox visibility width word-spacing writing-mode x x1 x2 xlink:href xml:lang xml:space xmlns xmlns:xlink y y1 y2',
);
const functions = words('matrix translate scale rotate skewX skewY rgb rgba hsl hsla url');

function isAllowed(element: string, name: string, value: string): boolean {
  if (!names.has(name)) return false;
  if (name === 'xmlns') return value === 'http://www.w3.org/2000/svg';
  if (name === 'xmlns:xlink') return value === 'http://www.w3.org/1999/xlink';
  if (name === 'href' || name === 'xlink:href') return /^#[\w-]+$/.test(value) && element !== 'svg'; // gradients and text on paths
  if (name === 'id') return /^[\w-]+$/.test(value);
  if (name.startsWith('aria-')) return true;
  if (value.includes('\\') || value.includes(':')) return false;
  for (const [, call = ''] of value.matchAll(/([A-Za-z-]*)\(/g)) if (!functions.has(call)) return false;
  return !/url\((?!#[\w-]+\))/i.test(value);
}

/** What is not allowed in an SVG picture; empty where all is well. */
export function pictureFaults(svg: string): readonly MarkupFault[] {
  let inStamp = false;
  const faults = markupFaults(svg.replace(/^\ufeff/, ''), {
    xml: true,
    voids: new Set(),
    element: (name, inside) => {
      inStamp = inside.some((outer) => stamps.has(outer));
      return elements.has(name) && (name === 'svg') === (inside.length === 0);
    },
    attribute: (element, name, value) => isAllowed(element, name, value) && !(inStamp && value.includes('url(')),
  });
  return /<svg[\s>]/.test(svg) ? faults : [{ at: 0, fault: '<svg>' }, ...faults];
}

/** Width and height of an SVG picture from its `viewBox`, in its own units; null where it has none that makes sense. */
export function viewBoxOf(svg: string): { readonly width: number; readonly height: number } | null {
  const box = /<svg\s[^>]*?\bviewBox\s*=\s*["']\s*([^"']*?)\s*["']/
    .exec(svg)?.[1]
    ?.split(/[\s,]+/)
    .map(Number);
  const [, , width = 0, height = 0] = box ?? [];
  return box?.length === 4 && box.every(Number.isFinite) && width > 0 && height > 0 ? { width, height } : null;
}
