/** The same day of 1,000 persons on the embedded engine and on CouchDB: each comes by once with a day's work, and some a second time. */
import type { Benchmark, Figure } from './measure.ts';
import { atOnce, couchUrl, openDevice, openNodePlace, secondsOf, sleep, type Place } from './peers.ts';

const people = 1000;
const atATime = 25;

interface Day {
  readonly rate: number;
  readonly bytes: number;
  readonly memory: number;
}

async function live(place: Place): Promise<Day> {
  const joined = await place.join(people);
  const before = await place.bytes();
  let memory = 0;
  let done = false;
  const watch = (async () => {
    while (!done) {
      memory = Math.max(memory, (await place.figures()).memory);
      await sleep(500);
    }
  })();
  let passes = 0;
  const seconds = await secondsOf(() =>
    atOnce([...joined.entries()], atATime, async ([n, one]) => {
      const device = openDevice(one);
      await device.pass(10);
      passes += 1;
      if (n % 3 === 0) {
        await device.pass(3);
        passes += 1;
      }
      await device.close();
    }),
  );
  done = true;
  await watch;
  return { rate: passes / seconds, bytes: (await place.bytes()) - before, memory };
}

export const day: Benchmark = {
  name: 'day',
  async run() {
    const figures: Figure[] = [];
    for (const couchdb of [null, ...(couchUrl === null ? [] : [couchUrl])]) {
      const place = await openNodePlace(couchdb === null ? {} : { couchdb });
      try {
        const { rate, bytes, memory } = await live(place);
        const where = couchdb === null ? 'embedded' : 'on CouchDB';
        figures.push({ name: `a day of ${people.toLocaleString('en')} persons, ${where}: passes a second`, value: rate, unit: '/s' });
        figures.push({ name: '… bytes that it left on disk', value: bytes / 1024 / 1024, unit: 'MB' });
        figures.push({ name: `… memory at most${couchdb === null ? '' : ', CouchDB included'}`, value: memory / 1024 / 1024, unit: 'MB' });
      } finally {
        await place.remove();
      }
    }
    return figures;
  },
};
