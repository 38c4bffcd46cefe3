/** `/content/commons` and `/content/compendium/…`: the commons as pieces for devices, and as pages show it. Open to all. */
import type { Clock } from '../../domain/clock.ts';
import { callsView, callView, offerView } from '../../cooperation/call-views.ts';
import { countriesView, planView, profileView } from '../../cooperation/country-views.ts';
import type { Commons } from '../../cooperation/commons.ts';
import { dayOf, type Day } from '../../cooperation/day.ts';
import { coordinationView, csvOfCoordination } from '../../cooperation/coordination.ts';
import type { EntryId } from '../../cooperation/entry.ts';
import { csvOfCommons, dcatOf, jsonLdOf } from '../../cooperation/export.ts';
import { createFinder, type Finding, type Query } from '../../cooperation/find.ts';
import { csvOfHelp } from '../../cooperation/help-reach.ts';
import { helpEntryView, helpView } from '../../cooperation/help.ts';
import { networkQueryFrom, networkView, opportunitiesView, resourcesView } from '../../cooperation/network.ts';
import { isWrittenKind } from '../../cooperation/fields.ts';
import { writingView } from '../../cooperation/writing.ts';
import { compareView, elsewhereOf, entryView, gapsView, listView, queryFrom } from '../../cooperation/views.ts';
import { isInterfaceLanguage } from '../../i18n/languages.ts';
import { isKnown } from '../content/organ.ts';
import { json, notFound } from '../http/answer.ts';
import { chooseEncoding } from '../http/compression.ts';
import type { Asked, Route } from '../http/organ.ts';
import type { CommonsLibrary } from './library.ts';

/** A view changes with the entries and with the day. */
const viewHeaders = { 'cache-control': 'no-cache', vary: 'accept-encoding' };

