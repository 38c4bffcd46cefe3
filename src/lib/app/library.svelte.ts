import type { CourseId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { CourseStructure, Language } from '#lib/course/package.ts';
import type { CourseRow, JobRow } from '#lib/storage/schema.ts';
import type { InstallFailure, InstallPorts, Job, Offer } from '#lib/sync/client/install.ts';
import type { InstalledCourse, InstallState, LibraryController, Quote, SearchHit } from './contract.ts';
import { storage as openStorage, type Storage } from './store.ts';
import { runningJobs, watchTransfers } from './transfers.ts';

const failures: readonly InstallFailure[] = [
  'unreachable',
  'damaged',
  'other-publisher',
  'bad-signature',
  'unsafe',
  'no-space',
  'nonsense',
];

const stateOf = ({ state, reason, received, total }: Job): InstallState =>
  state === 'failed'
    ? { type: 'failed', received, total, reason: failures.find((failure) => failure === reason) ?? 'nonsense' }
    : { type: state, received, total };

const installedOf = (row: CourseRow): InstalledCourse => ({
  course: row.course,
  title: row.signed.manifest.title,
  languages: row.languages,
  media: row.media,
  bytes: row.bytes,
  transferred: row.transferred,
  installed: row.installed,
  update: row.newer !== null,
});

/** Milliseconds that a price stays what it was. */
const offerLives = 60_000;

const request: InstallPorts['fetch'] = (input, init) => fetch(input, init);

/** Bytes that the browser would still let this origin keep; null where it does not say. */
async function freeBytes(): Promise<number | null> {
  // Typed as always there; it is missing outside secure contexts.
  const manager = globalThis.navigator.storage as StorageManager | undefined;
  const { usage, quota } = (await manager?.estimate()) ?? {};
  return usage === undefined || quota === undefined ? null : Math.max(0, quota - usage);
}

export class Library implements LibraryController {
  ready = $state(false);
  installed = $state.raw<readonly InstalledCourse[]>([]);
  jobs = $state.raw<Readonly<Record<CourseId, InstallState>>>({});

  readonly #storage: () => Promise<Storage>;
  #watching: Promise<void> | null = null;
  /** Jobs that this tab runs. */
  readonly #running = runningJobs();
  /** What ended here: shown until the page goes. */
  #done: Readonly<Record<CourseId, InstallState>> = {};

  /** What the node offered of late: pages ask for a price whenever something about a course changes. */
  #offers: Readonly<Record<CourseId, { readonly offer: Offer; readonly until: number }>> = {};

  constructor(storage: () => Promise<Storage> = openStorage) {
    this.#storage = storage;
  }

  load(): Promise<void> {
    this.#watching ??= this.#watch().catch((error: unknown) => {
      this.#watching = null;
      throw error;
    });
    return this.#watching;
  }

  async #watch(): Promise<void> {
    const { store, watch } = await this.#storage();
    await this.#refresh();
    watch(
      async () => ({ courses: await store.library.courses(), jobs: await store.library.jobs() }),
      ({ courses, jobs }) => {
        this.#show(courses, jobs);
      },
    );
    // A tab that died left its job running: the learner agreed to its price, so it goes on.
    for (const job of await store.library.jobs()) if (job.state === 'running') void this.#run(job);
  }

  async #refresh(): Promise<void> {
    const { store } = await this.#storage();
    this.#show(await store.library.courses(), await store.library.jobs());
  }

  #show(courses: readonly CourseRow[], jobs: readonly JobRow[]): void {
    this.installed = courses.map(installedOf);
    this.jobs = { ...this.#done, ...Object.fromEntries(jobs.map((job) => [job.course, stateOf(job)])) };
    this.ready = true;
  }

  async quote(course: CourseId, language: Language): Promise<Result<Quote, InstallFailure>> {
    const { store } = await this.#storage();
    const { fetchOffer, costOf } = await import('#lib/sync/client/install.ts');
    const known = this.#offers[course];
    const offer =
      known !== undefined && known.until > Date.now()
        ? ok(known.offer)
        : await fetchOffer(course, { fetch: request, store: store.library });
    if (!offer.ok) return err(offer.error);
    this.#offers = { ...this.#offers, [course]: { offer: offer.value, until: Date.now() + offerLives } };
    const { text, withMedia } = await costOf(offer.value, language, store.library);
    const free = await freeBytes();
    return ok({ course, language, text, withMedia, free });
  }

  async install(course: CourseId, { language, media }: { language: Language; media: boolean }): Promise<void> {
    await this.load();
    // What somebody takes down to keep shall not be swept away by the browser when another site wants the room. No answer is waited for.
    void (globalThis.navigator.storage as StorageManager | undefined)?.persist().catch(() => false);
    const job: JobRow = { course, language, media, state: 'running', reason: null, received: 0, total: 0, transferred: 0, pieces: [] };
    await this.#run(job, true);
  }

  pause(course: CourseId): void {
    this.#running.get(course)?.abort('paused');
  }

  async resume(course: CourseId): Promise<void> {
    const { store } = await this.#storage();
    const job = await store.library.job(course);
    if (job !== undefined) await this.#run({ ...job, state: 'running' }, true);
  }

  async cancel(course: CourseId): Promise<void> {
    const { store } = await this.#storage();
    const { exclusively } = await import('#lib/storage/exclusive.ts');
    this.#running.get(course)?.abort('cancelled');
    await exclusively(`install-${course}`, () => store.library.dropJob(course));
    await this.#refresh();
  }

  async remove(course: CourseId): Promise<void> {
    const { store } = await this.#storage();
    await store.library.remove(course);
    this.#forgetDone(course);
    await this.#refresh();
  }

  #totalOf(course: CourseId): number {
    const job = this.jobs[course];
    return job === undefined || job.type === 'done' ? 0 : job.total;
  }

  #forgetDone(course: CourseId): void {
    this.#done = Object.fromEntries(Object.entries(this.#done).filter(([id]) => id !== course));
  }

  /** Runs a job in this tab, one tab at a time. `asked`: by the learner now; otherwise only as long as the job still stands. */
  async #run(job: JobRow, asked = false): Promise<void> {
    const { course } = job;
    if (this.#running.has(course)) return;
    const stop = new AbortController();
    this.#running.set(course, stop);
    this.#forgetDone(course);
    try {
      const { store } = await this.#storage();
      const [{ runInstall }, { exclusively }, { isSafePiece }] = await Promise.all([
        import('#lib/sync/client/install.ts'),
        import('#lib/storage/exclusive.ts'),
        import('#lib/course/safety.ts'),
      ]);
      await exclusively(`install-${course}`, async () => {
        const stands = await store.library.job(course);
        if (!asked && stands?.state !== 'running') return;
        const transfers = watchTransfers();
        const ports: InstallPorts = {
          fetch: request,
          store: store.library,
          isSafe: isSafePiece,
          free: freeBytes,
          transferred: transfers.bytes,
        };
        try {
          const end = await runInstall(stands === undefined ? job : { ...stands, ...changeOf(job) }, ports, stop.signal, (now) => {
            // It has ended, though that is still being written: who presses again now begins behind it, and is not passed over.
            if (now.state !== 'running') this.#leave(course, stop);
            this.jobs = { ...this.jobs, [course]: stateOf(now) };
          });
          if (end.type === 'done') this.#done = { ...this.#done, [course]: { type: 'done', transferred: end.transferred } };
          // Of this the store keeps no job.
          if (end.type === 'failed' && end.reason === 'no-space')
            this.#done = { ...this.#done, [course]: { type: 'failed', reason: end.reason, received: 0, total: this.#totalOf(course) } };
        } finally {
          transfers.stop();
        }
      });
    } finally {
      this.#leave(course, stop);
    }
    // Who began meanwhile shows how far they are.
    if (!this.#running.has(course)) await this.#refresh();
  }

  #leave(course: CourseId, stop: AbortController): void {
    if (this.#running.get(course) === stop) this.#running.delete(course);
  }

  async structure(course: CourseId): Promise<CourseStructure | null> {
    const { store } = await this.#storage();
    return (await store.library.course(course))?.structure ?? null;
  }

  async search(query: string): Promise<readonly SearchHit[]> {
    const { store } = await this.#storage();
    const { searchInstalled } = await import('./installed-search.ts');
    return searchInstalled(store, query);
  }
}

/** What the learner may have chosen anew for a job that stands. */
const changeOf = ({ language, media }: JobRow): Pick<JobRow, 'language' | 'media'> => ({ language, media });
