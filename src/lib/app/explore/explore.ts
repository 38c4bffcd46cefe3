/**
 * Brings the figures of a lesson to life whose data can be looked into: `figure[data-view]`, as the compiler writes them (docs/course-format.md). The
 * figure itself has a table and a file to save, and is whole without this; what is added stands above the table.
 */
import { mount, unmount } from 'svelte';
import { createWords, type Words } from '#lib/i18n/words.ts';
import { furtherFiles } from '../further-words.ts';
import Curve from './Curve.svelte';
import Image from './Image.svelte';
import { dotsOf } from './figures.ts';
import { followed } from './transcript.ts';

const rowsOf = (figure: HTMLElement): readonly (readonly string[])[] =>
  [...figure.querySelectorAll('tbody tr')].map((row) => [...row.children].map(({ textContent }) => textContent));

const pairOf = (text: string | undefined): readonly [number, number] => {
  const [a = 1, b = 2] = (text ?? '').split(',').map(Number);
  return [a, b];
};

/** @returns what takes it all away again */
export async function explore(root: HTMLElement, { language }: Words): Promise<() => void> {
  const load = furtherFiles[`../i18n/messages/${language}/explore.json`];
  if (load === undefined) throw new Error(`There are no words for figures in ${language}.`);
  const catalogue = await load();
  const words = createWords(
    () => language,
    () => catalogue,
  );
  const parts = [...root.querySelectorAll<HTMLElement>('figure[data-view]')].map((figure) => {
    const place = document.createElement('div');
    if (figure.dataset['view'] === 'sound') return { place, stop: followed(figure, root, words) };
    figure.querySelector('figcaption')?.after(place);
    // The numbers are drawn above them: the table need not push the rest of the lesson away.
    const table = figure.querySelector<HTMLElement>('.scroll');
    if (table !== null) table.style.maxHeight = '18rem';
    const { view, columns, period } = figure.dataset;
    if (view === 'image') {
      const address = figure.querySelector<HTMLAnchorElement>('a.save')?.href ?? '';
      const image = mount(Image, { target: place, props: { words, address } });
      return { place, stop: () => void unmount(image) };
    }
    const [x, y] = pairOf(columns);
    const heads = [...figure.querySelectorAll('thead th')].map(({ textContent }) => textContent);
    const props = {
      words,
      dots: dotsOf(rowsOf(figure), x, y),
      names: { x: heads[x - 1] ?? '', y: heads[y - 1] ?? '' },
      periods: view === 'fold' ? pairOf(period) : null,
    };
    const curve = mount(Curve, { target: place, props });
    return { place, stop: () => void unmount(curve) };
  });
  return () => {
    for (const table of root.querySelectorAll<HTMLElement>('figure[data-view] .scroll')) table.style.maxHeight = '';
    for (const { place, stop } of parts) {
      stop();
      place.remove();
    }
  };
}
