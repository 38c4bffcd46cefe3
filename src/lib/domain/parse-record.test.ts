import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDevice, aNode, aPerson, aRecord, nodeKinds, recordKinds } from '../../../tests/fixtures/records.ts';
import { parseRecord } from './parse-record.ts';

const sample = (kind: (typeof recordKinds)[number]) => aRecord(kind, aPerson('a'), nodeKinds.includes(kind) ? aNode : aDevice('d'));

describe('parseRecord', () => {
  it.each(recordKinds)('reads a whole %s, with the fields of replication and of a newer app beside its own', (kind) => {
    const record = { ...sample(kind), _rev: '1-a', _revisions: { start: 1, ids: ['a'] }, newer: true };
    expect(parseRecord(record)).toEqual({ ok: true, value: record });
  });

  it.each(recordKinds)('refuses a %s from which any field was taken, or whose name says something else', (kind) => {
    const optional = ['place', 'completed', 'withdrawn', 'attempt', 'mark'];
    for (const field of Object.keys(sample(kind)).filter((name) => !optional.includes(name))) {
      const { [field]: _taken, ...rest } = { ...sample(kind) } as Record<string, unknown>;
      expect(parseRecord(rest).ok, field).toBe(false);
    }
    expect(parseRecord({ ...sample(kind), _id: `${sample(kind)._id}x` })).toEqual({ ok: false, error: { type: 'wrong-name' } });
    expect(parseRecord({ ...sample(kind), person: aPerson('b') })).toEqual({ ok: false, error: { type: 'wrong-name' } });
  });

  it('names the field that is wrong', () => {
    const wrong: readonly [(typeof recordKinds)[number], string, unknown][] = [
      ['attempt', 'score', 1.01],
      ['attempt', 'score', NaN],
      ['attempt', 'v', 0],
      ['attempt', 'language', 'english!'],
      ['attempt', 'at', '2026-01-01'],
      ['attempt', 'at', '2026-13-01T00:00:00.000Z'],
      ['register', 'units', { 'Not A Unit': { first: '', last: '', seconds: 0 } }],
      ['register', 'items', { period: { v: 1, best: 2, attempts: 1 } }],
      ['register', 'place', { unit: 'kepler' }],
      ['note', 'type', 'essay'],
      ['note', 'text', '\ud800'],
      ['application', 'opportunity', '../etc'],
      ['application', 'answers', [{ ask: 'Why?' }]],
      ['application', 'sent', 'yesterday'],
      ['application', 'replaces', 'another'],
      ['enrolment', 'courses', ['../etc']],
      ['enrolment', 'writer', aPerson('a') + ':'],
      ['profile', 'name', 7],
      ['binding', 'key', 'B'.repeat(43)],
      ['binding', 'device', 'phone'],
      ['binding', 'signature', { key: 'A'.repeat(43) }],
      ['binding', 'signature', { key: 'A'.repeat(43), value: 'B'.repeat(86) }],
      ['feedback', 'writer', aNode],
      ['feedback', 'mark', { v: 1, score: 2 }],
      ['feedback', 'mark', { v: 1 }],
      ['feedback', 'attempt', '../x'],
      ['feedback', 'item', undefined],
      ['credential', 'uuid', '../etc'],
      ['credential', 'writer', aDevice('d') + ':'],
      ['credential', 'credential', { name: 'Trainer' }],
      ['credential', 'until', 'never'],
      ['evidence', 'signed', { person: aPerson('a') }],
      ['evidence', 'signed', '{"b":1,"a":2}'],
      ['evidence', 'signed', '{"a": 1}'],
      ['evidence', 'signed', '["a"]'],
      ['evidence', 'signed', '{"a":"\\ud800"}'],
      ['evidence', 'signed', '{"__proto__":1}'],
      ['evidence', 'signed', `{"a":${'['.repeat(70)}${']'.repeat(70)}}`],
      ['evidence', 'signed', `{"a":"${'x'.repeat(32 * 1024)}"}`],
      ['evidence', 'signature', 'A'.repeat(86)],
      ['evidence', 'signature', { key: 'A'.repeat(43), value: `${'A'.repeat(85)}B` }],
      ['evidence', 'type', 'Teaching Session'],
      ['sitting', 'links', []],
      ['sitting', 'links', [{ signed: '{"a": 1}', value: 'A'.repeat(86) }]],
      ['sitting', 'links', [{ signed: '{"a":1}', value: 'A'.repeat(85) }]],
      ['sitting', 'links', [{ signed: `{"a":"${'x'.repeat(4 * 1024)}"}`, value: 'A'.repeat(86) }]],
      ['sitting', 'links', Array.from({ length: 401 }, () => ({ signed: '{"a":1}', value: 'A'.repeat(86) }))],
      ['sitting', 'key', aPerson('a')],
      ['sitting', 'proctored', { signed: '{"a":1}' }],
    ];
    for (const [kind, field, value] of wrong)
      expect(parseRecord({ ...sample(kind), [field]: value }), `${kind}.${field}`).toEqual({
        ok: false,
        error: { type: 'bad-field', field },
      });
  });

  it('answers to anything at all, and is not misled by what objects inherit', () => {
    fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (value) => !parseRecord(value).ok));
    for (const kind of ['constructor', '__proto__', 'toString']) expect(parseRecord({ ...sample('note'), kind }).ok).toBe(false);
    expect(parseRecord(Object.create(sample('note'))).ok).toBe(false);
  });
});
