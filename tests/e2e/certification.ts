/** Staff, signatures and lists of trust, as tests of certification in a browser need them. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { instantOf, type Instant } from '../../src/lib/domain/clock.ts';
import { createUlid, type DeviceId, type PersonId } from '../../src/lib/domain/ids.ts';
import { deviceKeyStatement } from '../../src/lib/domain/records.ts';
import { didOfKey, statementToRecord } from '../../src/lib/certification/evidence-record.ts';
import type { Did, Signer } from '../../src/lib/certification/keys.ts';
import { signBody } from '../../src/lib/certification/signed.ts';
import type { Statement } from '../../src/lib/certification/statement.ts';
import type { Grant, TrustBody } from '../../src/lib/certification/trust.ts';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { signerOf } from '../certification/kit.ts';
import { random } from '../node/kit.ts';
import { expect, type Staff } from './perigee.ts';

export const password = 'perigee apogee orbit';
const day = 24 * 60 * 60 * 1000;
export const at = (days: number): Instant => instantOf(Date.now() + days * day);

export async function ask(origin: string, path: string, token?: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${origin}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

export interface Member extends Staff {
  readonly person: PersonId;
}

/** Invites a member of staff, who accepts. */
export async function invite(origin: string, admin: Staff, name: string, role: string): Promise<Member> {
  const { code } = await ask(origin, '/api/people', admin.token, { name, role });
  const { token, person } = await ask(origin, '/api/session', undefined, { code, name, password });
  return { name, password, token: String(token), person: person as PersonId };
}

/** A key of a member of staff or of a person's device, which the node binds: for what was signed before the test begins. */
export async function bindKey(origin: string, token: string, device: DeviceId): Promise<Signer> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const proof = sign(null, Buffer.from(canonicalJson(deviceKeyStatement(device, key))), privateKey).toString('base64url');
  await ask(origin, '/api/me/key', token, { device, key: { key, proof } });
  const did = didOfKey(key);
  if (did === null) throw new Error('No key');
  return { did, sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) };
}

/** The keys that the node bound to this member of staff, the newest last. */
export async function keysOf(origin: string, { person, token }: Member): Promise<readonly Did[]> {
  const { rows } = (await ask(origin, `/replica/person/${person}/_all_docs?include_docs=true`, token)) as {
    rows: { doc: { kind: string; key: string; ulid: string } }[];
  };
  return rows
    .map(({ doc }) => doc)
    .filter(({ kind }) => kind === 'binding')
    .sort((a, b) => (a.ulid < b.ulid ? -1 : 1))
    .flatMap(({ key }) => didOfKey(key) ?? []);
}

const root = signerOf('root');
let sequence = 1;

/** Publishes the training centre's list: this node may issue, and these keys have these rights. */
export async function publishTrust(
  node: NodeProcess,
  admin: Staff,
  grants: readonly { readonly to: Did; readonly name: string; readonly rights: Grant['rights'] }[],
): Promise<void> {
  const { issuer } = (await ask(node.origin, '/api/certificates', admin.token)) as { issuer: { did: Did } };
  const grant = ({ to, name, rights }: (typeof grants)[number]): Grant => ({
    format: 'perigee-grant/1',
    by: root.did,
    made: at(-60),
    to,
    name,
    rights,
    programmes: ['trainer', 'master-trainer', 'course-author'],
    from: at(-60),
    until: at(1000),
  });
  const all = [grant({ to: issuer.did, name: 'Regional Centre, Kumasi', rights: ['issue'] }), ...grants.map(grant)];
  sequence += 1;
  const body: TrustBody = {
    format: 'perigee-trust/1',
    by: root.did,
    name: 'Space Information and Training Centre',
    sequence,
    made: at(-1),
    until: at(365),
    programmes: [{ id: 'trainer', version: 1, title: { en: 'Trainer for space applications' } }],
    statements: await Promise.all(all.map((one) => signBody(one, root))),
  };
  const list = await signBody(body, root);
  const file = join(node.data, 'trust-set.json');
  writeFileSync(file, JSON.stringify({ list, statusLists: [] }));
  execFileSync(process.execPath, ['scripts/perigee.ts', 'trust', 'publish', file, '--data', node.data], { stdio: 'pipe' });
}

/** Brings a signed statement into somebody's range, as a device of staff does. */
export async function say(origin: string, by: Member, about: PersonId, body: Statement, signer: Signer): Promise<void> {
  const record = statementToRecord(await signBody(body, signer), { about, writer: by.person, ulid: createUlid(Date.now(), random) });
  if (!record.ok) throw new Error(record.error);
  const answer = await ask(origin, `/replica/person/${about}/_bulk_docs`, by.token, { docs: [record.value] });
  expect(answer).toMatchObject([{ ok: true }]);
}

/** Paths of what the worker keeps behind its installation, as the build wrote them into it. */
function keptLater(): readonly string[] {
  const worker = readFileSync(join(import.meta.dirname, '..', '..', 'build', 'client', 'service-worker.js'), 'utf8').replaceAll('\\"', '"');
  return JSON.parse(/"after":(\[[^\]]*\])/.exec(worker)?.[1] ?? '[]') as string[];
}

/** Waits until the worker has kept all that it keeps behind its installation, whether or not a page that needs it was ever opened. */
export async function untilKept(page: Page): Promise<void> {
  const later = keptLater();
  expect(later.length).toBeGreaterThan(5);
  const lacking = (): Promise<readonly string[]> =>
    page.evaluate(async (paths) => {
      await navigator.serviceWorker.ready;
      const found = await Promise.all(paths.map((path) => caches.match(path)));
      return paths.filter((_path, place) => found[place] === undefined);
    }, later);
  await expect.poll(lacking, { timeout: 60_000 }).toEqual([]);
}

/** The text of the code that is open on the page. */
export const codeText = async (page: Page): Promise<string> => {
  const text = page.getByLabel('The code as text to copy');
  if (!(await text.isVisible())) await page.getByText('The code as text to copy').click();
  return text.inputValue();
};

/** Gives a code to the reader that is open on the page. */
export async function giveCode(page: Page, text: string): Promise<void> {
  await page.getByLabel('The code as text', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Take it' }).click();
}
