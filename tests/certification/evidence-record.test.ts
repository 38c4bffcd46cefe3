import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createUlid, type PersonId } from '#lib/domain/ids.ts';
import { instantOf } from '#lib/domain/clock.ts';
import { parseRecord } from '#lib/domain/parse-record.ts';
import { maxSignedBytes } from '#lib/domain/records.ts';
import { didOfKey, ownersOf, statementInRecord, statementToRecord } from '#lib/certification/evidence-record.ts';
import { isSignedRight, signBody } from '#lib/certification/signed.ts';
import type { TeachingSession } from '#lib/certification/statement.ts';
import { nodeTools, signerOf } from './kit.ts';

const personOf = (n: number): PersonId => String(n).padStart(26, '0') as PersonId;
const signer = signerOf('trainer');
const key = Buffer.from(signer.key).toString('base64url');
const ulid = createUlid(1_700_000_000_000, (n) => new Uint8Array(n));
const session = (change: Partial<TeachingSession>): TeachingSession => ({
  format: 'perigee-evidence/1',
  by: signer.did,
  person: personOf(1),
  at: instantOf(1_700_000_000_000),
  type: 'teaching-session',
  title: 'Reading a flood map',
  place: 'Ile-Ife, hall 2',
  starts: instantOf(1_699_990_000_000),
  ends: instantOf(1_699_993_600_000),
  roster: [],
  attended: [],
  guests: 0,
  ...change,
});
const given = { about: personOf(1), writer: personOf(1), ulid };

it('a statement is whole after a record, whatever words are in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.string({ maxLength: 200 }), async (title, place) => {
      const signed = await signBody(session({ title, place }), signer);
      const record = statementToRecord(signed, given);
      if (!record.ok) throw new Error(record.error);
      expect(parseRecord(record.value).ok).toBe(true);
      const back = statementInRecord(JSON.parse(JSON.stringify(record.value)) as typeof record.value);
      expect(back).toEqual(signed);
      expect(back !== null && (await isSignedRight(back, nodeTools))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it('a statement that no road takes is refused before it is kept', async () => {
  const roster = Array.from({ length: maxSignedBytes / 26 }, (_, i) => personOf(i));
  expect(statementToRecord(await signBody(session({ roster }), signer), given)).toEqual({ ok: false, error: 'too-large' });
});

it('a record whose signature names another key than its statement carries nothing', async () => {
  const record = statementToRecord(await signBody(session({}), signer), given);
  if (!record.ok) throw new Error(record.error);
  const other = Buffer.from(signerOf('other').key).toString('base64url');
  expect(statementInRecord({ ...record.value, signature: { ...record.value.signature, key: other } })).toBeNull();
  expect(statementInRecord({ ...record.value, signature: { ...record.value.signature, key: 'AA' } })).toBeNull();
  expect(statementInRecord({ ...record.value, signed: '{"type":"praise"}' })).toBeNull();
  expect(statementInRecord({ ...record.value, signed: '{' })).toBeNull();
});

it('a key is the identifier it is signed under', () => {
  expect(didOfKey(key)).toBe(signer.did);
  expect(ownersOf([{ key, person: personOf(1) }, { key: 'x', person: personOf(2) }])).toEqual(new Map([[signer.did, personOf(1)]])); // prettier-ignore
});
