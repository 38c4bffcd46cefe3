/**
 * The second wall: `validate_doc_update` in the databases that nodes replicate to each other. CouchDB asks it for every write, also for those that come
 * past the node, from an administrator's script or another replicator. It is bundled from `sync/document-rules.ts`, the same source that the node
 * itself asks, and knows what can be known without the person: shape, name, writer, no tombstone, no attachment, and what never changes.
 *
 * What it cannot know: of a revision that is merged from elsewhere and does not follow what stands here, CouchDB shows it nothing of what stands. Such a
 * graft is refused by the node, in the gate.
 *
 * The text is made when the node starts and put into the database where another one lies there, so it is never older than the node. It is written for
 * engines of 2015 (SpiderMonkey 60 and newer, QuickJS), with the few later functions that the source uses.
 */
import { fileURLToPath } from 'node:url';
import type { NodeDatabase } from '../../sync/document-rules.ts';

const source = fileURLToPath(new URL('../../sync/document-rules.ts', import.meta.url));

/** Functions that the source uses and that came after 2015, as they are specified. */
const later = `
if (!Array.prototype.includes) Array.prototype.includes = function (wanted) { return this.indexOf(wanted) >= 0; };
if (!Object.values) Object.values = function (value) { return Object.keys(value).map(function (key) { return value[key]; }); };
if (!Object.entries) Object.entries = function (value) { return Object.keys(value).map(function (key) { return [key, value[key]]; }); };
if (!Object.fromEntries) Object.fromEntries = function (entries) {
  return Array.from(entries).reduce(function (made, entry) {
    return Object.defineProperty(made, entry[0], { value: entry[1], enumerable: true, configurable: true, writable: true });
  }, {});
};
if (!Object.hasOwn) Object.hasOwn = function (value, key) { return Object.prototype.hasOwnProperty.call(value, key); };
if (!String.prototype.isWellFormed) String.prototype.isWellFormed = function () {
  return !/[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?:[^\\ud800-\\udbff]|^)[\\udc00-\\udfff]/.test(this);
};
`;

let bundled: Promise<string> | null = null;

/** The rules as one script that leaves them in the variable `rules`. Made once in a process, about 150 ms. */
function bundle(): Promise<string> {
  bundled ??= (async () => {
    // Loaded here: nodes without a CouchDB, and most commands, never need it.
    const { rolldown } = await import('rolldown');
    const build = await rolldown({ input: source, platform: 'neutral', transform: { target: 'es2015' }, logLevel: 'silent' });
    const { output } = await build.generate({ format: 'iife', name: 'rules', comments: false });
    await build.close();
    return output[0].code;
  })();
  return bundled;
}

/** The text of the function for one database. */
export async function wallOf(database: NodeDatabase): Promise<string> {
  return `function (document, previous) {${later}${await bundle()}
var decision = rules.mayStand(${JSON.stringify(database)}, document, previous || null);
if (!decision.allow) throw({ forbidden: decision.reason });
}`;
}
