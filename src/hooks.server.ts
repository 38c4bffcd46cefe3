import type { Handle, HandleFetch } from '@sveltejs/kit';
import { directionOf, isInterfaceLanguage, languageCookie, negotiateLanguage, type InterfaceLanguage } from '#lib/i18n/languages.ts';
import { loadCatalogue } from '#lib/app/language.ts';
import { createWords } from '#lib/i18n/words.ts';
import { isNodePath, type NodeHandle } from '#lib/server/handle.ts';
import { elsewhere } from '#lib/server/http/elsewhere.ts';
import { isTheme, themeCookie } from '#lib/ui/theme.ts';

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

/**
 * What stands above a page that was opened at another address than the centre's own. It is no part of the app, which therefore carries nothing for it; and it is read without scripts. Its way out loads the
 * page whole, so that it goes with it.
 */
async function noticeElsewhere(
  place: NodeHandle['place'],
  request: NonNullable<App.Platform['req']>,
  url: URL,
  language: InterfaceLanguage,
): Promise<string> {
  const forwarded = request.headers['x-forwarded-host']?.toString();
  const kind = elsewhere(place, {
    host: forwarded ?? request.headers.host ?? '',
    encrypted: Reflect.get(request.socket, 'encrypted') === true || request.headers['x-forwarded-proto'] === 'https',
    fromHere: /^(?:127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? ''),
  });
  // Before there is a centre nobody has learned anything at a wrong address.
  if (kind === null || ['/trust', '/centre/start', '/handover'].includes(url.pathname)) return '';
  const catalogue = await loadCatalogue(language, '/trust');
  const { t } = createWords(
    () => language,
    () => catalogue,
  );
  const text =
    kind === 'other' ? t('elsewhere.other', { address: place.origin }) : t(kind === 'plain' ? 'elsewhere.plain' : 'elsewhere.bare');
  const [href, label] =
    kind === 'other' ? [`${place.origin}${url.pathname}${url.search}`, t('elsewhere.other.do')] : ['/trust', t('elsewhere.trust.do')];
  // Where there is a better address, what was done here can go there.
  const along = kind === 'bare' ? '' : ` <a href="/handover" data-sveltekit-reload>${escapeHtml(t('elsewhere.along'))}</a>`;
  return (
    `<aside class="wrap" lang="${language}" dir="${directionOf(language)}" data-elsewhere="${kind}" style="padding-block:.75rem;border-block-end:4px solid var(--signal)">` +
    `<p>${escapeHtml(text)} <a href="${escapeHtml(href)}" data-sveltekit-reload>${escapeHtml(label)}</a>${along}</p></aside>`
  );
}

/** The language of a page: `?lang=` for this visit, else the person's choice, else what the browser asks for. */
export const handle: Handle = async ({ event, resolve }) => {
  const node = event.platform?.node ?? event.platform?.req?.perigee;
  if (node !== undefined) event.locals.node = node;

  const asked = event.url.searchParams.get('lang');
  const chosen = event.cookies.get(languageCookie);
  const language = isInterfaceLanguage(asked)
    ? asked
    : isInterfaceLanguage(chosen)
      ? chosen
      : negotiateLanguage(event.request.headers.get('accept-language'), await node?.greeting());
  event.locals.language = language;

  // A page's own fetch on the server arrives here without passing the sockets. A page that is rendered has no cookies to
  // read, so it asks for the language that was negotiated for it (src/lib/app/language.ts).
  if (event.isSubRequest && event.url.pathname === '/api/language') return new Response(language);
  if (node !== undefined && isNodePath(event.url.pathname)) {
    const response = await node.respond(event.request);
    if (response !== null) return response;
  }

  if (isInterfaceLanguage(asked) && asked !== chosen && !event.isSubRequest)
    event.cookies.set(languageCookie, asked, { path: '/', httpOnly: false, sameSite: 'lax', secure: false });

  const theme = event.cookies.get(themeCookie);
  const { req } = event.platform ?? {};
  const above =
    node === undefined || req === undefined || event.isSubRequest ? '' : await noticeElsewhere(node.place, req, event.url, language);

  const response = await resolve(event, {
    // The text first: scripts are named at the end of the page, so that they do not share the first round trips with it.
    preload: ({ type }) => type === 'css',
    transformPageChunk: ({ html }) =>
      html
        .replace('%perigee.lang%', language)
        .replace('%perigee.dir%', directionOf(language))
        .replace('%perigee.theme%', isTheme(theme) ? theme : 'auto')
        .replace('%perigee.elsewhere%', () => above),
  });
  response.headers.set('referrer-policy', 'no-referrer');
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('x-frame-options', 'DENY');
  response.headers.append('vary', 'accept-language, cookie');
  return response;
};

/** What a page asks of its own node on the server, it asks in the browser's name: prices depend on the encodings that the browser takes. */
export const handleFetch: HandleFetch = ({ event, request, fetch }) => {
  const encodings = event.request.headers.get('accept-encoding');
  if (encodings !== null && new URL(request.url).origin === event.url.origin) request.headers.set('accept-encoding', encodings);
  return fetch(request);
};
