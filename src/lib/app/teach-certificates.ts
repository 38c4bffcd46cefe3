/** An administrator's side of certificates (docs/http.md). Every answer is parsed; what is expected to go wrong is a value. */
import * as v from 'valibot';
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { isPersonId, type PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';

const instant = v.custom<Instant>(isInstant);
const person = v.custom<PersonId>(isPersonId);
const text = v.string();
const state = v.picklist(['in-force', 'suspended', 'revoked']);
const change = v.object({ state, at: instant, reason: text });

const overview = v.object({
  issuer: v.object({ did: text, hasTrust: v.boolean(), recognised: v.nullable(v.object({ name: text, until: instant })) }),
  waiting: v.array(
    v.object({
      person,
      name: text,
      programme: text,
      from: instant,
      until: instant,
      renewal: v.boolean(),
      language: text,
      revoked: v.nullable(change),
    }),
  ),
  issued: v.array(
    v.object({
      uuid: text,
      programme: text,
      at: instant,
      from: instant,
      until: instant,
      state,
      changes: v.array(change),
      holder: v.nullable(v.object({ person, name: text })),
    }),
  ),
  programmes: v.array(v.object({ id: text, title: v.record(text, text) })),
});
export type Certificates = v.InferOutput<typeof overview>;
export type WaitingPerson = Certificates['waiting'][number];
export type Issued = Certificates['issued'][number];

const failures = ['not-waiting', 'not-recognised', 'name-too-long'] as const;
export type CertificatesFailure = 'unreachable' | 'expired' | 'forbidden' | 'nonsense' | (typeof failures)[number];

/** Milliseconds. */
const patience = 60_000;

export function createCertificatesClient(send: (path: string, init: RequestInit) => Promise<Response>) {
  async function ask<Value>(
    schema: v.GenericSchema<unknown, Value>,
    token: string,
    path: string,
    body?: unknown,
  ): Promise<Result<Value, CertificatesFailure>> {
    let response: Response;
    let answer: unknown;
    try {
      response = await send(path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patience),
      });
      answer = await response.json().catch(() => null);
    } catch {
      return err('unreachable');
    }
    if (response.status === 401) return err('expired');
    if (response.status === 403) return err('forbidden');
    if (response.status >= 502) return err('unreachable');
    const refused = v.safeParse(v.object({ error: v.picklist(failures) }), answer);
    if (response.status === 409 && refused.success) return err(refused.output.error);
    const parsed = v.safeParse(schema, answer);
    return response.ok && parsed.success ? ok(parsed.output) : err('nonsense');
  }

  return {
    read: (token: string) => ask(overview, token, '/api/certificates'),
    issue: (token: string, asked: { person: PersonId; programme: string; name: string; language: string }) =>
      ask(v.object({ uuid: text }), token, '/api/certificates', asked),
    change: (token: string, uuid: string, to: Issued['state'], reason: string) =>
      ask(v.object({ state }), token, `/api/certificates/${uuid}/state`, { state: to, reason }),
  };
}
