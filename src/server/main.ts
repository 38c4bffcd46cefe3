/**
 * The composition root of the node: one engine, its organs, the sockets. Read it from top to bottom to know what the node is made of.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Clock } from '../lib/domain/clock.ts';
import type { NodeId, PersonId } from '../lib/domain/ids.ts';
import { createBindings } from '../lib/server/accounts/bindings.ts';
import { createBasic } from '../lib/server/accounts/basic.ts';
import { createContacts } from '../lib/server/accounts/contacts.ts';
import { showCode } from '../lib/server/accounts/codes.ts';
import { accountRoutes } from '../lib/server/accounts/organ.ts';
import { peopleRoutes } from '../lib/server/accounts/people-organ.ts';
import { openNodeKey } from '../lib/server/accounts/node-key.ts';
import { createPeers, nodeOfCredential } from '../lib/server/accounts/peers.ts';
import { openSessions } from '../lib/server/accounts/sessions.ts';
import { openAccountStore } from '../lib/server/accounts/store.ts';
import { createThrottle } from '../lib/server/accounts/throttle.ts';
import { openCentreBook, type ChosenParent } from '../lib/server/centre/facts.ts';
import { openOffer } from '../lib/server/centre/offer.ts';
import { setupRoutes } from '../lib/server/centre/organ.ts';
import { openBook } from '../lib/server/certification/book.ts';
import { cascadeRoutes } from '../lib/server/certification/cascade-organ.ts';
import { createGathering } from '../lib/server/certification/gathering.ts';
import { openIssuerKey } from '../lib/server/certification/issuer-key.ts';
import { createIssuing } from '../lib/server/certification/issuing.ts';
import { certificateRoutes } from '../lib/server/certification/organ.ts';
import { examItems } from '../lib/server/certification/exam-items.ts';
import { reachRoutes } from '../lib/server/certification/reach-organ.ts';
import { createStandings } from '../lib/server/certification/standings.ts';
import { createCohorts } from '../lib/server/cohorts/cohorts.ts';
import { cohortRoutes } from '../lib/server/cohorts/organ.ts';
import { createTrained, trainedRoutes } from '../lib/server/cohorts/trained.ts';
import { openLibrary, type Compiler } from '../lib/server/content/library.ts';
import { createContent } from '../lib/server/content/organ.ts';
import { openCommons, type CommonsLibrary } from '../lib/server/commons/library.ts';
import { commonsRoutes } from '../lib/server/commons/organ.ts';
import { openPacks } from '../lib/server/content/packs.ts';
import { readContributions } from '../lib/server/desk/contributions.ts';
import { openDesk } from '../lib/server/desk/desk.ts';
import { deskRoutes } from '../lib/server/desk/organ.ts';
import { pairRoutes } from '../lib/server/desk/pairs.ts';
import { openPieces } from '../lib/server/content/pieces.ts';
import { publisherBy } from '../lib/server/content/publisher.ts';
import { openCouch, type CouchOptions } from '../lib/server/engine/couchdb.ts';
import { openEmbedded } from '../lib/server/engine/embedded.ts';
import type { Machine, SqliteOptions } from '../lib/server/engine/sqlite-file.ts';
import { makeFolder } from '../lib/server/engine/sync-folder.ts';
import type { NodeHandle } from '../lib/server/handle.ts';
import { createAdmission } from '../lib/server/http/admission.ts';
import { pageItself, type Caller, type OrganRequest } from '../lib/server/http/organ.ts';
import { createRouter } from '../lib/server/http/router.ts';
import type { Log } from '../lib/server/log.ts';
import { openOrderBook } from '../lib/server/orders/book.ts';
import { guardErased } from '../lib/server/orders/guard.ts';
import { openKeepsake } from '../lib/server/orders/keepsake.ts';
import { createObedience } from '../lib/server/orders/obey.ts';
import { createCouchSession, createReplica } from '../lib/server/replica/organ.ts';
import { createReceipts } from '../lib/server/replica/receipts.ts';
import { centreRoutes } from '../lib/server/status/centre.ts';
import { createDisk } from '../lib/server/status/disk.ts';
import { openDiskPace } from '../lib/server/status/disk-pace.ts';
import { createStorageWatch } from '../lib/server/status/storage-watch.ts';
import type { LogBook } from '../lib/server/status/log-book.ts';
import { createMetrics } from '../lib/server/status/metrics.ts';
import { createHealth, createMetricsOrgan } from '../lib/server/status/organ.ts';
import { createTlsRoutes } from '../lib/server/tls/organ.ts';
import type { Tls } from '../lib/server/tls/tls.ts';
import { trustRoutes } from '../lib/server/trust/organ.ts';
import { createProgrammes } from '../lib/server/trust/programmes.ts';
import { openShelf } from '../lib/server/trust/shelf.ts';
import { openFromAbove } from '../lib/server/update/from-above.ts';
import { openHeld } from '../lib/server/update/held.ts';
import { updateRoutes, type Installation } from '../lib/server/update/organ.ts';
import { createTaking } from '../lib/server/update/taking.ts';
import { createChangeableUpstream } from '../lib/server/upstream/changeable.ts';
import { createUpstreamCourses, offeredCourses } from '../lib/server/upstream/courses.ts';
import { createUpstream, type ParentSettings } from '../lib/server/upstream/job.ts';
import { openNotes } from '../lib/server/upstream/notes.ts';
import { upstreamRoutes } from '../lib/server/upstream/organ.ts';
import { createRelayed } from '../lib/server/upstream/relayed.ts';
import { refuseWhatIsNoRequest } from './not-http.ts';
import { createOnePort, type Listener, type OnePort } from './one-port.ts';
import { createListener, type Pages } from './sockets.ts';

export interface NodeSettings {
  readonly node: NodeId;
  /** The one canonical address. */
  readonly origin: string;
  /** The certificate under which it is reached; null where it has none, or a web server before it has. */
  readonly tls?: Tls | null;
  /** Folder of the database, pieces and keys. */
  readonly data: string;
  /** The CouchDB that is used in place of the embedded engine; null for none. */
  readonly couchdb: Pick<CouchOptions, 'url' | 'prefix'> | null;
  /** The node that this one hands on to; null where an administrator may choose one on the page. */
  readonly upstream?: ParentSettings | null;
  /** Told the time of a parent that was chosen on the page. */
  readonly heardTime?: (time: number) => void;
  /** Folder of course sources; null for none. */
  readonly courses: string | null;
  readonly version: string;
  readonly compiler: Compiler;
  /**
   * `before`, the default: what changed among the courses and entries is published before anybody is answered. `behind`: it follows when `publish` is called, so that a start does not wait for the compiler.
   * What is published already is answered with meanwhile; where nothing is, on the first start, whoever asks what is published waits for it, and nobody else does.
   */
  readonly publishing?: 'before' | 'behind';
  readonly log: Log;
  /** Where the log is read again; null where nobody keeps it. */
  readonly book?: Pick<LogBook, 'newest'> | null;
  /** Milliseconds by which the machine's clock is behind what the node knows. */
  readonly behind?: () => number;
  /** Simulations and tests bring their own. */
  readonly clock?: Clock;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly machine?: Machine;
  /** Null where the node is no installation that could be updated: a test. */
  readonly installation?: Installation | null;
}