/** @param name of the file, without its ending */
const table = (csv: string, name: string): Response =>
  new Response(csv, {
    headers: { ...viewHeaders, 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="${name}.csv"` },
  });

export function commonsRoutes({
  commons,
  origin,
  clock,
}: {
  readonly commons: CommonsLibrary;
  readonly origin: string;
  readonly clock: Clock;
}): readonly Route[] {
  /** The last few finders: readying one takes longer than searching. */
  const finders = new Map<string, (query: Query) => Finding>();
  function finderOf(key: string, read: Commons, today: Day): (query: Query) => Finding {
    const known = finders.get(key);
    if (known !== undefined) return known;
    if (finders.size >= 12) finders.clear();
    const made = createFinder(read, today);
    finders.set(key, made);
    return made;
  }

  interface Looked {
    readonly read: Commons;
    readonly language: string;
    readonly today: Day;
    readonly key: string;
  }

  const view =
    (make: (looked: Looked, asked: Asked) => unknown) =>
    async (asked: Asked): Promise<Response> => {
      const wanted = asked.url.searchParams.get('lang');
      const language = isInterfaceLanguage(wanted) ? wanted : 'en';
      const published = commons.published();
      const read = await commons.read(language);
      if (published === null || read === null) return notFound();
      const today = dayOf(clock());
      const key = `${published.digest.slice(0, 16)}-${language}-${today}`;
      const etag = `"${key}"`;
      if (isKnown(asked.request, etag)) return new Response(null, { status: 304, headers: { ...viewHeaders, etag } });
      const made = make({ read, language, today, key }, asked);
      if (made === null) return notFound();
      if (made instanceof Response) return made;
      return json(made, 200, { ...viewHeaders, etag });
    };

  /** A view with what other programs read of its entry beside it. */
  function described<View extends object>(
    read: Commons,
    id: string | undefined,
    found: View | null,
  ): (View & { readonly jsonLd: unknown }) | null {
    const entry = read.byId.get(id as EntryId);
    return found === null || entry === undefined ? null : { ...found, jsonLd: jsonLdOf(entry, read, origin) };
  }

  return [
    {
      method: 'GET',
      path: '/content/commons',
      async answer({ request, url }) {
        const published = commons.published();
        if (published === null) return notFound();
        const { signed, digest } = published;
        const encoding = chooseEncoding(request.headers.get('accept-encoding')) ?? 'identity';
        const headers = { ...viewHeaders, etag: `"${encoding}-${digest}"` };
        if (isKnown(request, headers.etag)) return new Response(null, { status: 304, headers });
        const since = url.searchParams.get('since');
        const change = since === null ? null : await commons.changeSince(since);
        const price = await commons.price(encoding);
        return json(
          change === null ? { ...signed, digest, price } : { ...change, signature: signed.signature, digest, price },
          200,
          headers,
        );
      },
    },
    {
      method: 'GET',
      path: '/content/compendium/list',
      answer: view(({ read, language, today, key }, { url }) => {
        const { query, page } = queryFrom((name) => url.searchParams.get(name));
        return listView(read, finderOf(key, read, today), query, page, language, today);
      }),
    },
    {
      method: 'GET',
      path: '/content/compendium/entries/:id',
      answer: view(({ read, language, today }, { parts }) => {
        const id = parts['id'] ?? '';
        return described(read, id, entryView(read, id, language, today)) ?? elsewhereOf(read, id);
      }),
    },
    {
      method: 'GET',
      path: '/content/compendium/network',
      answer: view(({ read, language, today, key }, { url }) => {
        const { query, page } = networkQueryFrom((name) => url.searchParams.get(name));
        return networkView(read, finderOf(key, read, today), query, page, language, today);
      }),
    },
    {
      method: 'GET',
      path: '/content/compendium/opportunities',
      answer: view(({ read, language, today, key }, { url }) => {
        const { query } = networkQueryFrom((name) => url.searchParams.get(name));
        return opportunitiesView(read, finderOf(key, read, today), query, language, today);
      }),
    },
    {
      method: 'GET',
      path: '/content/compendium/resources',
      answer: view(({ read, language, today, key }, { url }) => {
        const { query } = networkQueryFrom((name) => url.searchParams.get(name));
        return resourcesView(read, finderOf(key, read, today), query, language, today);
      }),
    },
    {
      method: 'GET',
      path: '/content/compendium/coordination',
      answer: view(({ read, language, today }) => coordinationView(read, language, today)),
    },
    {
      method: 'GET',
      path: '/content/compendium/coordination.csv',
      answer: view(({ read, language, today }) => table(csvOfCoordination(read, language, origin, today), 'coordination')),
    },
    {
      method: 'GET',
      path: '/content/compendium/coordination/help.csv',
      answer: view(({ read, language, today }) => table(csvOfHelp(read, language, origin, today), 'help')),
    },
    {
      method: 'GET',
      path: '/content/compendium/compare',
      answer: view(({ read, language, today }, { url }) =>
        compareView(read, (url.searchParams.get('entries') ?? '').split(','), language, today),
      ),
    },
    { method: 'GET', path: '/content/compendium/gaps', answer: view(({ read, language, today }) => gapsView(read, language, today)) },
    {
      method: 'GET',
      path: '/content/compendium/profiles',
      answer: view(({ read, language }, { url }) =>
        countriesView(read, (url.searchParams.get('q') ?? '').slice(0, 200), url.searchParams.get('weak'), language),
      ),
    },
    {
      method: 'GET',
      path: '/content/compendium/profiles/:id',
      answer: view(({ read, language, today }, { parts, url }) =>
        described(read, parts['id'], profileView(read, parts['id'] ?? '', url.searchParams.getAll('beside'), language, today)),
      ),
    },
    {
      method: 'GET',
      path: '/content/compendium/plans/:id',
      answer: view(({ read, language, today }, { parts }) =>
        described(read, parts['id'], planView(read, parts['id'] ?? '', language, today)),
      ),
    },
    {
      method: 'GET',
      path: '/content/compendium/calls',
      answer: view(({ read, language, today }) => callsView(read, language, today)),
    },
    {
      method: 'GET',
      path: '/content/compendium/calls/:id',
      answer: view(({ read, language, today }, { parts }) =>
        described(read, parts['id'], callView(read, parts['id'] ?? '', language, today)),
      ),
    },
    {
      method: 'GET',
      path: '/content/compendium/offers/:id',
      answer: view(({ read, language, today }, { parts }) =>
        described(read, parts['id'], offerView(read, parts['id'] ?? '', language, today)),
      ),
    },
    { method: 'GET', path: '/content/compendium/help', answer: view(({ read, language, today }) => helpView(read, language, today)) },
    {
      method: 'GET',
      path: '/content/compendium/help/:id',
      answer: view(({ read, language, today }, { parts }) =>
        described(read, parts['id'], helpEntryView(read, parts['id'] ?? '', language, today)),
      ),
    },
    {
      method: 'GET',
      path: '/content/compendium/writing',
      answer: view(({ read, language }, { url }) =>
        writingView(read, (url.searchParams.get('kinds') ?? '').split(',').filter(isWrittenKind), url.searchParams.get('entry'), language),
      ),
    },
    {
      method: 'GET',
      path: '/content/compendium/entries.csv',
      answer: view(({ read, language, today }) => table(csvOfCommons(read, language, origin, today), 'compendium')),
    },
    {
      method: 'GET',
      path: '/content/compendium/catalogue.jsonld',
      answer: view(
        ({ read }) =>
          new Response(JSON.stringify(dcatOf(read, origin)), {
            headers: { ...viewHeaders, 'content-type': 'application/ld+json; charset=utf-8' },
          }),
      ),
    },
  ];
}
