/** Finds the route of a request. */
import { badRequest, notFound, refuse } from './answer.ts';
import type { Organ, Route } from './organ.ts';

/** The segments of a path, decoded; null where an escape is broken or stands for no character. */
export function segmentsOf(pathname: string): readonly string[] | null {
  try {
    const segments = pathname.split('/').slice(1).map(decodeURIComponent);
    return segments.some((segment) => segment.includes('\0')) ? null : segments;
  } catch {
    return null;
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> | null {
  if (pattern.length !== segments.length) return null;
  const parts: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) parts[part.slice(1)] = segment;
    else if (part !== segment) return null;
  }
  return parts;
}

/** An organ that answers the given routes; every other path under `/<first>` is a 404 of its own. */
export function createRouter(first: string, routes: readonly Route[]): Organ {
  const compiled = routes.map((route) => ({ route, pattern: route.path.split('/').slice(1) }));
  return async (request, caller) => {
    const url = new URL(request.url);
    const segments = segmentsOf(url.pathname);
    if (segments === null) return badRequest('The address is not well formed.');
    if (segments[0] !== first) return null;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const methods = new Set<string>();
    for (const { route, pattern } of compiled) {
      const parts = match(pattern, segments);
      if (parts === null) continue;
      if (route.method === method) return await route.answer({ request, url, caller, parts });
      methods.add(route.method);
    }
    if (methods.size === 0) return notFound();
    return refuse(405, 'wrong-method', 'This address does not answer that method.', { allow: [...methods].join(', ') });
  };
}
