import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fragmentFaults } from './fragment.ts';

const sha = 'a'.repeat(64);

describe('fragmentFaults', () => {
  it.each([
    '<p>Text &amp; <em>more</em>, <strong>a &lt; b</strong><br>\n<code>x</code></p>',
    `<figure class="figure"><img src="/content/pieces/${sha}" alt="It's &quot;it&quot;" width="640" height="405" loading="lazy" decoding="async"><figcaption>C</figcaption></figure>`,
    '<a class="term" href="/courses/space-law#term-orbit">orbit</a><a href="https://example.org/a?b=1&amp;c=2" rel="noopener">x</a>',
    '<math display="block"><mi mathvariant="normal">x</mi><mo stretchy="false">(</mo><mspace width="0.1667em"></mspace></math>',
    '<p>1</p>\n<div data-item="sats-needed"></div>\n<p>2</p>',
    '<h2 id="s-轨道">轨道</h2><ol start="3"><li id="ref-kepler1609">x</li></ol>',
  ])('accepts %s', (html) => expect(fragmentFaults(html)).toEqual([]));

  it.each([
    ['<script>alert(1)</script>', '<script>'],
    ['<SCRIPT>alert(1)</SCRIPT>', '<SCRIPT>'],
    ['<p onclick="x()">a</p>', 'onclick'],
    ['<p style="color:red">a</p>', 'style'],
    ['<img src="/content/pieces/x" alt="">', 'src'],
    ['<img src="https://evil.example/x.png" alt="">', 'src'],
    ['<a href="javascript:alert(1)">a</a>', 'href'],
    ['<a href="&#106;avascript:alert(1)">a</a>', 'href'],
    ['<a href="//evil.example">a</a>', 'href'],
    ['<a href="http://example.org">a</a>', 'href'],
    ['<a href="/teach">a</a>', 'href'],
    ['<a href="https://e.org/&quot;onclick=&quot;x">a</a>', ''],
    ['<a href="#main">a</a>', 'href'],
    ['<h2 id="main">a</h2>', 'id'],
    ['<p id="s-x">a</p>', 'id'],
    ['<p class="dialog">a</p>', 'class'],
    ['<audio src="https://evil.example/x" controls="" preload="none"></audio>', 'src'],
    ['<audio autoplay=""></audio>', 'autoplay'],
    ['<iframe src="https://x"></iframe>', '<iframe>'],
    ['<style>*{}</style>', '<style>'],
    ['<form action="/x"></form>', '<form>'],
    ['<input>', '<input>'],
    ['<svg><circle/></svg>', '<svg>'],
    ['<math><p>a</p></math>', '<p>'],
    ['<mi>x</mi>', '<mi>'],
    ['<math><math></math></math>', '<math>'],
    ['<math href="https://x"></math>', 'href'],
    ['<math><annotation-xml encoding="text/html"></annotation-xml></math>', '<'],
    ['<!-- x -->', '<'],
    ['<![CDATA[x]]>', '<'],
    ['<p>a', '</p>'],
    ['a</p>', '</p>'],
    ['<p><em>a</p></em>', '</p>'],
    ['<br/>', '/>'],
    ["<p class='box'>a</p>", 'class'],
    ['<p class=box>a</p>', '<'],
    ['<p a="1"b="2">a</p>', '<'],
    ['a &nbsp; b', 'entity'],
    ['a & b', 'entity'],
    ['<div><div data-item="x"></div></div>', 'data-item'],
    ['<a download="../../x" href="https://e.org">x</a>', 'download'],
    ['<p\u0000>x</p>', '<'],
    ['<', '<'],
  ])('refuses %s', (html, fault) => {
    const faults = fragmentFaults(html);
    if (fault === '') return expect(faults).toEqual([]);
    expect(faults.map((one) => one.fault)).toContain(fault);
  });

  it('leaves nothing that acts, whatever is put together from dangerous parts', () => {
    const parts = ['<p>', '</p>', '<a href="', 'https://x', 'javascript:x', '">', '</a>', '<img ', 'src="', 'onerror="x"', 'x"', '>', '<script>', '</script>', '<math>', '</math>', '<mtext>', "'", '"', '<!--', '-->', '&lt;', ' ', '\n', '=', '/']; // prettier-ignore
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 20 }), (some) => {
        const html = some.join('');
        if (fragmentFaults(html).length > 0) return;
        expect(html).not.toMatch(/<script|<!--|<[^>]*\son|<[^>]*javascript:/);
        expect((html.match(/</g) ?? []).length).toBe((html.match(/<\/?[a-z]+(?:\s+[a-z-]+="[^"<>]*")*\s*>/g) ?? []).length);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['<', '<p>', '<p ', '<p a="', '&', '<a href="https://', '<p a="b"'])(
    'ends with %s a hundred thousand times',
    { timeout: 60_000 },
    (part) => {
      // Milliseconds, or more than a day where each part is looked at once for every other; a busy machine is given its time.
      const before = performance.now();
      fragmentFaults(part.repeat(100_000));
      expect(performance.now() - before).toBeLessThan(20_000);
    },
  );
});
