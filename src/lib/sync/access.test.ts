import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../domain/ids.ts';
import { aDevice, aNode, aPerson, aRecord, nodeKinds, recordKinds, staffKinds } from '../../../tests/fixtures/records.ts';
import { mayEnter, mayWrite, roles, type Scope, type Who } from './access.ts';

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

describe('access', () => {
  it('lets a document in only where person, writer and kind all agree with who asks', () => {
    let letIn = 0;
    for (const who of everyone)
      for (const scope of scopes)
        for (const kind of recordKinds)
          for (const person of people)
            for (const writer of writers) {
              const record = aRecord(kind, person, writer);
              const deviceMay =
                who.type === 'device' &&
                scope.type === 'person' &&
                scope.person === who.person &&
                person === who.person &&
                writer === who.device &&
                ['register', 'attempt', 'note', 'withdrawal', 'profile'].includes(kind);
              const trainerMay =
                who.type === 'staff' &&
                scope.type === 'person' &&
                scope.person === ann &&
                person === ann &&
                who.teaches(ann) &&
                ['trainer', 'master'].includes(who.roles[0] ?? '') &&
                writer === tina &&
                staffKinds.includes(kind);
              const nodeMay =
                who.type === 'node' && scope.type === 'person' && scope.person === person && nodeKinds.includes(kind) && writer === aNode;
              const may = deviceMay || trainerMay || nodeMay;
              if (may) letIn++;
              expect(mayWrite(who, scope, { ...record }, null).allow, JSON.stringify([who, scope, record._id])).toBe(may);
            }
    // Three devices, five kinds each; a trainer and a master, two kinds each; the node, two kinds in two ranges. A test in which everything is refused proves nothing.
    expect(letIn).toBe(3 * 5 + 2 * 2 + 2 * 2);
  });

  it('never lets anybody change another writer’s document, whoever they say they are', () => {
    fc.assert(
      fc.property(anyone, anyScope, anyRecord, anyRecord, (who, scope, record, before) => {
        if (record.writer !== before.writer || record.kind !== before.kind)
          expect(mayWrite(who, scope, { ...record }, { ...before }).allow).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads: own range; a trainer the people they teach; an administrator all; what is published all', () => {
    for (const who of everyone)
      for (const scope of scopes) {
        const role = who.type === 'staff' ? who.roles[0] : undefined;
        const expected =
          scope.type === 'commons' ||
          (scope.type === 'person' &&
            (who.type === 'node' ||
              role === 'administrator' ||
              (who.type === 'device' && who.person === scope.person) ||
              (who.type === 'staff' && (role === 'trainer' || role === 'master') && who.teaches(scope.person))));
        expect(mayEnter(who, 'read', scope).allow, JSON.stringify([who, scope])).toBe(expected);
        const trains = who.type === 'staff' && (role === 'trainer' || role === 'master');
        if (who.type !== 'device' && who.type !== 'node')
          expect(mayEnter(who, 'write', scope).allow).toBe(trains && expected && scope.type === 'person');
      }
  });

  it('says the same about every range that is not open', () => {
    const reasons = new Set(
      everyone.flatMap((who) => scopes.map((scope) => mayEnter(who, 'write', scope))).flatMap((d) => (d.allow ? [] : [d.reason])),
    );
    expect(reasons.size).toBe(1);
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
    expect(mayWrite(who, range, changed, before).allow).toBe(['register', 'note', 'profile'].includes(kind));
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
