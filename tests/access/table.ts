/**
 * What access should say, written down as tables and not computed from the module: who may come near which scope, who writes which kind in
 * whose name, and which document may stand in which database. `disagreements` asks a module every question of the tables and of
 * generated ones, and answers where it says something else; `tests/access/mutants.test.ts` shows that a widened module never gets away with it.
 */
import fc from 'fast-check';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import type { NodeId, PersonId } from '../../src/lib/domain/ids.ts';
import type { RecordKind } from '../../src/lib/domain/records.ts';
import type { mayEnter, mayWrite, Role, Scope, Who } from '../../src/lib/sync/access.ts';
import { aDevice, aPerson, aRecord, recordKinds } from '../fixtures/records.ts';
import { anOrder } from '../fixtures/orders.ts';

/** The part of the module that is on trial. */
export interface Access {
  readonly mayEnter: typeof mayEnter;
  readonly mayWrite: typeof mayWrite;
}

const ann = aPerson('a');
const bob = aPerson('b');
/** A trainer who has a range here, for what is signed about their own teaching. */
const dan = aPerson('d');
const tina = aPerson('t');
const annsPhone = aDevice('p');
const annsLaptop = aDevice('q');
const bobsPhone = aDevice('r');
/** This node, and two children of it. */
const [centre, east, west] = ['centre', 'east', 'west'] as const;

const staff = (person: PersonId, roles: readonly Role[], taught: readonly PersonId[]): Who => ({
  type: 'staff',
  person,
  roles,
  teaches: (asked) => taught.includes(asked),
});

const whos = {
  stranger: { type: 'stranger' },
  'ann-phone': { type: 'device', person: ann, device: annsPhone },
  'ann-laptop': { type: 'device', person: ann, device: annsLaptop },
  // A device that brings back what a restored node lost, of its person's other devices too.
  'ann-brings-back': { type: 'device', person: ann, device: annsLaptop, handsOver: true },
  'bob-phone': { type: 'device', person: bob, device: bobsPhone },
  // An alias says that this person and Ann are one human.
  'anns-other-self': { type: 'device', person: aPerson('c'), device: annsPhone, aliases: [ann] },
  trainer: staff(tina, ['trainer'], [ann]),
  'trainer-of-none': staff(tina, ['trainer'], []),
  master: staff(tina, ['master'], [ann]),
  'dan-trainer': staff(dan, ['trainer'], [ann]),
  reviewer: staff(tina, ['reviewer'], [ann]),
  'focal-point': staff(tina, ['focal-point'], [ann]),
  provider: staff(tina, ['provider'], [ann]),
  'learner-role': staff(tina, ['learner'], [ann]),
  'no-role': staff(tina, [], [ann]),
  administrator: staff(tina, ['administrator'], []),
  'admin-trainer': staff(tina, ['administrator', 'trainer'], [ann]),
  'peer-east': { type: 'peer', node: east as NodeId },
  'peer-west': { type: 'peer', node: west as NodeId },
  node: { type: 'node', node: centre as NodeId },
} as const satisfies Readonly<Record<string, Who>>;
type WhoName = keyof typeof whos;

const database = (name: string): Scope => ({ type: 'database', database: name, at: centre as NodeId });
const scopes = {
  ann: { type: 'person', person: ann },
  bob: { type: 'person', person: bob },
  dan: { type: 'person', person: dan },
  commons: { type: 'commons' },
  'r-centre': database('records-centre'),
  'r-east': database('records-east'),
  'r-west': database('records-west'),
  'd-centre': database('desk-centre'),
  'd-east': database('desk-east'),
  'd-west': database('desk-west'),
  'c-centre': database('commons-centre'),
  'c-east': database('commons-east'),
  'c-west': database('commons-west'),
  'o-centre': database('orders-centre'),
  'o-east': database('orders-east'),
  'o-sitc': database('orders-sitc'),
  further: database('library'),
} as const satisfies Readonly<Record<string, Scope>>;
type ScopeName = keyof typeof scopes;

/**
 * `.` nothing, `r` reads, `w` reads and writes. The columns, three at a time: the ranges of Ann, Bob and Dan; what is published to all; records, desk and
 * commons of this node and of two children; orders of this node, of a child and of a parent; a further database.
 */