const systemClock: Clock = () => Date.now();
const systemSleep = (ms: number): Promise<void> => sleepFor(ms, undefined, { ref: false });
const random = (n: number): Uint8Array => randomBytes(n);

/** Milliseconds for which a CouchDB that is started beside the node may take. */
const patience = 15_000;

/** What stands before the names of a node's databases on a CouchDB. Processes of one node share them. */
export const couchPrefix = (node: NodeId): string => `perigee_${node}_`;

/** What of the node there is without sockets and pages: also what the command line works with on the same data folder. */
export async function openAccounts({
  node,
  data,
  couchdb,
  clock = systemClock,
  check,
  machine,
  watch,
  log = () => undefined,
}: Pick<NodeSettings, 'node' | 'data' | 'couchdb' | 'clock' | 'machine'> &
  Pick<SqliteOptions, 'check' | 'watch'> & { readonly log?: Log }) {
  makeFolder(data, 0o700);
  const engine =
    couchdb === null
      ? openEmbedded({ file: join(data, 'node.sqlite'), random, check, watch, notice: log, ...(machine === undefined ? {} : { machine }) })
      : await openCouch({ ...couchdb, random, patience, walled: true });
  const [records, desk] = [engine.database(`records-${node}`), engine.database(`desk-${node}`)];
  const store = openAccountStore(engine.database('accounts'));
  const peers = createPeers({ store, clock, random });
  const signer = await openNodeKey(store, join(data, 'publisher.pem'));
  const keepsake = openKeepsake(join(data, 'orders.jsonl'), log);
  const orders = await openOrderBook({
    node,
    database: engine.database(`orders-${node}`),
    notes: engine.database('private'),
    keepsake,
    clock,
    sign: signer.sign,
  });
  const sameAs = async (person: PersonId) => (await orders.standing()).sameAs(person);
  const cohorts = createCohorts({ node, desk, records, store, clock, random, sameAs });
  const sessions = await openSessions({ store, peers, orders, clock, random, enrol: cohorts.enrol });
  return { node, engine, records, desk, store, cohorts, peers, signer, orders, sessions };
}

