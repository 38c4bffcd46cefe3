/** `/api/centre`: what an administrator sees of the node and its devices, and the file for whoever helps. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { ask, claim, codesFor, joinBy, makeCohort, password, startTestNode, type Learner, type TestNode } from './kit.ts';

const day = 24 * 60 * 60_000;

describe('the state of a centre', () => {
  let node: TestNode;
  let admin = '';
  let codes: readonly string[] = [];
  const learners: Learner[] = [];
  const state = async (path = ''): Promise<Record<string, unknown>> => (await ask(`${node.url}/api/centre${path}`, { token: admin })).body;

  beforeAll(async () => {
    node = await startTestNode();
    admin = await claim(node);
    const cohort = await makeCohort(node, admin);
    codes = await codesFor(node, admin, cohort, ['Awa Keita', 'Binta Sow', 'Chidi']);
    const [awa, binta] = [await joinBy(node, codes[0] ?? ''), await joinBy(node, codes[1] ?? '')];
    learners.push(awa, binta);
    const pass = (who: typeof awa, body: object): Promise<unknown> =>
      ask(`${node.url}/sync`, { token: who.token, body: { person: who.person, device: who.device, revisions: {}, ...body } });
    await pass(awa, { clock: instantOf(Date.now() + 2 * 60 * 60_000), app: '0.1.0' });
    await joinBy(node, codes[2] ?? '');
    await pass(binta, { clock: 'yesterday', app: '<b>' });
    // Contacts are written together every other second.
    await node.restart();
  });
  afterAll(() => node.close());

  it('counts people and devices, those never heard from too, and knows clocks and versions', async () => {
    const seen = await state();
    expect(seen).toMatchObject({
      people: 3,
      devices: 3,
      recent: 2,
      never: 1,
      versions: { '0.1.0': 1 },
      writable: true,
      tls: null,
      backup: null,
    });
    expect(seen['clocks']).toMatchObject([{ name: 'Awa Keita' }]);
    const [{ skew }] = seen['clocks'] as [{ skew: number }];
    expect(skew).toBeGreaterThan(1.9 * 60 * 60_000);
    expect(seen['disk']).toMatchObject({ free: expect.any(Number) as number, level: expect.stringMatching(/ample|low|scarce/) as string });
  });

  it('gives whoever helps a file with nobody in it: no names, codes, addresses, folders or tokens, in the log neither', async () => {
    // What a log might come to hold one day.
    const code = '8GXQF-1M0ZT';
    node.lines.push(
      `${node.data}/node.sqlite: disk I/O error, seen by Wangari for Awa Keita`,
      `connect ECONNREFUSED 192.168.1.17:5984 with ${admin} and ${code}`,
      'http://admin:orbit@couch.example.org:5984/ and peer_accra_0123456789abcdef, amina@example.org, /home/amina/x',
    );
    const answer = await state('/diagnosis');
    const text = JSON.stringify(answer);
    expect(answer['log']).toHaveLength(node.lines.length);
    expect(text).toContain('perigee-diagnosis');
    expect(text).toContain('disk I/O error');
    const people = ['Awa', 'Binta', 'Chidi', 'Wangari', 'amina'];
    const doors = [admin, code, 'peer_accra', 'orbit', ...codes];
    const places = [node.data, '192.168.1.17', 'amina@example.org', 'centre.test'];
    for (const secret of [...people, ...doors, ...places]) expect(text).not.toContain(secret);
    for (const { person, device, token } of learners) for (const one of [person, device, token]) expect(text).not.toContain(one);
    expect(text).not.toMatch(/"person"|"device"|"name"/);
  });

  it('says how old the newest backup is, and counts a device that was silent for a month as such', async () => {
    const at = instantOf(Date.now());
    writeFileSync(join(node.data, 'last-backup.json'), JSON.stringify({ at, bytes: 1200 }));
    node.advance(31 * day);
    admin = (await ask(`${node.url}/api/session`, { body: { name: 'Wangari', password } })).body['token'] as string;
    expect(await state()).toMatchObject({ backup: { at, bytes: 1200 }, recent: 0, devices: 3 });
  });
});
