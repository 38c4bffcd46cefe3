/** What a device makes of signed statements, what two phones show each other, and the programmes it keeps. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import { readCode, sessionToCode, statementToCode } from '#lib/app/evidence-code.ts';
import { grantedKeys, judge, mayObserve, objectionTo, standingsOf, type Known } from '#lib/app/evidence-judge.ts';
import { readProgrammes } from '#lib/certification/published-programmes.ts';
import { base64url } from '#lib/certification/encoding.ts';
import { idOf, signBody, type Digest } from '#lib/certification/signed.ts';
import type { Observation, TeachingSession, Withdrawal } from '#lib/certification/statement.ts';
import { nodeTools, signerOf } from './kit.ts';
import { after, centre, grantBody, master, now, trustOf } from './world.ts';

const personOf = (n: number): PersonId => String(n).padStart(26, '0') as PersonId;
const [trainerPerson, masterPerson] = [personOf(1), personOf(2)];
const trainer = signerOf('trainer');
const session: TeachingSession = {
  format: 'perigee-evidence/1',
  by: trainer.did,
  person: trainerPerson,
  at: after(10.2),
  type: 'teaching-session',
  title: 'Reading a flood map',
  place: 'Ile-Ife, hall 2',
  starts: after(10),
  ends: after(10.1),
  roster: [personOf(3)],
  attended: [personOf(3)],
  guests: 0,
};
const observation = (of: Digest, change: Partial<Observation> = {}): Observation => ({
  format: 'perigee-evidence/1',
  by: master.did,
  person: masterPerson,
  at: after(10.3),
  type: 'observation',
  session: of,
  trainer: trainerPerson,
  programme: 'trainer',
  version: 1,
  rubric: 'teaching',
  place: 'Ile-Ife, hall 2',
  levels: { subject: 2 },
  words: '',
  ...change,
});
const observer = () => grantBody({ by: centre.did, to: master.did, name: 'Lina Haddad', rights: ['observe'], made: after(-100), from: after(-100), programmes: ['trainer'] }); // prettier-ignore

const known = async (change: Partial<Known>): Promise<Known> => ({
  statements: [],
  trust: await trustOf([grantBody(), observer()]),
  owners: new Map([
    [trainer.did, trainerPerson],
    [master.did, masterPerson],
  ]),
  programmes: [],
  now,
  tools: nodeTools,
  ...change,
});

describe('what statements on a device amount to', () => {
  it('a session waits until an observer signed beside it, and counts then', async () => {
    const held = await signBody(session, trainer);
    const id = await idOf(session, nodeTools);
    const seen = await signBody(observation(id), master);
    const alone = await judge(await known({ statements: [held] }));
    expect([...alone.stateById.values()]).toEqual([{ type: 'waits' }]);
    expect(alone.evidence).toEqual([]);
    const both = await judge(await known({ statements: [held, seen] }));
    expect([...both.stateById.values()]).toEqual([{ type: 'counts' }, { type: 'counts' }]);
    expect(both.evidence.map(({ type }) => type)).toEqual(['session', 'observation']);
    // On the observer's phone the session is not there: nothing is said against it.
    const elsewhere = await judge(await known({ statements: [seen] }));
    expect([...elsewhere.stateById.values()]).toEqual([{ type: 'waits' }]);
  });

  it('what is taken back is shown so, and counts for nothing', async () => {
    const held = await signBody(session, trainer);
    const id = await idOf(session, nodeTools);
    const back: Withdrawal = { format: 'perigee-evidence/1', by: trainer.did, person: trainerPerson, at: after(11), type: 'withdrawal', of: id, reason: 'x' }; // prettier-ignore
    const { stateById, evidence } = await judge(await known({ statements: [held, await signBody(back, trainer)] }));
    expect(stateById.get(id)).toEqual({ type: 'withdrawn' });
    expect(evidence).toEqual([{ type: 'withdrawal', of: id }]);
  });

  it('a stranger’s word is refused with its reason, a list that is not here leaves everything open', async () => {
    const held = await signBody(session, trainer);
    const id = await idOf(session, nodeTools);
    const stranger = signerOf('stranger');
    const seen = await signBody(observation(id, { by: stranger.did, person: personOf(9) }), stranger);
    const owners = new Map([
      [trainer.did, trainerPerson],
      [stranger.did, personOf(9)],
    ]);
    const spoilt = { ...(await signBody(observation(id), master)), signature: held.signature };
    const { stateById } = await judge(await known({ statements: [held, seen, spoilt], owners }));
    expect(stateById.get(await idOf(spoilt.body, nodeTools))).toEqual({ type: 'refused', why: 'bad-signature' });
    const blind = await judge(await known({ statements: [held, seen], trust: null }));
    expect([...blind.stateById.values()]).toEqual([{ type: 'waits' }, { type: 'waits' }]);
  });

  it('nobody signs for themself, and the right to observe is told before signing', async () => {
    const id = await idOf(session, nodeTools);
    expect(objectionTo(observation(id))).toBeNull();
    expect(objectionTo(observation(id, { trainer: masterPerson }))).toBe('for-oneself');
    const wide = await trustOf([grantBody({ programmes: ['*'] }), observer()]);
    expect(await mayObserve(master.did, 'trainer', await known({}))).toBe('yes');
    expect(await mayObserve(master.did, 'course-author', await known({ trust: wide }))).toMatchObject({ type: 'other-programme' });
    expect(await mayObserve(trainer.did, 'trainer', await known({}))).toMatchObject({ type: 'unknown-key' });
    expect(await mayObserve(master.did, 'trainer', await known({ trust: null }))).toBe('unknown');
  });
});

it('keys with a right are known before they sign', async () => {
  const keys = grantedKeys(await trustOf([grantBody(), observer()]));
  expect(keys).toEqual([base64url(centre.key), base64url(master.key)]);
  expect(grantedKeys(null)).toEqual([]);
});

describe('codes between two phones', () => {
  it('a session and what was signed about it come through, in any script', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (title) => {
        const given = { session: await idOf(session, nodeTools), trainer: trainerPerson, title, place: 'عدن', starts: instantOf(0) };
        const shown = readCode(` ${sessionToCode(given)}\n`);
        expect(shown).toMatchObject({ type: 'session', session: { ...given, title: [...title].slice(0, 60).join('') } });
      }),
      { numRuns: 50 },
    );
    const seen = await signBody(observation(await idOf(session, nodeTools)), master);
    expect(readCode(statementToCode(seen))).toEqual({ type: 'signed', statement: seen });
  });

  it('rubbish is none', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'perigee-session:', 'perigee-signed:'), (text, mark) => {
        expect(readCode(mark + text)).toBeNull();
      }),
    );
  });
});

it('published programmes are read again whole, and what is none is left out', () => {
  const level = { en: 'x' };
  const programme = {
    id: 'trainer',
    version: 1,
    title: { en: 'Trainer' },
    summary: { en: '' },
    criteria: { en: '' },
    alignment: [],
    within: 24,
    validity: 36,
    lapse: { months: 12, to: { en: '' } },
    rubrics: [{ id: 'teaching', title: { en: '' }, criteria: [{ id: 'subject', title: { en: '' }, levels: [level, level] }] }],
    requires: { type: 'all', of: [{ type: 'some', n: 1, of: [{ type: 'course', id: 'a', course: 'space-law', score: 0.8 }] }] },
    renewal: { type: 'teaching', id: 'b', sessions: 1, rubric: 'teaching', level: 2 },
  };
  expect(readProgrammes({ programmes: [programme] })).toEqual([programme]);
  for (const change of [
    { requires: { type: 'all', of: [{ type: 'magic', id: 'x' }] } },
    { within: -1 },
    { rubrics: [{}] },
    { title: 'x' },
    { lapse: null },
  ])
    expect(readProgrammes({ programmes: [{ ...programme, ...change }, programme] })).toEqual([programme]);
  expect(readProgrammes(undefined)).toEqual([]);
  expect(standingsOf(trainerPerson, [], { programmes: readProgrammes({ programmes: [programme] }), now })[0]).toMatchObject({
    state: 'not-yet',
  });
});
