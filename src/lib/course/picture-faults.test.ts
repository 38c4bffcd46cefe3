import { describe, expect, it } from 'vitest';
import { pictureFaults, viewBoxOf } from './picture-faults.ts';

const picture = (inner: string, attributes = ''): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 405"${attributes}>${inner}</svg>`;

describe('pictureFaults', () => {
  it.each([
    picture('<circle cx="5" cy="5" r="4" fill="#c8642b"/>', ' font-family="system-ui, sans-serif" role="img" aria-label="f(x): a &lt; b"'),
    `<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn by hand -->\n${picture('<title>Orbit &#8212; x</title>')}\n`,
    picture('<defs><marker id="ai" viewBox="0 0 10 10" orient="auto"><path d="M0 0L10 5z"/></marker></defs><line marker-end="url(#ai)"/>'),
    picture('<g transform="translate(268.7 35.3) rotate(40)"><text x=\'3\' direction="rtl">مدار</text></g>'),
  ])('accepts %s', (svg) => expect(pictureFaults(svg)).toEqual([]));

  it.each([
    [picture('<script>x</script>'), '<script>'],
    [picture('<style>x</style>'), '<style>'],
    [picture('<foreignObject></foreignObject>'), '<foreignObject>'],
    [picture('<image href="https://x/y.png"/>'), '<image>'],
    [picture('<use href="#a"/>'), '<use>'],
    [picture('<a href="#a"></a>'), '<a>'],
    [picture('<animate attributeName="href"/>'), '<animate>'],
    [picture('<g onload="x()"/>'), 'onload'],
    [picture('<g style="fill:red"/>'), 'style'],
    [picture('<rect fill="url(https://x#y)"/>'), 'fill'],
    [picture('<rect fill="URL(//x)"/>'), 'fill'],
    [picture('<rect fill="u\\72l(//x)"/>'), 'fill'],
    [picture('<rect fill="image-set(\'x\')"/>'), 'fill'],
    [picture('<linearGradient href="https://x#a"/>'), 'href'],
    [picture('<linearGradient xlink:href="data:x"/>'), 'xlink:href'],
    [picture('<pattern id="a"><rect fill="url(#b)"/></pattern>'), 'fill'],
    [picture('<svg/>'), '<svg>'],
    ['<!DOCTYPE svg [<!ENTITY x "y">]><svg/>', '<'],
    ['<html></html>', '<html>'],
    ['', '<svg>'],
    [picture('<g>'), '</svg>'],
    [picture('&x;'), 'entity'],
  ])('refuses %s', (svg, fault) => expect(pictureFaults(svg).map((one) => one.fault)).toContain(fault));
});

describe('viewBoxOf', () => {
  it.each<[string, unknown]>([
    [picture(''), { width: 640, height: 405 }],
    ["<svg width='3' viewBox='-1,-1 2.5 3'/>", { width: 2.5, height: 3 }],
    ['<svg viewBox="0 0 0 0"/>', null],
    ['<svg viewBox="0 0 x 1"/>', null],
    ['<svg width="3"/>', null],
    ['<svg><marker viewBox="0 0 1 1"/></svg>', null],
  ])('reads %s', (svg, size) => expect(viewBoxOf(svg)).toEqual(size));
});
