import { describe, expect, it } from 'vitest';
import { renderFormula } from './formula.ts';
import { fragmentFaults } from './fragment.ts';

const html = (tex: string, display = false): string => {
  const rendered = renderFormula(tex, display);
  return rendered.ok ? rendered.value.html : JSON.stringify(rendered.error);
};

describe('renderFormula', () => {
  it.each([
    ['a^3', '<math><msup><mi>a</mi><mn>3</mn></msup></math>'],
    ['\\mathrm{km}', '<math><mi>km</mi></math>'],
    ['\\mathrm{m}', '<math><mi mathvariant="normal">m</mi></math>'],
    ['\\frac{\\mathrm{d}}{\\mathrm{t}}', '<math><mfrac><mi mathvariant="normal">d</mi><mi mathvariant="normal">t</mi></mfrac></math>'],
    ['\\mathbf{r}\\mathbb{R}\\mathcal{L}', '<math><mi>𝐫</mi><mi>ℝ</mi><mi>ℒ</mi></math>'],
    ['\\boldsymbol{\\alpha}', '<math><mi>𝜶</mi></math>'],
    ['a<b', '<math><mi>a</mi><mo>&lt;</mo><mi>b</mi></math>'],
  ])('makes %s short and plain', (tex, expected) => expect(html(tex)).toBe(expected));

  it('keeps the columns of aligned formulas', () => {
    expect(html('\\begin{aligned}a&=b\\end{aligned}', true)).toMatch(
      /^<math display="block"><mtable><mtr><mtd class="right">.*<mtd class="left">/,
    );
  });

  it.each([
    'T = 2\\pi\\sqrt{\\frac{a^3}{\\mu}}',
    '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}',
    '\\begin{cases}1&x>0\\\\0&\\text{else}\\end{cases}',
    '\\hat{x}\\vec{E}\\overline{ab}\\bar x\\dot x',
    '\\left(\\frac12\\right]\\bigl(',
    '\\sum_{i=1}^n\\int_0^\\infty\\lim_{x\\to0}',
    'x\\tag{1}',
    "f'(x)\\quad\\,\\!",
    '\\underbrace{a}_{b}\\xrightarrow{abc}',
    '\\textcolor{red}{x}\\color{#0a0}y',
    '\\not=\\neq\\leq\\approx',
    '\\rule{1em}{2em}',
    '\\phantom{x}\\raisebox{2em}{x}',
    '\\sqrt[3]{x}',
    '{}^{14}C',
    '\\operatorname{sinc}x\\sin y',
    '26\\,560\\ \\mathrm{km}',
    '\\text{a “b” & c}'.replace('& ', ''),
    '\\dfrac{1}{2}\\binom{n}{k}',
    '\\mathrm{C/N_0}',
    '^\\circ',
    '\\Delta v\\mathsf{x}\\mathtt{y}\\mathfrak{g}',
  ])('makes of %s what the check of lessons accepts', (tex) => {
    // prettier-ignore
    for (const display of [true, false]) expect(fragmentFaults(html(tex, display))).toEqual([]);
  });

  it.each(['\\nosuch', '\\frac{1', '\\href{https://x}{y}', '\\includegraphics{x}', '\\htmlClass{a}{b}', '\\boxed{x}', '{'.repeat(100)])(
    'refuses %s',
    (tex) => expect(renderFormula(tex, true).ok).toBe(false),
  );
});

describe('a function in a formula', () => {
  it.each([
    ['e\\sin E', 'e sin E'],
    ['2\\sin^2 x', '2 sin2 x'],
    ['\\sin(x)', 'sin(x)'],
    ['a-\\cos E', 'a−cos E'],
    ["f'(x)", 'f′(x)'],
  ])('stands apart from its neighbours in %s', (tex, shown) => {
    const rendered = renderFormula(tex, false);
    const html = rendered.ok ? rendered.value.html : '';
    expect(html.replace(/<mspace[^>]*>/g, ' ').replace(/<[^>]*>|\u2061/g, '')).toBe(shown);
  });
});

describe('a formula in a line of text', () => {
  const inLine = (tex: string): string => {
    const rendered = renderFormula(tex, false);
    return rendered.ok ? rendered.value.html : '';
  };
  it('is cut before its relations where it is long', () => {
    const html = inLine('a^3/\\mu = 1.8736\\times 10^{22}/3.986\\times 10^{14} = 4.7005\\times 10^7');
    expect(html.match(/<math>/g)).toHaveLength(3);
    expect(html).toMatch(/^<span class="steps"><math>.*<\/math><math><mo>=<\/mo>.*<\/math><math><mo>=<\/mo>.*<\/math><\/span>$/);
    expect(fragmentFaults(`<p>${html}</p>`)).toEqual([]);
  });
  it('is one where it is short, or has no relation', () => {
    expect(inLine('a = b').match(/<math>/g)).toHaveLength(1);
    expect(inLine('1.8736\\times 10^{22}+3.986\\times 10^{14}').match(/<math>/g)).toHaveLength(1);
  });
  it('is not cut inside a fraction or a bracket', () => {
    expect(inLine('\\frac{a = b = c = d}{e = f = g = h = i}').match(/<math>/g)).toHaveLength(1);
  });
});
