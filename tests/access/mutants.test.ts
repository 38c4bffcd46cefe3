/**
 * The tables of `table.ts` hold the module to what it should say; this holds the tables to their work: each line below widens the module's
 * source by one change (or narrows it), and the tables must notice. A change whose text is not found any more fails too, so the list stays true.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mayEnter, mayWrite } from '../../src/lib/sync/access.ts';
import { disagreements, doors, type Access } from './table.ts';

const lib = resolve(import.meta.dirname, '../../src/lib');
const folder = mkdtempSync(join(tmpdir(), 'perigee-mutants-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const mutants: readonly (readonly [file: 'access.ts' | 'document-rules.ts', from: string, to: string])[] = [
  // The doors.
  ['access.ts', "case 'commons':\n      return verb === 'read' ? allowed : closed;", "case 'commons':\n      return allowed;"],
  ['access.ts', 'return who.person === person || (verb', "return who.person !== '' || (verb"],
  ['access.ts', "(verb === 'read' && who.aliases?.includes(person) === true)", 'who.aliases?.includes(person) === true'],
  ['access.ts', "(verb === 'read' && who.aliases?.includes(person) === true)", "(verb === 'read' && who.aliases !== undefined)"],
  ['access.ts', "(verb === 'read' && who.aliases?.includes(person) === true)", 'false'],
  [
    'access.ts',
    "case 'stranger':\n    case 'peer':\n      return closed;\n    case 'device':\n      return who",
    "case 'stranger':\n      return closed;\n    case 'peer':\n      return allowed;\n    case 'device':\n      return who",
  ],
  ['access.ts', "=== 'master') && (who.person === person || who.teaches(person))", "=== 'master')"],
  ['access.ts', "=== 'master') && (who.person === person || who.teaches(person))", "=== 'master') && who.teaches(person)"],
  [
    'access.ts',
    "who.roles.some((role) => role === 'trainer' || role === 'master') && (who.person === person || who.teaches(person))",
    'who.person === person || who.teaches(person)',
  ],
  ['access.ts', "role === 'trainer' || role === 'master'", "role === 'trainer' || role === 'master' || role === 'reviewer'"],
  ['access.ts', "role === 'trainer' || role === 'master'", "role === 'trainer'"],
  [
    'access.ts',
    "if (verb === 'write') return teaches ? allowed : closed;",
    "if (verb === 'write') return teaches || who.roles.includes('administrator') ? allowed : closed;",
  ],
  ['access.ts', "if (record.kind === 'feedback' && who.person === person) return refuse('Nobody gives themselves a mark.');\n", ''],
  ['access.ts', "return teaches || who.roles.includes('administrator') ? allowed : closed;", 'return allowed;'],
  [
    'access.ts',
    "return verb === 'read' && who.roles.includes('administrator') ? allowed : closed;",
    "return who.roles.includes('administrator') ? allowed : closed;",
  ],
  [
    'access.ts',
    "return verb === 'read' && who.roles.includes('administrator') ? allowed : closed;",
    "return verb === 'read' ? allowed : closed;",
  ],
  [
    'access.ts',
    "case 'stranger':\n    case 'device':\n      return closed;\n    case 'staff':\n      return verb",
    "case 'stranger':\n      return closed;\n    case 'device':\n      return verb === 'read' ? allowed : closed;\n    case 'staff':\n      return verb",
  ],
  ['access.ts', "owner === who.node && (use === 'records' || use === 'desk')", "(use === 'records' || use === 'desk')"],
  ['access.ts', "owner === who.node && (use === 'records' || use === 'desk')", 'owner === who.node'],
  ['access.ts', "owner === who.node && (use === 'records' || use === 'desk')", "owner === who.node && use === 'records'"],
  ['access.ts', "use === 'commons' || (use === 'orders' && owner === at)", "use === 'commons' || use === 'orders'"],
  ['access.ts', "use === 'commons' || (use === 'orders' && owner === at)", "use === 'orders' && owner === at"],
  ['access.ts', "(verb === 'read' && comesDown)", 'comesDown'],
  [
    'access.ts',
    "return verb === 'read' || owner === who.node || use === 'commons' || use === 'orders' ? allowed : closed;",
    'return allowed;',
  ],
  [
    'access.ts',
    "who.type === 'staff' && who.roles.includes('administrator') && isFurtherDatabase(scope.database)",
    "who.type === 'staff' && who.roles.includes('administrator')",
  ],
  [
    'access.ts',
    "who.type === 'staff' && who.roles.includes('administrator') && isFurtherDatabase(scope.database)",
    "who.type === 'staff' && isFurtherDatabase(scope.database)",
  ],
  ['access.ts', ' && !hidden.includes(name)', ''],
  ['access.ts', "['accounts', 'private', 'engine']", "['accounts', 'private']"],
  ['access.ts', ' && !isReservedDatabase(name)', ''],
  ['access.ts', '/^[a-z][a-z0-9_$()+/-]{0,127}$/', '/^[a-z_][a-z0-9_$()+/-]{0,127}$/'],
  ['access.ts', 'furtherPattern.test(name) && ', ''],
  // The pens.
  ['access.ts', "if (record.person !== person) return refuse('The document belongs to another range.');\n", ''],
  ['access.ts', "if (!deviceKinds.includes(record.kind)) return refuse('A device does not write this kind.');\n", ''],
  ['access.ts', "if (!staffKinds.includes(record.kind)) return refuse('A trainer does not write this kind.');\n", ''],
  ['access.ts', "if (!nodeKinds.includes(record.kind)) return refuse('A node does not write this kind.');\n", ''],
  ['access.ts', 'return record.writer === who.device ? allowed : refuse(notTheWriter);', 'return allowed;'],
  ['access.ts', 'return record.writer === who.person ? allowed : refuse(notTheWriter);', 'return allowed;'],
  ['access.ts', 'return record.writer === who.node ? allowed : refuse(notTheWriter);', 'return allowed;'],
  ['access.ts', "'application', 'profile'];", "'application', 'profile', 'feedback'];"],
  ['access.ts', "'application', 'profile'];", "'application'];"],
  ['access.ts', "= ['feedback', 'evidence'];", "= ['feedback', 'evidence', 'note'];"],
  ['access.ts', "return mayCome ? mayReplace('records', document, previous) : decision;", 'return mayCome ? allowed : decision;'],
  [
    'access.ts',
    "return mayCome ? mayReplace('records', document, previous) : decision;",
    "const first = mayReplace('records', document, previous);\n      return !first.allow ? first : mayCome ? allowed : decision;",
  ],
  ['access.ts', 'return known === null ? allowed : mayStand(known, document, previous);', 'return allowed;'],
  ['access.ts', "const entered = mayEnter(who, 'write', scope);", "const entered = mayEnter(who, 'read', scope);"],
  ['access.ts', 'who.handsOver !== true || ', ''],
  [
    'access.ts',
    'record.person !== who.person || !deviceKinds.includes(record.kind)) return false;',
    'record.person !== who.person) return false;',
  ],
  ['access.ts', "if (typeof rev !== 'string') return false;", ''],
  ['access.ts', 'if (previous === null) return true;', 'return true;'],
  ['access.ts', 'if (previous === null) return true;', 'if (previous === null) return false;'],
  // What may stand.
  ['document-rules.ts', "if (document['_deleted'] !== undefined && document['_deleted'] !== false)", "if (document['_deleted'] === 1)"],
  ['document-rules.ts', "if (document['_deleted'] !== undefined && document['_deleted'] !== false)", "if (document['_deleted'] === true)"],
  [
    'document-rules.ts',
    'if (attachments !== undefined && !(isObject(attachments) && Object.keys(attachments).length === 0))',
    'if (attachments === null)',
  ],
  ['document-rules.ts', 'bytesOf(JSON.stringify(ownFields(document))) <= maxRecordBytes', 'JSON.stringify(document).length > 0'],
  ['document-rules.ts', 'if (nodeKinds.includes(read.value.kind) && read.value.writer !== owner) return refuse(notTheWriter);\n', ''],
  ['document-rules.ts', "= ['enrolment', 'binding', 'credential'];", "= ['enrolment', 'credential'];"],
  ['document-rules.ts', "= ['enrolment', 'binding', 'credential'];", "= ['enrolment', 'binding'];"],
  [
    'document-rules.ts',
    "['attempt', 'withdrawal', 'enrolment', 'binding', 'feedback', 'evidence', 'credential']",
    "['withdrawal', 'enrolment', 'binding', 'feedback', 'evidence', 'credential']",
  ],
  [
    'document-rules.ts',
    "['attempt', 'withdrawal', 'enrolment', 'binding', 'feedback', 'evidence', 'credential']",
    "['attempt', 'withdrawal', 'enrolment', 'binding', 'feedback', 'credential']",
  ],
  [
    'document-rules.ts',
    "['attempt', 'withdrawal', 'enrolment', 'binding', 'feedback', 'evidence', 'credential']",
    "['attempt', 'withdrawal', 'enrolment', 'binding', 'feedback', 'evidence']",
  ],
  ['document-rules.ts', "if (before['kind'] !== own['kind'] || before['writer'] !== own['writer'])", "if (before['kind'] !== own['kind'])"],
  [
    'document-rules.ts',
    "if (before['kind'] !== own['kind'] || before['writer'] !== own['writer'])",
    "if (before['writer'] !== own['writer'])",
  ],
  ['document-rules.ts', 'canonicalJson(facts) !== canonicalJson(ownFacts)) return false;', 'false) return false;'],
  ['document-rules.ts', 'if (signed !== undefined && canonicalJson(signed) !== canonicalJson(proctored)) return false;', ''],
  [
    'document-rules.ts',
    'return canonicalJson(longer.slice(0, shorter.length)) === canonicalJson(shorter);',
    'return longer.length >= shorter.length;',
  ],
  ['document-rules.ts', 'return continues(before, own) ? allowed', 'return allowed ? allowed'],
  ['document-rules.ts', "own['kind'] === 'sitting')", "own['kind'] === 'sittings')"],
  ['access.ts', "'note', 'sitting', 'withdrawal'", "'note', 'withdrawal'"],
  ['document-rules.ts', 'first !== owner ||', ''],
  ['document-rules.ts', 'kind !== second ||', ''],
  ['document-rules.ts', 'return writer === owner || isPersonId(writer) ? allowed', 'return writer !== undefined ? allowed'],
  ['document-rules.ts', "if (document['writer'] !== owner) return refuse(notTheWriter);\n", ''],
  ['document-rules.ts', 'use !== undefined && isNodeId(owner) ?', 'use !== undefined ?'],
  ['document-rules.ts', 'const ordered = isOrderHere(use, owner, document);', 'const ordered = allowed;'],
  ['document-rules.ts', "if (use !== 'orders' && isUnknown) return allowed;", "if (use !== 'orders') return allowed;"],
];

async function mutated(number: number, file: string, from: string, to: string): Promise<Access> {
  const at = join(folder, String(number));
  mkdirSync(at);
  cpSync(join(lib, 'sync'), join(at, 'sync'), { recursive: true, filter: (name) => !name.includes('client') });
  symlinkSync(join(lib, 'domain'), join(at, 'domain'));
  const text = readFileSync(join(at, 'sync', file), 'utf8');
  expect(text, `${file} has no longer: ${from}`).toContain(from);
  writeFileSync(
    join(at, 'sync', file),
    text.replace(from, () => to),
  );
  return (await import(/* @vite-ignore */ join(at, 'sync', 'access.ts'))) as Access;
}

describe('the tables of access', () => {
  it('agree with the module, and let somebody in somewhere', () => {
    expect(disagreements({ mayEnter, mayWrite }, { runs: 5000 })).toEqual([]);
    expect(doors()).toBeGreaterThan(60);
  });

  it.each(mutants.map((mutant, number) => [number, ...mutant] as const))('notice change %i, in %s', async (...mutant) => {
    expect(disagreements(await mutated(...mutant), { enough: 1, runs: 200 })).not.toEqual([]);
  });
});
