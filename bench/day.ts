/** The same day of 1,000 persons on the embedded engine and on CouchDB: each comes by once with a day's work, and some a second time. */
import type { Benchmark, Figure } from './measure.ts';
import { atOnce, couchUrl, openDevice, openNodePlace, residentAt, secondsOf, sleep, type Place, type Resident } from './peers.ts';

const people = 1000;
const atATime = 25;

interface Day {
  readonly rate: number;
  readonly bytes: number;
  /** At most, in bytes. */
  readonly memory: number;
  readonly couchdb: Resident | null;
}

async function live(place: Place, couchdb: string | null): Promise<Day> {
  const joined = await place.join(people);
  const before = await place.bytes();
  let memory = 0;
  let resident: Resident | null = null;
  let done = false;
  const watch = (async () => {
    while (!done) {
      memory = Math.max(memory, (await place.figures()).memory);
      const now = couchdb === null ? null : residentAt(couchdb);
      if (now !== null && now.bytes > (resident?.bytes ?? 0)) resident = now;
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
  return { rate: passes / seconds, bytes: (await place.bytes()) - before, memory, couchdb: resident };
}

export const day: Benchmark = {
  name: 'day',
  async run() {
    const figures: Figure[] = [];
    for (const couchdb of [null, ...(couchUrl === null ? [] : [couchUrl])]) {
      const place = await openNodePlace(couchdb === null ? {} : { couchdb });
      try {
        const { rate, bytes, memory, couchdb: resident } = await live(place, couchdb);
        const where = couchdb === null ? 'embedded' : 'on CouchDB';
        figures.push({ name: `a day of ${people.toLocaleString('en')} persons, ${where}: passes a second`, value: rate, unit: '/s' });
        figures.push({ name: '… bytes that it left on disk', value: bytes / 1024 / 1024, unit: 'MB' });
        figures.push({ name: '… memory of the node at most', value: memory / 1024 / 1024, unit: 'MB' });
        if (resident !== null)
          figures.push({
            name: '… memory of CouchDB at most',
            value: resident.bytes / 1024 / 1024,
            unit: 'MB',
            note: `${resident.name} and the processes that it started`,
          });
        else if (couchdb !== null)
          process.stdout.write('not measured: the memory of CouchDB, which is not a process of this machine that may be looked into\n');
      } finally {
        await place.remove();
      }
    }
    return figures;
  },
};
