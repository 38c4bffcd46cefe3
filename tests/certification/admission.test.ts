import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Instant } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import { admit, type Admission, type KnownSitting, type RefusedWhy } from '#lib/certification/admission.ts';
import { type ExamSessionId } from '#lib/certification/exam-code.ts';
import type { Did } from '#lib/certification/keys.ts';
import { idOf, signBody, type Digest } from '#lib/certification/signed.ts';
import { parseStatement, type CoSignature, type ExamSession, type Observation, type SignedStatement, type Statement, type TeachingSession, type Withdrawal } from '#lib/certification/statement.ts'; // prettier-ignore
import type { End, Grant } from '#lib/certification/trust.ts';
import { nodeTools, signerOf, type TestSigner } from './kit.ts';
import { after, centre, grantBody, master, now, root, trustOf } from './world.ts';

const personOf = (n: number): PersonId => String(n).padStart(26, '0') as PersonId;
const people = {
  trainer: { person: personOf(1), signer: signerOf('trainer') },
  master: { person: personOf(2), signer: master },
  ana: { person: personOf(3), signer: signerOf('ana') },
  ben: { person: personOf(4), signer: signerOf('ben') },
  centre: { person: personOf(5), signer: centre },
  stranger: { person: personOf(6), signer: signerOf('stranger') },
};
type Name = keyof typeof people;
const owners = new Map<Did, PersonId>(Object.values(people).map(({ person, signer }) => [signer.did, person]));

const base = (who: Name, at: Instant) =>
  ({ format: 'perigee-evidence/1', by: people[who].signer.did, person: people[who].person, at }) as const;
const sign = (body: Statement, signer?: TestSigner): Promise<SignedStatement> => {
  const own = Object.values(people).find((one) => one.signer.did === body.by)?.signer;
  return signBody(body, signer ?? own ?? people.stranger.signer);
};
const session = (change: Partial<TeachingSession> = {}, who: Name = 'trainer'): TeachingSession => ({
  ...base(who, after(10.2)),
  type: 'teaching-session',
  title: 'Reading a flood map',
  course: 'disaster-risk',
  place: 'Ile-Ife, hall 2',
  starts: after(10),
  ends: after(10.1),
  roster: [people.ana.person, people.ben.person],
  attended: [people.ana.person, people.ben.person],
  guests: 3,
  ...change,
});
const idFor = (body: Statement): Promise<Digest> => idOf(body, nodeTools);
const observation = async (change: Partial<Observation> = {}, who: Name = 'master'): Promise<Observation> => ({
  ...base(who, after(10.3)),
  type: 'observation',
  session: await idFor(session()),
  trainer: people.trainer.person,
  programme: 'trainer',
  version: 1,
  rubric: 'teaching',
  place: 'Ile-Ife, hall 2',
  levels: { subject: 2, doing: 3 },
  words: 'Let them find the legend themselves.',
  ...change,
});
const coSignature = async (who: Name, of?: Digest): Promise<CoSignature> => ({
  ...base(who, after(10.2)),
  type: 'co-signature',
  of: of ?? (await idFor(session())),
});
const withdrawal = (who: Name, of: Digest): Withdrawal => ({
  ...base(who, after(12)),
  type: 'withdrawal',
  of,
  reason: 'Another person had taught it.',
});
const examCode = '0123abcd' as ExamSessionId;
const exam = (change: Partial<ExamSession> = {}, who: Name = 'master'): ExamSession => ({
  ...base(who, after(11)),
  type: 'exam-session',
  programme: 'trainer',
  course: 'space-law',
  unit: 'exam',
  session: examCode,
  place: 'Ile-Ife, hall 1',
  opened: after(10.5),
  closed: after(10.6),
  roster: [people.ana.person, people.ben.person],
  candidates: [{ person: people.ana.person, answers: '0'.repeat(52) as Digest, score: 0.8 }],
  ...change,
});
const sat = (change: Partial<KnownSitting> = {}): KnownSitting => ({
  by: people.ana.signer.did,
  person: people.ana.person,
  course: 'space-law' as KnownSitting['course'],
  unit: 'exam' as KnownSitting['unit'],
  session: examCode,
  score: 0.8,
  counts: true,
  right: true,
  ...change,
});

