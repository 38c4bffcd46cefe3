/** The first synchronisation of a person with 300 documents, and of 100 such persons at once, up from one device and down to another: our node beside CouchDB. */
import type { Benchmark, Figure } from './measure.ts';
import { atOnce, couchUrl, openCouchPlace, openDevice, openNodePlace, refusals, secondsOf, type Joined, type Place } from './peers.ts';

const documents = 300;
const people = 100;

interface Times {
  readonly one: { readonly up: number; readonly down: number };
  readonly all: { readonly up: number; readonly down: number };
  readonly refused: number;
}

/** Every device finishes with all documents, or this throws. */
async function measure(place: Place): Promise<Times> {
  const joined = await place.join(people + 1);
  const others: Joined[] = [];
  for (const one of joined) others.push(await place.again(one));
  const up = (some: readonly Joined[], at: number): Promise<number> =>
    secondsOf(() =>
      atOnce(some, at, async (one) => {
        const device = openDevice(one);
        await device.pass(documents);
        const held = await device.held();
        if (held < documents) throw new Error(`${place.name} holds ${String(held)} of ${String(documents)} documents`);
        await device.close();
      }),
    );
  const down = (some: readonly Joined[], at: number): Promise<number> =>
    secondsOf(() =>
      atOnce(some, at, async (one) => {
        const device = openDevice(one);
        await device.pass(0);
        const own = await device.own();
        if (own < documents) throw new Error(`A device of ${place.name} has ${String(own)} of ${String(documents)} documents`);
        await device.close();
      }),
    );
  const before = refusals.count;
  const [one, all] = [
    { up: await up(joined.slice(0, 1), 1), down: await down(others.slice(0, 1), 1) },
    { up: await up(joined.slice(1), people), down: await down(others.slice(1), people) },
  ];
  return { one, all, refused: refusals.count - before };
}

export const firstSync: Benchmark = {
  name: 'first-sync',
  async run() {
    const places: Place[] = [await openNodePlace(), ...(couchUrl === null ? [] : [openCouchPlace(couchUrl)])];
    try {
      const [ours, theirs] = [await measure(places[0] as Place), places[1] === undefined ? null : await measure(places[1])];
      const figure = (name: string, of: (times: Times) => number): readonly Figure[] => [
        { name, value: of(ours), unit: 's' },
        ...(theirs === null
          ? []
          : [
              {
                name: '… of what it takes with CouchDB',
                value: of(ours) / of(theirs),
                unit: '×' as const,
                note: `${of(theirs).toFixed(2)} s`,
              },
            ]),
      ];
      return [
        ...figure(`first pass of a person with ${String(documents)} documents, up`, ({ one }) => one.up),
        ...figure(`… down to a second device`, ({ one }) => one.down),
        ...figure(`${String(people)} persons at once, every one finished, up`, ({ all }) => all.up),
        ...figure(`… down to their second devices`, ({ all }) => all.down),
        { name: 'requests that the node put off (503, Retry-After)', value: ours.refused, unit: '/s' },
      ];
    } finally {
      for (const place of places) await place.remove();
    }
  },
};