const entrance: Readonly<Record<WhoName, string>> = {
  //                 abd c rrr ddd ccc ooo f
  stranger: '        ... r ... ... ... ... .',
  'ann-phone': '     w.. r ... ... ... ... .',
  'ann-laptop': '    w.. r ... ... ... ... .',
  'ann-brings-back': 'w.. r ... ... ... ... .',
  'bob-phone': '     .w. r ... ... ... ... .',
  'anns-other-self': 'r.. r ... ... ... ... .',
  trainer: '         w.. r ... ... ... ... .',
  'trainer-of-none': '... r ... ... ... ... .',
  master: '          w.. r ... ... ... ... .',
  'dan-trainer': '   w.w r ... ... ... ... .',
  reviewer: '        ... r ... ... ... ... .',
  'focal-point': '   ... r ... ... ... ... .',
  provider: '        ... r ... ... ... ... .',
  'learner-role': '  ... r ... ... ... ... .',
  'no-role': '       ... r ... ... ... ... .',
  administrator: '   rrr r rrr rrr rrr rrr w',
  'admin-trainer': ' wrr r rrr rrr rrr rrr w',
  'peer-east': '     ... r .w. .w. rrr r.. .',
  'peer-west': '     ... r ..w ..w rrr r.. .',
  node: '            www r wrr wrr www www .',
};

/** Databases that no road leads to, whoever asks: what is hidden, CouchDB's own, and names that only look like a node's. */
const nobodys = [
  'accounts',
  'private',
  'engine',
  '_users',
  '_replicator',
  'records-',
  'records-East',
  'records-../east',
  'records-east/x',
  'records-east\n',
  'desk-',
  'commons-_design',
  'orders--x',
  '',
  '.',
  '..',
  'a/../accounts ',
  'Library',
  '1library',
  'x'.repeat(200),
  '__proto__',
];

/** Who writes which kind, in whose name, where they may write at all. */
const pens: readonly { readonly who: readonly WhoName[]; readonly kinds: readonly RecordKind[]; readonly writer: string }[] = [
  { who: ['ann-phone'], kinds: ['register', 'attempt', 'note', 'withdrawal', 'application', 'profile', 'sitting'], writer: annsPhone },
  {
    who: ['ann-laptop', 'ann-brings-back'],
    kinds: ['register', 'attempt', 'note', 'withdrawal', 'application', 'profile', 'sitting'],
    writer: annsLaptop,
  },
  { who: ['bob-phone'], kinds: ['register', 'attempt', 'note', 'withdrawal', 'application', 'profile', 'sitting'], writer: bobsPhone },
  { who: ['trainer', 'master', 'admin-trainer'], kinds: ['feedback', 'evidence'], writer: tina },
  { who: ['dan-trainer'], kinds: ['feedback', 'evidence'], writer: dan },
  { who: ['node'], kinds: ['enrolment', 'binding', 'credential'], writer: centre },
];

/** Whose name a kind is written in, wherever it stands: somebody's random id, or the node's own. */
const signatures: Readonly<Record<RecordKind, 'somebody' | 'node'>> = {
  register: 'somebody',
  attempt: 'somebody',
  note: 'somebody',
  withdrawal: 'somebody',
  application: 'somebody',
  profile: 'somebody',
  feedback: 'somebody',
  evidence: 'somebody',
  sitting: 'somebody',
  enrolment: 'node',
  binding: 'node',
  credential: 'node',
};

/** Which kinds may be written again with other content. */
const replaceable: readonly RecordKind[] = ['register', 'note', 'application', 'profile'];

const somebodies: readonly string[] = [annsPhone, annsLaptop, bobsPhone, ann, tina, dan];
const writers: readonly string[] = [...somebodies, centre, east, west];

type Document = Readonly<Record<string, unknown>>;
const whoNames = Object.keys(whos) as readonly WhoName[];
const scopeNames = Object.keys(scopes) as readonly ScopeName[];

const cell = (who: WhoName, scope: ScopeName): string => entrance[who].replaceAll(' ', '')[scopeNames.indexOf(scope)] ?? '';

const ownerOf = (scope: ScopeName): string => {
  const found = scopes[scope];
  return found.type === 'database' ? found.database.slice(found.database.indexOf('-') + 1) : centre;
};

/** Whether the tables let this record in, where nothing stands under its name. */
function letsRecordIn(who: WhoName, scope: ScopeName, kind: RecordKind, person: PersonId, writer: string): boolean {
  if (cell(who, scope) !== 'w') return false;
  const found = scopes[scope];
  if (found.type === 'person')
    return (
      found.person === person &&
      // Nobody gives themselves a mark.
      !(kind === 'feedback' && person === writer) &&
      pens.some((pen) => pen.who.includes(who) && pen.kinds.includes(kind) && pen.writer === writer)
    );
  if (scope === 'further') return true;
  if (!scope.startsWith('r-')) return false;
  return signatures[kind] === 'node' ? writer === ownerOf(scope) : somebodies.includes(writer);
}

