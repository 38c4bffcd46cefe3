/** What was typed into the first step and is not at the node yet: kept in this browser, so that whoever is interrupted goes on where they were. Never a password, nor a credential. */
import * as v from 'valibot';

const entry = 'perigee-setup';
const draft = v.object({
  title: v.optional(v.string(), ''),
  country: v.optional(v.string(), ''),
  languages: v.optional(v.array(v.string()), []),
  name: v.optional(v.string(), ''),
  /** The centre was typed, and the administrator comes next. */
  second: v.optional(v.boolean(), false),
});
export type SetupDraft = v.InferOutput<typeof draft>;

export const noDraft: SetupDraft = { title: '', country: '', languages: [], name: '', second: false };

type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function readDraft(shelf: Shelf): SetupDraft {
  try {
    const parsed = v.safeParse(draft, JSON.parse(shelf.getItem(entry) ?? '{}'));
    return parsed.success ? parsed.output : noDraft;
  } catch {
    // A browser that keeps nothing, or what another version wrote.
    return noDraft;
  }
}

export function keepDraft(shelf: Shelf, value: SetupDraft | null): void {
  try {
    if (value === null) shelf.removeItem(entry);
    else shelf.setItem(entry, JSON.stringify(value));
  } catch {
    // Then it lives as long as the page.
  }
}
