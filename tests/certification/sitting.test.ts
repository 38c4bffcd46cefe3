/** The chain of an exam's answers, and the code that opens it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { createUlid, type CourseId, type ItemId, type PersonId, type UnitId } from '#lib/domain/ids.ts';
import type { SittingRecord } from '#lib/domain/records.ts';
import { base64url } from '#lib/certification/encoding.ts';
import { createExamCode, isExamSessionId, readExamCode, showExamCode, type ExamSessionId } from '#lib/certification/exam-code.ts';
import { signBody } from '#lib/certification/signed.ts';
import {
  answerLink,
  awayLink,
  closeLink,
  isClosedRight,
  openLink,
  readSitting,
  scoreOf,
  withinLimit,
  type Asked,
  type Closed,
  type Link,
  type Sitting,
} from '#lib/certification/sitting.ts';
import { nodeTools, signerOf } from './kit.ts';

const exam = { course: 'disaster-risk', unit: 'exam' };
const quarter = 15 * 60_000;
const start = Date.parse('2026-11-30T09:00:00Z');

describe('the code of an exam', () => {
  const anyMoment = fc.integer({ min: 0, max: 4e12 });
  const anyRandom = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => () => bytes);

  it('is understood for six hours however it is typed, and names its session', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMoment,
        anyRandom,
        fc.integer({ min: -4, max: 24 }),
        fc.constantFrom<(code: string) => string>(
          (code) => code,
          showExamCode,
          (code) => ` ${code.slice(0, 3)} ${code.slice(3)}\n`,
          (code) => showExamCode(code).replaceAll('0', 'O').replaceAll('1', 'l'),
          (code) => [...code].map((character) => String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0)).join(''),
        ),
        async (now, random, later, typing) => {
          const made = await createExamCode(exam, now, random, nodeTools);
          expect(isExamSessionId(made.session)).toBe(true);
          expect(showExamCode(made.code)).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
          const moment = Math.floor(now / quarter) * quarter + later * quarter;
          expect(await readExamCode(typing(made.code), exam, moment, nodeTools)).toEqual({ ok: true, value: made.session });
          expect(await readExamCode(made.code, exam, moment - (later + 5) * quarter, nodeTools)).toEqual({ ok: false, error: 'early' });
          expect(await readExamCode(made.code, exam, moment + (25 - later) * quarter, nodeTools)).toEqual({ ok: false, error: 'expired' });
        },
      ),
    );
  });

  it('with one character wrong, or of another exam, is refused nearly always', async () => {
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(anyRandom, fc.nat(9), fc.integer({ min: 1, max: 31 }), async (random, at, by) => {
        const { code } = await createExamCode(exam, start, random, nodeTools);
        const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
        const other = alphabet[(alphabet.indexOf(code[at] ?? '') + by) % 32] ?? '';
        const spoilt = code.slice(0, at) + other + code.slice(at + 1);
        if ((await readExamCode(spoilt, exam, start, nodeTools)).ok) passed += 1;
        if ((await readExamCode(code, { ...exam, unit: 'other' }, start, nodeTools)).ok) passed += 1;
      }),
      { numRuns: 500, seed: 7 },
    );
    // One in 1024 by chance, and of those about the time few.
    expect(passed).toBeLessThanOrEqual(5);
  });

  it('that is none is told to be none', async () => {
    for (const typed of ['', 'abc', '12345-6789', '12345-678901', '!!!!!-!!!!!', '近地点近地点近地点近'])
      expect(await readExamCode(typed, exam, start, nodeTools)).toEqual({ ok: false, error: 'no-code' });
  });
});

const person = '0'.repeat(26) as PersonId;
const ulid = createUlid(start, (n) => new Uint8Array(n));
const session = '0123abcd' as ExamSessionId;
const signer = signerOf('ana');
const asks: readonly Asked[] = [
  { id: 'a' as ItemId, v: 1, points: 1 },
  { id: 'b' as ItemId, v: 1, points: 2 },
  { id: 'c' as ItemId, v: 3, points: 1.5 },
];
const about = {
  person,
  course: exam.course as CourseId,
  unit: exam.unit as UnitId,
  sitting: ulid,
  session,
  attempt: 1,
  attempts: 2,
  minutes: 45,
  language: 'en',
  asks,
};
type Chain = Pick<SittingRecord, 'person' | 'course' | 'unit' | 'ulid' | 'key' | 'links'>;

const textOf = async (link: Link, by = signer): Promise<Chain['links'][number]> => ({
  signed: canonicalJson(link),
  value: (await signBody({ ...link, by: by.did }, by)).signature,
});

type Step =
  | { readonly type: 'answer'; readonly item: ItemId; readonly score: number; readonly after: number }
  | { readonly type: 'away'; readonly seconds: number | null };

/** A chain as a device makes it. */
async function chainOf(steps: readonly Step[], close: Closed['why'] | null = 'handed-in'): Promise<Chain> {
  const moment = (elapsed: number) => ({ by: signer.did, now: start + elapsed * 1000, elapsed });
  const chain = { person, course: about.course, unit: about.unit, ulid, key: base64url(signer.key) };
  let links = [await textOf(openLink(moment(0), about))];
  const sitting = async (): Promise<Sitting> => {
    const read = await readSitting({ ...chain, links }, nodeTools);
    if (!read.ok) throw new Error(read.error);
    return read.value;
  };
  let elapsed = 0;
  for (const step of steps) {
    if (step.type === 'answer') elapsed += step.after;
    const at = moment(elapsed);
    const known = await sitting();
    const link =
      step.type === 'answer'
        ? answerLink(known, at, { item: step.item, response: { choice: 'a' }, score: step.score })
        : awayLink(known, at, step.seconds);
    links = [...links, await textOf(link)];
  }
  if (close !== null) links = [...links, await textOf(closeLink(await sitting(), moment(elapsed + 1), close))];
  return { ...chain, links };
}

