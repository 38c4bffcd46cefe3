/** Sync passes per second: so many devices at once, each with a new answer to hand over, by an unmodified PouchDB; our node beside CouchDB. */
import type { Benchmark, Figure } from './measure.ts';
import { atOnce, couchUrl, openCouchPlace, openDevice, openNodePlace, secondsOf, type Device, type Place } from './peers.ts';

const devicesAtOnce = [1, 10, 100, 500];
/** Passes that are counted for each number of devices. */
const passes = (devices: number): number => Math.max(60, devices);

async function rate(devices: readonly Device[], at: number): Promise<number> {
  const turns = Array.from({ length: passes(at) }, (_, n) => devices[n % at]).filter((device) => device !== undefined);
  return turns.length / (await secondsOf(() => atOnce(turns, at, (device) => device.pass(1))));
}

export const passesPerSecond: Benchmark = {
  name: 'passes',
  async run() {
    const places: Place[] = [await openNodePlace(), ...(couchUrl === null ? [] : [openCouchPlace(couchUrl)])];
    const fleets = new Map<Place, readonly Device[]>();
    const figures: Figure[] = [];
    try {
      for (const place of places) {
        const devices = (await place.join(Math.max(...devicesAtOnce))).map(openDevice);
        // The first pass of a device asks more; those that are counted are the everyday ones.
        await atOnce(devices, 10, (device) => device.pass(1));
        fleets.set(place, devices);
      }
      for (const at of devicesAtOnce) {
        // In turns, so that a machine that is busy for a while is so for both.
        const rates = new Map<Place, number[]>(places.map((place) => [place, []]));
        for (let round = 0; round < 2; round++) for (const place of places) rates.get(place)?.push(await rate(fleets.get(place) ?? [], at));
        const [ours = 0, theirs] = places.map((place) => Math.max(...(rates.get(place) ?? [])));
        figures.push({ name: `passes a second, durable, ${String(at)} at once`, value: ours, unit: '/s' });
        if (theirs !== undefined)
          figures.push({
            name: `… beside CouchDB`,
            value: ours / theirs,
            unit: '×',
            bound: 1,
            least: true,
            note: `CouchDB: ${theirs.toFixed(1)} /s`,
          });
      }
      for (const devices of fleets.values()) for (const device of devices) await device.close();
    } finally {
      for (const place of places) await place.remove();
    }
    return figures;
  },
};
