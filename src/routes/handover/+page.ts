import { readTrust } from '#lib/app/trust-facts.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch }) => ({ facts: await readTrust(fetch) });
