/** What a node takes when it knows many people: memory, and the cost of a pass. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf } from '../src/lib/domain/clock.ts';
import { createDeviceId, createPersonId, type NodeId } from '../src/lib/domain/ids.ts';
import { settleNodeName } from '../src/server/identity.ts';
import { openAccounts } from '../src/server/main.ts';
import { median } from './browser.ts';
import type { Benchmark, Figure } from './measure.ts';
import { anAttempt, atOnce, openDevice, openNodePlace, sleep, type Device, type Place } from './peers.ts';

const random = (n: number): Uint8Array => randomBytes(n);
const documentsEach = 20;

/** A data folder of a node that knows so many people, each with some work. */
export async function knowing(people: number): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const node = 'bench' as NodeId;
  settleNodeName(data, node, node);
  const { engine, records, store } = await openAccounts({ node, data, couchdb: null });
  const since = instantOf(Date.now());
  for (let at = 0; at < people; at += 200) {
    const some = Array.from({ length: Math.min(200, people - at) }, () => ({
      person: createPersonId(random),
      device: createDeviceId(random),
    }));
    await store.putAll(
      'learner',
      some.map(({ person }) => ({ rest: [person], value: { person, name: 'Learner', since } })),
    );
    await store.putAll(
      'device',
      some.map(({ person, device }) => ({ rest: [person, device], value: { person, device, since, lastContact: since } })),
    );
    await records.bulk(
      some.flatMap((one) => Array.from({ length: documentsEach }, (_, n) => anAttempt(one, n))),
      { newEdits: true },
    );
  }
  await engine.close();
  return data;
}

/** Twenty devices at a node, and what a round of everyday passes costs it: processor seconds for each pass. */
interface Crowd {
  readonly people: number;
  readonly place: Place;
  readonly devices: readonly Device[];
  readonly costs: number[];
}

async function gather(people: number): Promise<Crowd> {
  const place = await openNodePlace({ data: await knowing(people) });
  return { people, place, devices: (await place.join(20)).map(openDevice), costs: [] };
}

async function round({ place, devices, costs }: Crowd): Promise<void> {
  const before = (await place.figures()).processor;
  await atOnce(devices, 5, (device) => device.pass(1));
  costs.push(((await place.figures()).processor - before) / devices.length);
}

/** The three crowds take turns, and their first rounds, in which everything is compiled, are not counted: a pass's cost is then the crowd's and not the order's. */
async function costsOfPass(sizes: readonly number[]): Promise<{ people: number; cost: number }[]> {
  const crowds: Crowd[] = [];
  try {
    for (const people of sizes) crowds.push(await gather(people));
    const [warming, counted] = [10, 15];
    for (let turn = 0; turn < warming + counted; turn++) for (const one of crowds) await round(one);
    return crowds.map(({ people, costs }) => ({ people, cost: median(costs.slice(warming)) }));
  } finally {
    for (const { devices, place } of crowds) {
      for (const device of devices) await device.close();
      await place.remove();
    }
  }
}

export const crowd: Benchmark = {
  name: 'crowd',
  async run() {
    const figures: Figure[] = [];
    const costs = await costsOfPass([100, 1000, 10_000]);
    for (const { people, cost } of costs)
      figures.push({ name: `processor time of a pass, ${people.toLocaleString('en')} people known`, value: cost * 1000, unit: 'ms' });
    figures.push({
      name: '… the dearest beside the cheapest',
      value: Math.max(...costs.map(({ cost }) => cost)) / Math.min(...costs.map(({ cost }) => cost)),
      unit: '×',
      bound: 1.5,
    });

    const place = await openNodePlace({ data: await knowing(1000) });
    try {
      const devices = (await place.join(100)).map(openDevice);
      let most = 0;
      let done = false;
      const watch = (async () => {
        while (!done) {
          most = Math.max(most, (await place.figures()).memory);
          await sleep(100);
        }
      })();
      await atOnce(devices, 100, (device) => device.pass(documentsEach));
      for (let round = 0; round < 5; round++) await atOnce(devices, 100, (device) => device.pass(2));
      done = true;
      await watch;
      figures.push({ name: 'memory of the node, 1,000 people known, 100 at once', value: most / 1024 / 1024, unit: 'MB', bound: 300 });
      for (const device of devices) await device.close();
    } finally {
      await place.remove();
    }
    return figures;
  },
};