const observer = (change: Partial<Grant> = {}): Grant => grantBody({ by: centre.did, to: master.did, name: 'Lina Haddad', rights: ['observe', 'proctor'], made: after(-100), from: after(-100), programmes: ['trainer'], ...change }); // prettier-ignore

async function admission(
  change: Partial<Admission> = {},
  statements: readonly (Grant | End)[] = [grantBody(), observer()],
): Promise<Admission> {
  return {
    trust: await trustOf(statements),
    ownerOf: (key) => {
      const person = owners.get(key);
      return person === undefined ? null : { person, ends: null };
    },
    sittingOf: (answers) => (answers === '0'.repeat(52) ? sat() : null),
    receivedAt: () => null,
    now,
    tools: nodeTools,
    ...change,
  };
}

const whyOf = async (
  bodies: readonly Statement[],
  given?: Admission,
): Promise<{ types: readonly string[]; whys: readonly RefusedWhy[] }> => {
  const signed = await Promise.all(bodies.map((body) => sign(body)));
  const { evidence, refused } = await admit(signed, given ?? (await admission()));
  return { types: evidence.map(({ type }) => type).sort(), whys: refused.map(({ why }) => why).sort() };
};

describe('a session', () => {
  it('counts whole when an observer saw it', async () => {
    const { evidence, refused } = await admit([await sign(session()), await sign(await observation())], await admission());
    expect(refused).toEqual([]);
    expect(evidence).toEqual([
      {
        type: 'session',
        id: await idFor(session()),
        at: after(10),
        trainer: people.trainer.person,
        attended: [people.ana.person, people.ben.person],
      },
      { type: 'observation', id: await idFor(await observation()), at: after(10.3), session: await idFor(session()), trainer: people.trainer.person, programme: 'trainer', rubric: 'teaching', levels: { subject: 2, doing: 3 } }, // prettier-ignore
    ]);
  });

  it('counts for the learners who signed, when nobody else did', async () => {
    const { evidence } = await admit([await sign(session()), await sign(await coSignature('ana'))], await admission());
    expect(evidence).toMatchObject([{ type: 'session', attended: [people.ana.person] }]);
    const whole = await admit([await sign(session()), await sign(await coSignature('master'))], await admission());
    expect(whole.evidence).toMatchObject([{ type: 'session', attended: [people.ana.person, people.ben.person] }]);
  });

  it('does not count on the word of its trainer, or of a stranger', async () => {
    expect(await whyOf([session()])).toEqual({ types: [], whys: ['unconfirmed'] });
    expect(await whyOf([session(), await coSignature('trainer')])).toEqual({ types: [], whys: ['for-oneself', 'unconfirmed'] });
    expect(await whyOf([session(), await coSignature('stranger')])).toEqual({ types: [], whys: ['unconfirmed'] });
  });
});

describe('an observation', () => {
  it.each([
    ['of oneself', {}, 'master', session({}, 'master'), 'for-oneself'],
    ['by somebody without the right', {}, 'stranger', session(), 'unknown-key'],
    ['of a programme that the right does not cover', { programme: 'master-trainer' }, 'master', session(), 'other-programme'],
    ['of a session before it began', { at: after(9) }, 'master', session(), 'nothing-to-sign'],
  ] as const)('%s', async (_, change, who, held, why) => {
    const body = await observation({ ...change, session: await idFor(held), trainer: held.person }, who);
    const { whys } = await whyOf([held, body]);
    expect(whys.filter((one) => one !== 'unconfirmed')).toEqual([why]);
  });

  it('is worth nothing after the right has ended, unless a node had it by then', async () => {
    const statements = [session(), await observation()];
    const end: End = { format: 'perigee-end/1', by: centre.did, key: master.did, why: 'compromised', at: after(15) };
    const ended = [grantBody(), observer(), end];
    expect((await whyOf(statements, await admission({}, ended))).whys).toEqual(['unconfirmed', 'unproven']);
    expect((await whyOf(statements, await admission({ receivedAt: () => after(16) }, ended))).whys).toEqual(['unconfirmed', 'unproven']);
    expect((await whyOf(statements, await admission({ receivedAt: () => after(14) }, ended))).whys).toEqual([]);
    const short = [grantBody(), observer({ until: after(10.25) })];
    expect((await whyOf(statements, await admission({ receivedAt: () => after(10.4) }, short))).whys).toEqual(['too-late', 'unconfirmed']);
  });

  it('needs the centre that gave the right to have had it', async () => {
    const statements = [session(), await observation()];
    expect((await whyOf(statements, await admission({}, [observer()]))).whys).toEqual(['unconfirmed', 'unknown-key']);
    expect((await whyOf(statements, await admission({}, [grantBody({ programmes: ['course-author'] }), observer()]))).whys).toEqual([
      'unconfirmed',
      'unknown-key',
    ]);
    expect((await whyOf(statements, await admission({}, [grantBody(), observer({ by: root.did })]))).whys).toEqual([]);
  });
});