const aDeskDocument = (owner: string, writer: string): Document => ({
  _id: `${owner}:draft:solution-7`,
  kind: 'draft',
  writer,
  title: 'Flood maps from radar',
});

const sentence = /^[A-Z].*[.]$/s;

/** Every way in which a whole document is spoiled, and no longer may stand anywhere in a node's databases. */
const spoiled: Readonly<Record<string, (document: Document) => Document>> = {
  'a tombstone': (document) => ({ ...document, _deleted: true }),
  'a bare tombstone': ({ _id }) => ({ _id, _rev: '2-a', _deleted: true }),
  'a tombstone by another word': (document) => ({ ...document, _deleted: 'yes' }),
  'an attachment': (document) => ({ ...document, _attachments: { 'a.txt': { content_type: 'text/plain', data: 'QQ==' } } }),
  'another name': (document) => ({ ...document, _id: `${String(document['_id'])}x:` }),
  'a design': (document) => ({ ...document, _id: '_design/all' }),
  'a name in another range': (document) => ({ ...document, _id: String(document['_id']).replace(/^[^:]*/, aPerson('z')) }),
  'no kind': ({ kind: _kind, ...rest }) => rest,
  'a kind that objects inherit': (document) => ({ ...document, kind: 'constructor' }),
  'no writer': ({ writer: _writer, ...rest }) => rest,
  'a writer that is none': (document) => ({ ...document, writer: { toString: 'x' } }),
  'too much': (document) => ({ ...document, more: 'x'.repeat(256 * 1024) }),
};

/**
 * Asks everything and answers each disagreement as a line; empty where the module says what the tables say. `enough` ends it early.
 */