export async function openNode(settings: NodeSettings) {
  const {
    node,
    origin,
    tls = null,
    data,
    courses,
    version,
    compiler,
    publishing = 'before',
    log,
    book = null,
    behind = () => 0,
    clock = systemClock,
    sleep = systemSleep,
  } = settings;
  const pace = openDiskPace(data);
  const storage = createStorageWatch({ clock, log, best: pace.read(), keep: pace.keep });
  const { engine, records, desk, store, cohorts, peers, signer, orders, sessions } = await openAccounts({
    ...settings,
    check: 'whole',
    watch: storage,
  });
  const commons = engine.database(`commons-${node}`);
  const contacts = createContacts(store, clock);
  // Before anybody is answered: what an older copy brought back is purged again.
  const obedience = createObedience({ node, engine, book: orders, store, contacts, clock, log });
  await obedience.round();
  // What comes in by a road, or from a parent, passes this.
  const guarded = guardErased(engine, orders.erased);
  const bindings = createBindings({ node, signer, store, records, clock, random });
  const throttle = createThrottle(clock);
  const basic = createBasic({ sessions, throttle, clock, random });
  const metrics = createMetrics();
  const disk = createDisk(data, clock);

  const notes = engine.database('private');
  const relayed = createRelayed(notes);
  const publisher = publisherBy(signer);
  const pieces = openPieces(join(data, 'pieces'));
  const [packages, published] = [join(data, 'packages'), join(data, 'published')];
  const library = await openLibrary({ courses, packages, published, pieces, publisher, compiler, log });
  const programmes = createProgrammes({ courses, library, log });
  const compendium: CommonsLibrary = await openCommons({
    courses,
    data,
    pieces,
    signer,
    stamp: compiler.stamp,
    log,
    accepted: () => entries.accepted(),
    published: () => library.all().map(({ signed }) => signed.manifest.course),
  });
  const entries = openDesk({
    node,
    engine,
    faultsOf: compendium.faultsOf,
    published: () => compendium.read('en'),
    changed: compendium.refresh,
    parent: async () => (await relayed.place())?.node ?? null,
    dayOf: (at) => at.slice(0, 10),
  });
  /** What a node above published, or another process of this one, stands in the compendium too. */
  const stateOfAll = async (): Promise<string> =>
    [await entries.state(), ...library.all().map(({ signed }) => signed.manifest.course)].join(' ');
  let seen = '';
  async function follow(): Promise<void> {
    await entries.hear();
    const state = await stateOfAll();
    if (state === seen) return;
    await compendium.refresh();
    seen = state;
  }
  let isClosing = false;
  const publish = async (): Promise<void> => {
    await library.refresh(() => isClosing);
    await programmes.refresh();
    if (isClosing) return;
    await entries.settle();
    await entries.hear();
    await compendium.refresh();
    seen = await stateOfAll();
  };
  const isBehind = publishing === 'behind';
  /** Nothing is published yet: what would be answered of courses meanwhile would not be true. */
  let isFirst = isBehind && courses !== null && (library.all().length === 0 || (await compendium.read('en')) === null);
  const firstPublished = Promise.withResolvers<undefined>();
  if (!isBehind) await publish();
  // Before its first courses a node has no programmes either: they ask for courses.
  else if (!isFirst) await programmes.refresh();
  const endFirst = (): void => {
    isFirst = false;
    firstPublished.resolve(undefined);
  };

  const knownCountries = async (): Promise<ReadonlySet<string>> =>
    new Set(((await compendium.read('en'))?.entries ?? []).flatMap(({ kind, id }) => (kind === 'country' ? [id] : [])));
  const holdsWork = async (person: PersonId): Promise<boolean> => {
    for (const name of (await engine.databases()).filter((database) => database.startsWith('records-')))
      if ((await engine.database(name).list({ partition: person, limit: 1 })).rows.length > 0) return true;
    return false;
  };

  const shelf = openShelf({ node, engine });
  const { structureOf } = library;
  const gathering = createGathering(engine);
  const issued = openBook({ node, desk });
  const centre = openCentreBook({ node, engine, clock });
  const trained = createTrained({
    records,
    store,
    cohorts,
    orders,
    book: issued,
    home: async () => (await centre.facts())?.country ?? null,
    clock,
  });
  const standings = createStandings({
    node,
    gathering,
    notes,
    programmes: programmes.all,
    structureOf,
    examItems: (course, unit, language) => examItems({ structureOf, pieces }, course, unit, language),
    contributions: () => readContributions({ node, desk }),
    clock,
  });
  const issuing = createIssuing({
    node,
    signer: await openIssuerKey(store),
    records,
    book: issued,
    shelf,
    standings,
    orders,
    programmes: programmes.all,
    structureOf,
    nameOf: async (person) => (await store.get('staff', person))?.name ?? (await store.get('learner', person))?.name ?? '',
    clock,
  });
  const unattended = (error: unknown): void => {
    log(`Certificates could not be looked after: ${String(error)}`);
  };
  // Signatures are looked at once after a start: soon after it, so that nobody waits for that.
  const firstLook = setTimeout(() => void issuing.standings().catch(unattended), 3000).unref();
  const rounds = [
    setInterval(() => void issuing.round().catch(unattended), 10 * 60_000).unref(),
    setInterval(() => {
      follow().catch((error: unknown) => {
        log(`The compendium could not be brought up to date: ${String(error)}`);
      });
    }, 60_000).unref(),
    // Several processes of one node share what was chosen in one of them.
    setInterval(() => {
      offer.refresh().catch(() => undefined);
    }, 60_000).unref(),
  ];
  const offer = await openOffer({ library, centre });
  const settingsOf = (parent: ChosenParent): ParentSettings => ({
    ...parent,
    ...(settings.heardTime === undefined ? {} : { heardTime: settings.heardTime }),
  });
  const given = settings.upstream ?? null;
  const chosen = given === null ? ((await centre.choices()).parent ?? null) : null;
  // A copy of another node that got a name of its own: the credential is the other's, and so is what it opens.
  const isOurs = chosen !== null && nodeOfCredential(chosen.token) === node;
  if (chosen !== null && !isOurs)
    log(`The credential for ${chosen.url} is another node’s. An administrator gives this node its own on the page «This centre».`);
  const { installation = null } = settings;
  const pinned = installation?.keys ?? (() => Promise.resolve([]));
  const taking = createTaking({ node, version, data, installation, engine, clock });
  const held = openHeld(data, pinned);
  const above = openFromAbove({
    data,
    running: version,
    keys: pinned,
    disk,
    take: taking,
    clock,
    hour: () => new Date(clock()).getHours(),
    log,
  });
  rounds.push(
    setInterval(() => {
      above.takeIfDue().catch((error: unknown) => {
        log(`A version from the centre above could not be put in place: ${error instanceof Error ? error.message : String(error)}`);
      });
    }, 5000).unref(),
  );
  const upstreamCourses = createUpstreamCourses({ library, pieces, isSafe: compiler.isSafe, data, hasRoomFor: disk.hasRoomFor });
  const upstream = createChangeableUpstream(given ?? (isOurs ? settingsOf(chosen) : null), (parent) =>
    createUpstream({
      node,
      version,
      engine: guarded,
      parent,
      notes: openNotes(notes),
      relayed,
      courses: upstreamCourses,
      release: above,
      published: () => offeredCourses(library),
      obey: () => obedience.round(),
      arrived: follow,
      erased: async () => (await orders.standing()).erased,
      clock,
      random,
      sleep,
      log,
    }),
  );

  const organs = {
    api: createRouter('api', [
      ...accountRoutes({
        node,
        version,
        origin,
        key: publisher.key,
        engine,
        sessions,
        store,
        cohorts,
        bindings,
        throttle,
        knownCountries,
        clock,
        centre,
      }),
      ...setupRoutes({
        node,
        version,
        origin,
        tls,
        engine,
        sessions,
        throttle,
        centre,
        offer,
        upstream,
        parent: given,
        library,
        settingsOf,
        clock,
        sleep,
      }),
      ...peopleRoutes({ sessions, store, cohorts, contacts, orders, obedience, holdsWork, clock }),
      ...cohortRoutes({ records, store, sessions, contacts, cohorts, orders, structureOf: library.structureOf, clock, knownCountries }),
      ...deskRoutes({ node, engine, desk: entries, sessions }),
      ...certificateRoutes({ sessions, issuing, programmes: programmes.all, clock }),
      ...updateRoutes({ version, data, installation, sessions, disk, take: taking, above, held, wanted: upstream.wanted }),
      ...createTlsRoutes({ node, origin, tls }),
      ...centreRoutes({
        node,
        version,
        origin,
        data,
        engine,
        tls,
        store,
        sessions,
        upstream,
        disk,
        storage,
        book: book ?? { newest: () => [] },
        behind,
        clock,
      }),
      ...cascadeRoutes({
        node,
        engine,
        desk,
        store,
        sessions,
        cohorts,
        gathering,
        issuing,
        orders,
        programmes: programmes.all,
        structureOf,
        clock,
        random,
      }),
      ...upstreamRoutes({ node, version, engine, sessions, peers, library: offer, upstream, centre, held, clock }),
    ]),
    replica: createReplica({
      node,
      version,
      engine: guarded,
      records: guarded.database(`records-${node}`),
      commons,
      sessions,
      basic,
      cohorts,
    }),
    _session: createCouchSession(),
    sync: createReceipts({ node, engine, records, relayed, sessions, contacts, orders, bindings, clock }),
    content: createContent({
      library,
      offer,
      pieces,
      packs: await openPacks({ folder: join(data, 'packs'), pieces, hasRoomFor: disk.hasRoomFor }),
      more: [
        ...trustRoutes({ shelf, programmes }),
        ...commonsRoutes({ commons: compendium, origin, clock }),
        ...trainedRoutes({ trained, commons: compendium }),
        ...reachRoutes({ engine, commons: compendium, clock }),
        ...pairRoutes({ node, engine }),
      ],
    }),
    health: createHealth({ node, version, engine, upstream, disk, storage, publishing: () => isFirst, clock }),
    metrics: createMetricsOrgan({ metrics, sessions, upstream, storage }),
  };

  const admission = createAdmission();

  async function respond(request: OrganRequest, caller: Caller = pageItself): Promise<Response | null> {
    const path = new URL(request.url).pathname;
    const name = path.split('/')[1] ?? '';
    const organ = Object.entries(organs).find(([first]) => first === name)?.[1];
    if (organ === undefined) return null;
    // Before it takes a place: a room that opens the catalogue in the first seconds must not keep out who hands over work.
    if (isFirst && (name === 'content' || path.startsWith('/api/setup') || path.startsWith('/api/cohorts'))) await firstPublished.promise;
    const began = performance.now();
    const answer = await admission.admit(request, (counted) => organ(counted, caller));
    // Whose answer it was, in the answer itself: what a parent confirms holds in one epoch.
    if (name === 'replica') {
      answer?.headers.set('perigee-node', node);
      answer?.headers.set('perigee-epoch', engine.epoch);
    }
    metrics.answered(name, answer?.status ?? 404, (performance.now() - began) / 1000);
    return answer;
  }

  return {
    handle: {
      respond,
      place: { origin, tls: tls?.kind ?? null },
      greeting: async () => (await centre.facts())?.languages ?? [],
    } satisfies NodeHandle,
    /** A new code that makes the first administrator, as it is shown; null where there is one. */
    async firstRunCode() {
      const code = await sessions.firstRunCode();
      return code === null ? null : showCode(code);
    },
    /** Brings what is published in step with its sources, where that was left for later. */
    publish: async () => {
      try {
        if (isBehind) await publish();
      } finally {
        endFirst();
      }
    },
    /** This node and its parent. */
    upstream,
    /** What the centre says of itself, and what was chosen for it. */
    centre,
    /** Certificates of this node's people. */
    issuing,
    async close() {
      isClosing = true;
      endFirst();
      clearTimeout(firstLook);
      for (const round of rounds) clearInterval(round);
      await upstream.close();
      await obedience.close();
      await contacts.close();
      await engine.close();
    },
  };
}