describe('a signature', () => {
  it('is of the person who is named, with a key that a node knows', async () => {
    expect((await whyOf([session({ person: people.ana.person }), await coSignature('ben')])).whys).toContain('other-person');
    const unknown = await admission({ ownerOf: () => null });
    expect((await whyOf([session()], unknown)).whys).toEqual(['unknown-key']);
    const right = await sign(session());
    const { refused } = await admit([{ body: { ...right.body, guests: 99 } as Statement, signature: right.signature }], await admission());
    expect(refused).toMatchObject([{ why: 'bad-signature' }]);
    expect((await whyOf([session({ at: after(30) })])).whys).toEqual(['in-the-future']);
    // A copy with a spoilt signature takes nothing from the true one.
    const copy = { body: right.body, signature: `A${right.signature.slice(1)}` };
    const beside = await admit([copy, right, copy, await sign(await observation())], await admission());
    expect(beside).toMatchObject({ refused: [], evidence: [{ type: 'session' }, { type: 'observation' }] });
  });

  it('of a lost key counts only where a node had it before', async () => {
    const lost = (received: Instant | null) =>
      admission({ ownerOf: (key) => ({ person: owners.get(key) ?? people.stranger.person, ends: key === people.trainer.signer.did ? after(15) : null }), receivedAt: () => received }); // prettier-ignore
    const statements = [session(), await observation()];
    expect((await whyOf(statements, await lost(null))).whys).toContain('key-ended');
    expect((await whyOf(statements, await lost(after(15)))).whys).toContain('key-ended');
    expect((await whyOf(statements, await lost(after(14)))).whys).toEqual([]);
  });
});

describe('a withdrawal', () => {
  it('is for the signer and the centre, and final', async () => {
    const statements = [session(), await observation()];
    const seen = await idFor(await observation());
    expect((await whyOf([...statements, withdrawal('master', seen)])).types).toEqual(['withdrawal']);
    expect((await whyOf([...statements, withdrawal('centre', seen)])).types).toEqual(['withdrawal']);
    expect(await whyOf([...statements, withdrawal('trainer', seen)])).toMatchObject({ whys: ['not-yours'] });
    expect((await whyOf([...statements, withdrawal('trainer', await idFor(session()))])).types).toEqual(['withdrawal']);
    const first = withdrawal('master', seen);
    expect(await whyOf([...statements, first, withdrawal('master', await idFor(first))])).toMatchObject({ types: ['withdrawal'] });
  });
});

describe('an exam session', () => {
  it('is signed by a proctor who is no candidate', async () => {
    expect((await whyOf([exam()])).types).toEqual(['exam']);
    expect((await whyOf([exam({}, 'stranger')])).whys).toEqual(['unknown-key']);
    const own = [{ person: people.master.person, answers: '0'.repeat(52) as Digest, score: 1 }];
    expect((await whyOf([exam({ candidates: own, roster: [people.master.person] })])).whys).toEqual(['for-oneself']);
    expect((await whyOf([exam()], await admission({}, [grantBody(), observer({ rights: ['observe'] })]))).whys).toEqual(['no-right']);
  });
});

it('an exam counts within the proctor’s own right and time only', async () => {
  const over = await admission({ receivedAt: () => after(11.1) }, [grantBody(), observer({ until: after(10.9) })]);
  expect((await whyOf([exam()], over)).whys).toEqual(['too-late']);
  const early = await admission({}, [grantBody(), observer({ from: after(12) })]);
  expect((await whyOf([exam()], early)).whys).toEqual(['too-early']);
  expect((await whyOf([exam({ programme: 'master-trainer' })])).whys).toEqual(['other-programme']);
  const end: End = { format: 'perigee-end/1', by: centre.did, key: master.did, why: 'compromised', at: after(15) };
  expect((await whyOf([exam()], await admission({}, [grantBody(), observer(), end]))).whys).toEqual(['unproven']);
  expect((await whyOf([exam()], await admission({ receivedAt: () => after(14) }, [grantBody(), observer(), end]))).types).toEqual(['exam']);
});

