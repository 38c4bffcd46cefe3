import { launch, median, newPhone, slow, untilOfflineReady, untilReadable } from './browser.ts';
import { serveFloor } from './floor.ts';
import { openLink, satellite } from './link.ts';
import { lessonPath, readLesson } from './lesson.ts';
import { repeat, type Benchmark } from './measure.ts';
import { freePort } from '../scripts/node-process.ts';
import { startNode } from './node-process.ts';

const runs = 3;
const slowdown = 4;

/** A first visit over a satellite line on a slow phone: a lesson, beside one static page with the same text on the same line. */
export const reading: Benchmark = {
  name: 'reading',
  async run() {
    const port = await freePort();
    const link = await openLink(port, satellite);
    const origin = `http://127.0.0.1:${String(link.port)}`;
    const node = await startNode({ port, origin });
    const { html, lastWords } = await readLesson(`http://127.0.0.1:${String(port)}`);
    const floor = await serveFloor(html);
    const floorLink = await openLink(floor.port, satellite);
    const browser = await launch();

    const visit = async (url: string): Promise<{ readable: number; offlineReady: number; bytes: number }> => {
      const context = await newPhone(browser);
      const page = await context.newPage();
      await slow(page, slowdown);
      const before = link.carried.down;
      const readable = await untilReadable(page, url, lastWords);
      const offlineReady = await untilOfflineReady(page);
      await context.close();
      return { readable, offlineReady, bytes: link.carried.down - before };
    };
    const floors = await repeat(runs, () => visit(`http://127.0.0.1:${String(floorLink.port)}/`));
    const lessons = await repeat(runs, () => visit(`${origin}${lessonPath}?lang=en`));

    await browser.close();
    await floorLink.close();
    await floor.close();
    await link.close();
    await node.remove();

    const floorReadable = median(floors.map(({ readable }) => readable));
    const lessonReadable = median(lessons.map(({ readable }) => readable));
    return [
      { name: 'static page readable, cold', value: floorReadable, unit: 'ms', note: `${String(floor.bytes)} bytes of HTML` },
      { name: 'lesson readable, cold', value: lessonReadable, unit: 'ms' },
      { name: 'lesson beside static page', value: lessonReadable / floorReadable, unit: '×', bound: 1.5 },
      {
        name: 'ready for offline after the first visit',
        value: median(lessons.map(({ offlineReady }) => offlineReady)) / 1000,
        unit: 's',
        bound: 20,
      },
      { name: 'carried by then', value: median(lessons.map(({ bytes }) => bytes)) / 1000, unit: 'kB' },
    ];
  },
};