export function disagreements(access: Access, { enough = Infinity, runs = 500 }: { enough?: number; runs?: number } = {}): string[] {
  const found: string[] = [];
  const expect = (about: string, expected: boolean, decision: ReturnType<Access['mayWrite']>): void => {
    if (decision.allow !== expected) found.push(`${about}: ${expected ? 'refused' : 'allowed'}`);
    if (!decision.allow && !sentence.test(decision.reason)) found.push(`${about}: refused without a sentence`);
  };
  const isDone = (): boolean => found.length >= enough;

  // Entrance.
  const words = new Set<string>();
  for (const who of whoNames)
    for (const scope of scopeNames)
      for (const verb of ['read', 'write'] as const) {
        const expected = cell(who, scope) === 'w' || (verb === 'read' && cell(who, scope) === 'r');
        const decision = access.mayEnter(whos[who], verb, scopes[scope]);
        expect(`${who} ${verb}s ${scope}`, expected, decision);
        if (!decision.allow) words.add(decision.reason);
      }
  for (const who of whoNames)
    for (const name of nobodys)
      for (const verb of ['read', 'write'] as const) {
        const decision = access.mayEnter(whos[who], verb, database(name));
        expect(`${who} ${verb}s ${name}`, false, decision);
        if (!decision.allow) words.add(decision.reason);
      }
  if (words.size !== 1) found.push(`refusals at the door differ: ${[...words].join(' | ')}`);
  if (isDone()) return found;

  // Records, everywhere, where nothing stands; and over what stands.
  for (const who of whoNames)
    for (const scope of scopeNames) {
      for (const kind of recordKinds)
        for (const person of [ann, bob, dan])
          for (const writer of writers) {
            const record = { ...aRecord(kind, person, writer) } as Document;
            const about = `${who} writes a ${kind} of ${person[0] ?? ''} by ${writer} into ${scope}`;
            const expected = letsRecordIn(who, scope, kind, person, writer);
            expect(about, expected, access.mayWrite(whos[who], scopes[scope], record, null));
            if (!expected || scope === 'further') continue;
            const before = { ...record, _rev: '1-a' };
            const changed = { ...record, newer: 1, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] } };
            expect(`${about} again`, true, access.mayWrite(whos[who], scopes[scope], { ...record, _rev: '1-other' }, before));
            expect(`${about} anew`, replaceable.includes(kind), access.mayWrite(whos[who], scopes[scope], changed, before));
            for (const other of writers.filter((one) => one !== writer))
              expect(`${about} over ${other}`, false, access.mayWrite(whos[who], scopes[scope], record, { ...before, writer: other }));
            for (const [what, spoil] of Object.entries(spoiled))
              expect(`${about}, ${what}`, false, access.mayWrite(whos[who], scopes[scope], spoil(record), null));
          }
      if (isDone()) return found;
      // Documents of desks, commons and orders.
      for (const owner of [centre, east, west, 'sitc'])
        for (const writer of [...writers, 'sitc']) {
          const enters = cell(who, scope) === 'w' && scopes[scope].type === 'database' && owner === ownerOf(scope);
          for (const [what, document, expected] of [
            [
              'a draft',
              aDeskDocument(owner, writer),
              /^[dc]-/.test(scope) ? writer === owner || somebodies.includes(writer) : /^o-/.test(scope) && writer === owner,
            ],
            ['an order', anOrder(owner, writer), /^[dco]-/.test(scope) && writer === owner],
          ] as const) {
            const about = `${who} writes ${what} of ${owner} by ${writer} into ${scope}`;
            const isIn = (enters && expected) || (scope === 'further' && cell(who, scope) === 'w');
            expect(about, isIn, access.mayWrite(whos[who], scopes[scope], document, null));
            if (!isIn || scope === 'further') continue;
            const before = { ...document, _rev: '1-a' };
            expect(`${about} again`, true, access.mayWrite(whos[who], scopes[scope], { ...document, newer: 1 }, before));
            expect(
              `${about} over another's`,
              false,
              access.mayWrite(whos[who], scopes[scope], document, { ...before, writer: aPerson('z') }),
            );
            expect(`${about} over a kind`, false, access.mayWrite(whos[who], scopes[scope], document, { ...before, kind: 'other' }));
            for (const [how, spoil] of Object.entries(spoiled))
              expect(`${about}, ${how}`, false, access.mayWrite(whos[who], scopes[scope], spoil(document), null));
          }
        }
      if (isDone()) return found;
    }

  // A sitting grows, and says nothing else and nothing less than before; the proctor's word comes once.
  {
    const sitting = { ...aRecord('sitting', ann, annsPhone) } as Document;
    const links = sitting['links'] as readonly object[];
    const signed = { signed: canonicalJson({ type: 'exam-session' }), signature: { key: 'A'.repeat(43), value: 'A'.repeat(86) } };
    const [first, second] = links;
    const spoilt = { ...second, signed: canonicalJson({ n: 1, response: { choice: 'b' }, type: 'answered' }) };
    const steps: readonly (readonly [string, boolean, Document, Document])[] = [
      ['a link more', true, sitting, { ...sitting, links: [...links, second] }],
      ['a word of the proctor', true, sitting, { ...sitting, proctored: signed }],
      ['both', true, sitting, { ...sitting, links: [...links, second], proctored: signed }],
      ['a link less', false, sitting, { ...sitting, links: [first] }],
      ['another answer', false, sitting, { ...sitting, links: [first, spoilt] }],
      ['another answer and more', false, sitting, { ...sitting, links: [first, spoilt, second] }],
      ['another key', false, sitting, { ...sitting, key: `B${'A'.repeat(42)}` }],
      ['no word any more', false, { ...sitting, proctored: signed }, { ...sitting, links: [...links, second] }],
      [
        'another word',
        false,
        { ...sitting, proctored: signed },
        { ...sitting, proctored: { ...signed, signed: canonicalJson({ type: 'withdrawal' }) } },
      ],
    ];
    for (const [what, expected, before, after] of steps)
      for (const [who, scope] of [
        ['ann-phone', 'ann'],
        ['peer-east', 'r-east'],
      ] as const)
        expect(
          `${who} writes a sitting again with ${what}`,
          expected,
          access.mayWrite(whos[who], scopes[scope], after, { ...before, _rev: '1-a' }),
        );
  }

  // A node whose name looks like somebody's id is still no device and no trainer.
  for (const kind of recordKinds) {
    const odd: Who = { type: 'node', node: String(annsPhone) as NodeId };
    const decision = access.mayWrite(odd, scopes.ann, { ...aRecord(kind, ann, annsPhone) }, null);
    expect(`a node that is named like a phone writes a ${kind}`, signatures[kind] === 'node', decision);
  }

  // What a restored node lost: a revision of another device of the same person, of a learner's kind, that nothing here contradicts.
  for (const who of ['ann-brings-back', 'ann-laptop'] as const)
    for (const kind of recordKinds) {
      const brings = who === 'ann-brings-back' && signatures[kind] === 'somebody' && kind !== 'feedback' && kind !== 'evidence';
      const lost = { ...aRecord(kind, ann, signatures[kind] === 'node' ? centre : annsPhone), _rev: '2-b' } as Document;
      const path = { _revisions: { start: 2, ids: ['b', 'a'] } };
      const { _rev: _none, ...without } = lost;
      const asked = (document: Document, previous: Document | null) => access.mayWrite(whos[who], scopes.ann, document, previous);
      expect(`${who} brings a lost ${kind}`, brings, asked(lost, null));
      expect(`${who} makes a ${kind} in another device's name`, false, asked(without, null));
      expect(`${who} brings a lost ${kind} into another range`, false, access.mayWrite(whos[who], scopes.bob, lost, null));
      const standing = { ...lost, _rev: '1-a' };
      expect(`${who} brings a ${kind} that follows`, brings, asked({ ...lost, ...path }, standing));
      expect(
        `${who} brings a ${kind} that follows with more`,
        brings && replaceable.includes(kind),
        asked({ ...lost, ...path, more: 1 }, standing),
      );
      expect(`${who} brings a ${kind} that follows something else`, false, asked({ ...lost, ...path }, { ...lost, _rev: '1-z' }));
      expect(`${who} brings a ${kind} beside what stands`, false, asked(lost, standing));
    }

  // A refusal never tells what stands in a range that is not theirs.
  for (const who of whoNames)
    for (const scope of scopeNames.filter((name) => scopes[name].type === 'person'))
      for (const kind of recordKinds) {
        const theirs = { ...aRecord(kind, bob, bobsPhone) } as Document;
        if (scope === 'bob') continue;
        const told = [null, theirs, { ...theirs, more: 1 }, { ...theirs, writer: annsPhone }].map((previous) =>
          canonicalJson(access.mayWrite(whos[who], scopes[scope], theirs, previous)),
        );
        if (new Set(told).size > 1) found.push(`${who} learns from a refusal in ${scope} what stands in another range`);
      }
  if (isDone()) return found;

  // Whatever it is, nobody changes another writer's document or brings a tombstone into a node's databases; and rubbish gets a sentence.
  const any = fc.record({ who: fc.constantFrom(...whoNames), scope: fc.constantFrom(...scopeNames.filter((name) => name !== 'further')) });
  const anyRecord = fc
    .record({
      kind: fc.constantFrom(...recordKinds),
      person: fc.constantFrom(ann, bob, dan),
      writer: fc.constantFrom(...writers),
      n: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ kind, person, writer, n }) => ({ ...aRecord(kind, person, writer, n) }) as Document);
  const anyField = fc.tuple(
    fc.constantFrom('_id', 'kind', 'person', 'writer', '_deleted', '_attachments', 'course', 'ulid', 'at', 'mark'),
    fc.jsonValue(),
  );
  const anyDocument = fc.oneof(
    anyRecord,
    fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Document>,
    fc
      .tuple(anyRecord, fc.array(anyField, { maxLength: 2 }))
      .map(([record, fields]): Document => ({ ...record, ...Object.fromEntries(fields) })),
  );
  const outcome = fc.check(
    fc.property(any, anyDocument, fc.option(anyRecord), ({ who, scope }, document, previous) => {
      const decision = access.mayWrite(whos[who], scopes[scope], document, previous);
      if (!decision.allow) return sentence.test(decision.reason);
      const { _id: id, kind, person, writer, _deleted: deleted } = document;
      if (previous !== null && (previous['writer'] !== writer || previous['kind'] !== kind)) return false;
      if (deleted !== undefined && deleted !== false) return false;
      const isRecord = recordKinds.some((known) => known === kind);
      if (scopes[scope].type === 'person' || scope.startsWith('r-'))
        return (
          isRecord &&
          typeof id === 'string' &&
          id.startsWith(`${String(person)}:${String(kind)}:`) &&
          letsRecordIn(who, scope, kind as RecordKind, person as PersonId, String(writer))
        );
      return cell(who, scope) === 'w' && String(id).startsWith(`${ownerOf(scope)}:${String(kind)}:`);
    }),
    { numRuns: runs, seed: 20261120 },
  );
  if (outcome.failed) found.push(`generated: ${JSON.stringify(outcome.counterexample)}`);
  return found;
}

/** How many questions of the tables are answered with yes: a module that refuses all would else agree wherever it says no. */
export const doors = (): number => whoNames.flatMap((who) => scopeNames.map((scope) => cell(who, scope))).filter((at) => at !== '.').length;