export type OpenNode = Awaited<ReturnType<typeof openNode>>;

export interface Listening {
  readonly port: number;
  /** What answers HTTP behind the port. */
  readonly servers: readonly Server[];
  /** Stops listening, lets the answers under way finish for `grace` ms, and closes what is left. */
  close(grace?: number): Promise<void>;
}

/**
 * Opens the socket.
 *
 * @throws the system's error with its code: EADDRINUSE, EACCES, EADDRNOTAVAIL …
 */
export function listen(
  node: OpenNode,
  settings: {
    readonly host: string;
    readonly port: number;
    readonly origin: string;
    readonly pages: Pages;
    readonly log: Log;
    readonly bodyIdle?: number;
    readonly tls?: Tls | null;
  },
): Promise<Listening> {
  const { host, port, origin, pages, log, bodyIdle = 30_000, tls = null } = settings;
  // A slow line may take half an hour for what is allowed; silence is cut off much earlier (sockets.ts).
  const options = {
    requestTimeout: 30 * 60_000,
    headersTimeout: 20_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    joinDuplicateHeaders: true,
  };
  const listener = createListener({ node: node.handle, origin, pages, log, bodyIdle, tls });
  const { door, servers } = tls === null ? plainDoor(options, listener) : createOnePort(tls, options, listener);
  return new Promise((resolve, reject) => {
    door.once('error', reject);
    door.listen(port, host, () => {
      door.off('error', reject);
      const address = door.address();
      resolve({
        servers,
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: (grace = 1500) =>
          new Promise((closed) => {
            door.close(() => {
              closed();
            });
            for (const server of servers) {
              server.closeIdleConnections();
              setTimeout(() => {
                server.closeAllConnections();
              }, grace).unref();
            }
          }),
      });
    });
  });
}

function plainDoor(options: ServerOptions, listener: Listener): OnePort {
  const server = createServer(options, listener);
  refuseWhatIsNoRequest(server);
  return { door: server, servers: [server] };
}
