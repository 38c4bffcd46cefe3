/**
 * The one entrance to what this device knows and does. Nothing happens on import: a page calls the verbs it needs, the layout calls
 * `begin` once in the browser, after the first paint. On the server every field stays empty.
 */
import { Learning } from './learning.svelte.ts';
import { Library } from './library.svelte.ts';
import { People } from './people.svelte.ts';
import { DeviceStorage } from './storage.svelte.ts';
import { storage } from './store.ts';
import { Sync } from './sync.svelte.ts';

const people = new People(storage);
const library = new Library(storage);
const learning = new Learning(storage, people);
const sync = new Sync(storage, people);

let begun = false;

export const device = {
  people,
  library,
  learning,
  sync,
  storage: new DeviceStorage(),

  /** Reads who is here, follows what of their work waits, and hands it over when a centre can be reached. Safe to call again. */
  async begin(): Promise<void> {
    if (begun) return;
    begun = true;
    await people.load();
    void import('./elsewhere.ts').then(({ keepNoticeElsewhere }) => {
      keepNoticeElsewhere();
    });
    $effect.root(() => {
      $effect(() => {
        void sync.follow(people.current?.id ?? null);
        void learning.follow(people.current?.id ?? null);
      });
    });
    sync.begin();
    void library.load();
  },
};
