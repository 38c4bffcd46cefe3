import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../domain/ids.ts';
import { aDevice, aNode, aPerson, aRecord, nodeKinds, recordKinds, staffKinds } from '../../../tests/fixtures/records.ts';
import { mayWrite, roles, type Scope, type Who } from './access.ts';

const ann = aPerson('a');
const bob = aPerson('b');
const tina = aPerson('t');
const annsPhone = aDevice('p');
const annsLaptop = aDevice('q');
const bobsPhone = aDevice('r');

const people = [ann, bob];
const writers = [annsPhone, annsLaptop, bobsPhone, tina, aNode, 'another-centre'];

const everyone: readonly Who[] = [
  { type: 'stranger' },
  { type: 'device', person: ann, device: annsPhone },
  { type: 'device', person: ann, device: annsLaptop },
  { type: 'device', person: bob, device: bobsPhone },
  ...roles.flatMap((role): Who[] => [
    { type: 'staff', person: tina, roles: [role], teaches: (person) => person === ann },
    { type: 'staff', person: tina, roles: [role], teaches: () => false },
  ]),
  { type: 'peer', node: 'another-centre' as NodeId },
  { type: 'node', node: aNode },
];
const scopes: readonly Scope[] = [{ type: 'person', person: ann }, { type: 'person', person: bob }, { type: 'commons' }];

const anyone = fc.constantFrom(...everyone);
const anyScope = fc.constantFrom(...scopes);
const anyRecord = fc
  .record({ kind: fc.constantFrom(...recordKinds), person: fc.constantFrom(...people), writer: fc.constantFrom(...writers) })
  .map(({ kind, person, writer }) => aRecord(kind, person, writer));

/** Who may do what with which document is asked, as a table, in `tests/access`; here is what holds whoever asks. */
describe('access', () => {
  it('never lets anybody change another writer’s document, whoever they say they are', () => {
    fc.assert(
      fc.property(anyone, anyScope, anyRecord, anyRecord, (who, scope, record, before) => {
        if (record.writer !== before.writer || record.kind !== before.kind)
          expect(mayWrite(who, scope, { ...record }, { ...before }).allow).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  const phone: Who = { type: 'device', person: ann, device: annsPhone };
  const range: Scope = { type: 'person', person: ann };

  it.each(recordKinds)('a %s is replaced by its own writer only where its kind may change', (kind) => {
    const trainer: Who = { type: 'staff', person: tina, roles: ['trainer'], teaches: () => true };
    const ofStaff = staffKinds.includes(kind);
    const who: Who = nodeKinds.includes(kind) ? { type: 'node', node: aNode } : ofStaff ? trainer : phone;
    const record = aRecord(kind, ann, nodeKinds.includes(kind) ? aNode : ofStaff ? tina : annsPhone);
    const before = { ...record, _rev: '1-a' };
    const changed = { ...record, newer: 1, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] } };
    expect(mayWrite(who, range, changed, before).allow).toBe(['register', 'note', 'application', 'profile'].includes(kind));
    // The same content under another revision says nothing new.
    expect(mayWrite(who, range, { ...record, _rev: '1-other' }, before).allow).toBe(true);
    expect(mayWrite(who, range, { ...record, _deleted: true }, before).allow).toBe(false);
  });

  it('takes 256 kB in UTF-8 and not a byte more, and does not count what replication adds', () => {
    const note = { ...aRecord('note', ann, annsPhone) };
    const { _id, ...fields } = note;
    const room = 256 * 1024 - new TextEncoder().encode(JSON.stringify({ ...fields, text: '' })).length;
    const filled = (bytes: number) => ({ ...note, text: '近'.repeat(Math.floor(bytes / 3)) + 'a'.repeat(bytes % 3) });
    expect(mayWrite(phone, range, { ...filled(room), _rev: '1-a', _revisions: { start: 1, ids: ['a'] } }, null)).toEqual({ allow: true });
    expect(mayWrite(phone, range, filled(room + 1), null).allow).toBe(false);
  });

  it('refuses rubbish with a sentence', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
        const decision = mayWrite(phone, range, document, null);
        expect(decision).toMatchObject({ allow: false, reason: expect.stringMatching(/\.$/) as string });
      }),
    );
  });
});
