import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** What staff alone see: no learner's first lesson waits for it, and the worker keeps it once it is installed. */
const staff =
  /src\/routes\/(teach|centre)\/(?!(sessions|exams|cascade|evaluation)\/[A-Z])|src\/lib\/app\/(StaffPage|teach|people\/|upstream|centre|report-locker)|src\/lib\/domain\/common-passwords|node_modules\/valibot\//;

/** Evidence, of teaching and of exams: signed, kept and judged on the device. */
const evidence =
  /src\/routes\/teach\/(sessions|exams)\/[A-Z]|src\/lib\/(app\/(evidence|exam[-/]|Standing|CodeReader|code-drawing)|storage\/(statements|exams)|sync\/client\/statements)/;

/** Who trained whom, and the figures by which a centre is judged. */
const cascade = /src\/routes\/(teach|centre)\/(cascade|evaluation)\/[A-Z]|src\/lib\/(app\/([Cc]ascade|own-about)|ui\/[Cc]ascade)/;

/** Pages on which courses are chosen, and what only they show. */
const browse =
  /src\/routes\/(\+page|catalogue\/|courses\/\[course\]\/\+page)|src\/lib\/(app\/(CourseList|course-facts)|ui\/(CourseCard|Emblem|Orbit|BytesMeter))/;

/** The compendium's pages, and what only they show. */
const compendium = /src\/(lib\/app\/[Cc]ompendium|routes\/compendium)/;

/** Data of a lesson that can be looked into. */
const explore = /src\/lib\/(app\/explore\/|course\/fits)/;

/** Help that countries ask for and are given, and mentoring: shown in the network and with plans and profiles. */
const help = /src\/(lib\/app\/help\/|routes\/network\/(help|mentoring))/;

/** The network's pages, and what only they show. */
const network = /src\/(lib\/(app\/network|ui\/WorldMap|domain\/world-)|routes\/network)/;

/** Exercises, as they are shown and marked: in lessons, and on the paper of an exam. */
const exercise = /src\/lib\/((exercise|app\/exercise)\/|ui\/prose\.css)/;

/** What staff write for the commons. */
const desk =
  /src\/(lib\/app\/([Dd]esk)|lib\/storage\/papers|lib\/sync\/client\/desk|lib\/(domain\/(drafts|typed-number)|cooperation\/(fields|form|writing|pair)\.)|routes\/(desk|profiles\/\[country\]\/values))/;

/** The pages of countries: profiles, plans, calls. */
const country = /src\/(lib\/app\/[Cc]ountry|lib\/ui\/(Trend|Tally)|routes\/(profiles\/(\+|\[country\]\/\+)|plans|calls))/;

/** What pages of staff and of the commons share, and no lesson needs. */
const tables =
  /src\/lib\/(domain\/(csv|about|countries|orders|roster|centre)|app\/(trust-facts|decode-text|entry-address)|cooperation\/address)/;
/** Looking for words in lessons and entries: not before somebody does. */
const search = /src\/lib\/course\/search/;
const cooperation = /src\/lib\/cooperation\//;
/** Work that comes from another address of the centre. */
const handover = /src\/lib\/(app\/handover\/|domain\/(absorb|parcel)|storage\/arrivals)/;
/** Reading documents from outside: a lesson brings none. */
const parsing = /src\/lib\/domain\/(parse-record|canonical-json)/;

/**
 * What travels together is one file: each file costs a request, and the worker's install is bounded in files. The first group
 * that takes a module keeps it.
 */
