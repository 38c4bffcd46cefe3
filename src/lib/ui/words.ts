import { createContext } from 'svelte';
import type { Words } from '#lib/i18n/words.ts';

/**
 * The words of the page: `const words = useWords()`, then `words.t('key')` and `words.format.bytes(n)`. A context and not a
 * module's state: one server renders pages in several languages at the same time.
 */
export const [useWords, provideWords] = createContext<Words>();