const anyStep = fc.oneof(
  fc.record({
    type: fc.constant('answer' as const),
    item: fc.constantFrom(...asks.map(({ id }) => id)),
    score: fc.constantFrom(0, 1 / 3, 0.5, 1),
    after: fc.integer({ min: 0, max: 200 }),
  }),
  fc.record({ type: fc.constant('away' as const), seconds: fc.option(fc.nat(4000)) }),
);
const anySteps = fc.array(anyStep, { maxLength: 8 });

describe('a chain of answers', () => {
  it('that a device made is whole, says what was answered last, and what it came to', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, fc.constantFrom('handed-in' as const, 'time' as const, null), async (steps, close) => {
        const read = await readSitting(await chainOf(steps, close), nodeTools, 'all');
        if (!read.ok) throw new Error(read.error);
        const last = new Map(steps.flatMap((step) => (step.type === 'answer' ? [[step.item, step.score] as const] : [])));
        const score = scoreOf(asks, (item) => last.get(item) ?? 0);
        const away = steps.filter((step) => step.type === 'away');
        expect(read.value.answers.size).toBe(last.size);
        expect(read.value.length).toBe(1 + steps.length + (close === null ? 0 : 1));
        expect(read.value.times).toBe(away.length);
        if (close === null) expect(read.value.closed).toBeNull();
        else
          expect(read.value.closed).toMatchObject({
            why: close,
            score,
            answered: last.size,
            asked: 3,
            times: away.length,
            away: away.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
          });
      }),
      { numRuns: 60 },
    );
  });

  it('says so when anything in it was changed, left out, doubled, put elsewhere or signed by another', async () => {
    const whole = await chainOf([
      { type: 'answer', item: 'a' as ItemId, score: 1, after: 10 },
      { type: 'away', seconds: 90 },
      { type: 'answer', item: 'b' as ItemId, score: 0, after: 10 },
    ]);
    expect((await readSitting(whole, nodeTools)).ok).toBe(true);
    const bodies = whole.links.map(({ signed }) => JSON.parse(signed) as Record<string, unknown>);
    const edits = fc.oneof(
      fc.record({ at: fc.nat(4), how: fc.constantFrom('drop', 'double', 'swap', 'other-key', 'spoil' as const) }),
      fc.nat(4).chain((at) =>
        fc.constantFrom(...Object.keys(bodies[at] ?? {})).chain((field) =>
          fc
            .oneof(fc.constantFrom<unknown>(0, 1, 0.5, 2, null, 'x', 'time', []), fc.jsonValue())
            .filter((value) => canonicalJson(value) !== canonicalJson(bodies[at]?.[field]))
            .map((value) => ({ at, how: 'field' as const, field, value })),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(edits, async (edit) => {
        const links = [...whole.links];
        const one = links[edit.at];
        const next = links[(edit.at + 1) % links.length];
        if (one === undefined || next === undefined) throw new Error('No link');
        if (edit.how === 'drop') links.splice(edit.at, 1);
        // The end may be missing: then the sitting is open. The beginning and the middle may not.
        if (edit.how === 'drop' && edit.at === 4) return;
        if (edit.how === 'double') links.splice(edit.at, 0, one);
        if (edit.how === 'swap') [links[edit.at], links[(edit.at + 1) % links.length]] = [next, one];
        if (edit.how === 'other-key') links[edit.at] = { ...one, value: base64url(await signerOf('thief').sign(new Uint8Array(1))) };
        if (edit.how === 'spoil') links[edit.at] = { ...one, signed: one.signed.replace('perigee', 'Perigee') };
        if (edit.how === 'field') links[edit.at] = { ...one, signed: canonicalJson({ ...bodies[edit.at], [edit.field]: edit.value }) };
        expect((await readSitting({ ...whole, links }, nodeTools, 'all')).ok).toBe(false);
        // The last signature alone stands for all before it.
        if (edit.how !== 'other-key' || edit.at === 4) expect((await readSitting({ ...whole, links }, nodeTools)).ok).toBe(false);
      }),
      { numRuns: 600, seed: 11 },
    );
    // Signed again by whoever has the key, it is whole in itself; a document of another person or exam it is not.
    for (const change of [
      { person: '1'.repeat(26) as PersonId },
      { unit: 'other' as UnitId },
      { ulid: createUlid(start + 1, (n) => new Uint8Array(n)) },
    ])
      expect(await readSitting({ ...whole, ...change }, nodeTools)).toEqual({ ok: false, error: 'malformed' });
    expect(await readSitting({ ...whole, key: base64url(signerOf('ben').key) }, nodeTools)).toEqual({ ok: false, error: 'malformed' });
  });

  it('takes no answer after the time, none after the end, and no other sum', async () => {
    const late = chainOf([{ type: 'answer', item: 'a' as ItemId, score: 1, after: 45 * 60 + 31 }]);
    await expect(late).rejects.toThrow('late');
    expect((await readSitting(await chainOf([{ type: 'answer', item: 'a' as ItemId, score: 1, after: 45 * 60 + 29 }]), nodeTools)).ok).toBe(
      true,
    );
    const whole = await chainOf([{ type: 'answer', item: 'a' as ItemId, score: 1, after: 10 }]);
    const read = await readSitting(whole, nodeTools);
    if (!read.ok) throw new Error(read.error);
    const moment = { by: signer.did, now: start, elapsed: 20 };
    const more = await textOf(answerLink(read.value, moment, { item: 'b' as ItemId, response: {}, score: 1 }));
    expect(await readSitting({ ...whole, links: [...whole.links, more] }, nodeTools)).toEqual({ ok: false, error: 'broken' });
    const open = await readSitting({ ...whole, links: whole.links.slice(0, 2) }, nodeTools);
    if (!open.ok) throw new Error(open.error);
    for (const change of [
      { score: 1 },
      { answered: 3 },
      { away: 100 },
      { times: 1 },
      { attempt: 2 },
      { session: '00000000' as ExamSessionId },
    ]) {
      const lie = await textOf({ ...closeLink(open.value, moment, 'handed-in'), ...change });
      const links = [...whole.links.slice(0, 2), lie];
      expect(await readSitting({ ...whole, links }, nodeTools)).toEqual({ ok: false, error: 'other-sum' });
    }
    const honest = closeLink(open.value, moment, 'handed-in');
    expect(await isClosedRight(await signBody(honest, signer), nodeTools)).toBe(true);
    expect(await isClosedRight({ body: { ...honest, score: 1 }, signature: (await signBody(honest, signer)).signature }, nodeTools)).toBe(
      false,
    );
  });
});

it('of more sittings than an exam allows the first ones count, in whatever order they arrive', () => {
  const sat = (n: number, attempts = 2) => ({
    opened: { ...openLink({ by: signer.did, now: start + n, elapsed: 0 }, { ...about, attempts }) },
  });
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), (times, attempts) => {
      const within = withinLimit(
        times.map((n) => sat(n, attempts)),
        3,
      );
      const first = [...times].sort((a, b) => a - b).slice(0, Math.min(attempts, 3));
      expect(within.map(({ opened }) => Date.parse(opened.at) - start)).toEqual(first);
    }),
  );
});