describe('the answers to an exam', () => {
  const whyWith = async (change: Partial<KnownSitting> | null, more: Partial<ExamSession> = {}) =>
    whyOf([exam(more)], await admission({ sittingOf: () => (change === null ? null : sat(change)) }));

  it('are the candidate’s own, by a key of theirs, of this session, and come to what the proctor signed', async () => {
    expect(await whyWith({})).toEqual({ types: ['exam'], whys: [] });
    // A node that has another edition of the course cannot mark them again; the proctor's word stands.
    expect(await whyWith({ right: null })).toEqual({ types: ['exam'], whys: [] });
    expect(await whyWith(null)).toEqual({ types: [], whys: ['no-answers'] });
    const others: readonly Partial<KnownSitting>[] = [
      { person: people.ben.person },
      { by: people.ben.signer.did },
      { course: 'other' as KnownSitting['course'] },
      { unit: 'other' as KnownSitting['unit'] },
      { session: '00000000' as ExamSessionId },
      { score: 0.81 },
      { right: false },
    ];
    for (const change of others) expect(await whyWith(change), JSON.stringify(change)).toEqual({ types: [], whys: ['other-answers'] });
    expect(await whyWith({ by: signerOf('nobody knows').did })).toEqual({ types: [], whys: ['no-answers'] });
    expect(await whyWith({ counts: false })).toEqual({ types: [], whys: ['used-up'] });
  });

  it('of one who is not there yet hold up nobody else', async () => {
    const candidates = [
      { person: people.ana.person, answers: '0'.repeat(52) as Digest, score: 0.8 },
      { person: people.ben.person, answers: '1'.repeat(52) as Digest, score: 0.9 },
    ];
    const { evidence, refused } = await admit([await sign(exam({ candidates }))], await admission());
    expect(evidence).toMatchObject([{ type: 'exam', person: people.ana.person, score: 0.8 }]);
    expect(refused).toMatchObject([{ why: 'no-answers', person: people.ben.person }]);
    const { refused: once } = await admit([await sign(exam()), await sign(withdrawal('master', await idFor(exam())))], await admission());
    expect(once).toEqual([]);
  });
});

it('comes out the same in whatever order statements arrive, and twice as once', async () => {
  const seen = await idFor(await observation());
  const all = await Promise.all(
    [session(), await observation(), await coSignature('ana'), await coSignature('stranger'), exam(), withdrawal('master', seen)].map(
      (body) => sign(body),
    ),
  );
  const usual = await admission();
  const outcome = async (statements: readonly SignedStatement[]): Promise<unknown> => {
    const { evidence, refused } = await admit(statements, usual);
    return [evidence, refused].map((list) => list.map((one) => JSON.stringify(one)).sort());
  };
  const expected = await outcome(all);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }), async (shuffled) => {
      expect(await outcome(shuffled)).toEqual(expected);
    }),
    { numRuns: 30, seed: 3 },
  );
});

it('reads statements whole: a field too many or of another shape is refused', async () => {
  for (const body of [session(), await observation(), await coSignature('ana'), exam(), withdrawal('ana', '0'.repeat(52) as Digest)]) {
    const signed = await sign(body);
    expect(parseStatement(JSON.parse(JSON.stringify(signed)))).toEqual({ ok: true, value: signed });
    expect(parseStatement({ ...signed, body: { ...body, extra: 1 } }).ok).toBe(false);
    expect(parseStatement({ ...signed, extra: 1 }).ok).toBe(false);
    for (const key of Object.keys(body)) {
      if (key === 'course' && body.type === 'teaching-session') continue;
      const { [key]: _, ...less } = body as unknown as Record<string, unknown>;
      expect(parseStatement({ ...signed, body: less }).ok, `${body.type} without ${key}`).toBe(false);
    }
  }
  expect(parseStatement(await sign(session({ attended: [people.stranger.person] }))).ok).toBe(false);
  expect(parseStatement(await sign(exam({ roster: [people.ben.person] }))).ok).toBe(false);
});