const groups = [
  // What more than one page needs before it can show anything: SvelteKit, Svelte, the frame, the components.
  {
    name: 'frame',
    test: (id: string) =>
      !staff.test(id) &&
      !browse.test(id) &&
      !compendium.test(id) &&
      !network.test(id) &&
      !help.test(id) &&
      !explore.test(id) &&
      !country.test(id) &&
      !desk.test(id) &&
      !evidence.test(id) &&
      !cascade.test(id) &&
      !exercise.test(id) &&
      !tables.test(id) &&
      !search.test(id) &&
      !handover.test(id) &&
      !parsing.test(id) &&
      !cooperation.test(id),
    tags: ['$initial' as const],
    minShareCount: 2,
    priority: 9,
  },
  // Every lesson has some; a page without exercises does not wait for them.
  { name: 'exercise', test: exercise, priority: 8 },
  // Dexie, what is kept with it, and what that adds up to: not before something is kept. Canonical JSON is for signatures of more than one kind. Notes come when
  // the store is open, and are too small for a file of their own.
  {
    name: 'store',
    test: /node_modules\/dexie|src\/lib\/(storage\/(?!statements|exams|papers|arrivals)|domain\/(canonical-json|progress)|app\/(work\.|elsewhere|lesson\/Notes))/,
    priority: 8,
  },
  // Installing, searching, passes: what an installed application does later.
  {
    name: 'later',
    test: /src\/lib\/((sync|course)\/(?!.*(replica|commons|statements|fits|client\/desk))|app\/(passes|installed-search)|domain\/parse-record)/,
    priority: 7,
  },
  // PouchDB and its road to the centre: not before there is a centre.
  {
    name: 'replica',
    test: /node_modules\/(pouchdb|spark-md5|vuvuzela|uuid|events)|sync\/client\/(browser-replica|pouch-replica)/,
    priority: 6,
  },
  { name: 'tables', test: tables, priority: 7 },
  // Which words lie where, of pages that no lesson leads to: small, and each of them asks for it.
  { name: 'further-words', test: /src\/lib\/app\/further-words/, priority: 7 },
  { name: 'staff', test: staff, priority: 6 },
  // How a device learns to trust the centre: read once, before anything can be kept.
  { name: 'trust', test: /src\/(routes\/(trust|handover)\/|lib\/app\/trust-facts)/, priority: 6 },
  // How what was done at another address comes along: once, and not for whoever learns to trust.
  { name: 'handover', test: handover, priority: 6 },
  // Verifying certificates, and reading codes where the browser does not: kept by the worker once it is installed. Whoever verifies
  // one has no programme to look into and no page of a holder's: those lie with what shows them.
  {
    name: 'verify',
    test: /src\/routes\/verify\/(?!\+)|src\/lib\/certification\/(?!programme|published|standing|statement|evidence|known|admission|passes|sitting|exam)|src\/lib\/app\/verif|node_modules\/(jsonld|rdf-canonize|lru-cache|yallist|canonicalize|setimmediate)\//,
    priority: 6,
  },
  // The holder's certificates, and the doors of exams: nobody needs them in their first lesson.
  { name: 'holder', test: /src\/(routes\/(certificates\/|exams\/.*\/\+)|lib\/app\/certificate)/, priority: 5 },
  // After all that it stands on: a group takes along what its modules import, as far as no earlier one has.
  { name: 'evidence', test: evidence, priority: 4 },
  { name: 'cascade', test: cascade, priority: 4 },
  { name: 'camera', test: /node_modules\/qr\/|src\/lib\/app\/scan/, priority: 6 },
  // Searching in the entries that are on the device, and bringing them there: kept by the worker once it is installed.
  { name: 'commons', test: /src\/lib\/(cooperation\/(?!(fields|form|writing|pair)\.)|sync\/client\/install-commons)/, priority: 4 },
  // Where `crypto.subtle` is missing.
  { name: 'fallback', test: /node_modules\/@noble\//, priority: 5 },
  // Pages that are small alone.
  { name: 'browse', test: browse, priority: 2 },
  { name: 'compendium', test: compendium, priority: 3 },
  { name: 'help', test: help, priority: 4 },
  { name: 'network', test: network, priority: 2 },
  { name: 'explore', test: explore, priority: 2 },
  { name: 'country', test: country, priority: 3 },
  // After what it stands on.
  { name: 'desk', test: desk, priority: 4 },
  { name: 'self', test: /src\/routes\/(people|settings|record)\//, priority: 2 },
];

export default defineConfig(({ isSsrBuild }) => ({
  plugins: [sveltekit()],
  // The worker lives outside src/, which Vite serves in dev only when told.
  server: { fs: { allow: ['service-worker'] } },
  ...(isSsrBuild ? {} : { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } }),
}));
