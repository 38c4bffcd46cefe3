import { loadCatalogue } from '#lib/app/course-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch }) => ({ courses: await loadCatalogue(fetch) });
