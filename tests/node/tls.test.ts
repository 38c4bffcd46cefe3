/** The node's certificates: its own authority with its constraints, files that change, TLS and plain HTTP on one port. */
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeLeaf, namesOf, scopeOf, type Credential } from '../../src/lib/server/tls/authority.ts';
import { isPublic, openGivenCertificate } from '../../src/lib/server/tls/given-certificate.ts';
import { openOwnAuthority } from '../../src/lib/server/tls/own-authority.ts';
import { isInScope, lanScope, plainAddress, within, type Scope } from '../../src/lib/server/tls/scope.ts';
import type { Tls } from '../../src/lib/server/tls/tls.ts';
import { createOnePort } from '../../src/server/one-port.ts';
import { answerToPlain } from '../../src/server/plain-http.ts';

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-tls-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const day = 24 * 60 * 60_000;
const scope: Scope = { names: ['dakar.lan'], addresses: ['127.0.0.1', '2001:db8::7'] };
const silent = (): void => undefined;

/** Asks a server on this port for itself; the code of the failure where the client does not believe it. */
function ask(port: number, ca: string, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = httpsRequest({ host: '127.0.0.1', port, ca, servername, path: '/', agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        resolve(String(answer.statusCode));
      });
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    asked.end();
  });
}

async function serve<Value>(tls: Pick<Tls, 'current' | 'onChange'>, work: (port: number) => Promise<Value>): Promise<Value> {
  const { door, servers } = createOnePort(tls as Tls, {}, (request, response) => {
    response.end(Reflect.get(request.socket, 'encrypted') === true ? 'secure' : 'plain');
  });
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  const address = door.address();
  try {
    return await work(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    for (const server of servers) server.closeAllConnections();
    await new Promise((closed) => door.close(closed));
  }
}

const fixed = (credential: Credential): Pick<Tls, 'current' | 'onChange'> => ({ current: () => credential, onChange: silent });

describe('an authority', () => {
  const authority = makeAuthority('Perigee centre dakar', scope, Date.now());

  it('is one of a name, signs nothing below its leaves, and lasts ten years', () => {
    const certificate = new X509Certificate(authority.certificate);
    expect(certificate.subject).toBe('CN=Perigee centre dakar');
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo) - Date.now()).toBeGreaterThan(3600 * day);
    expect(scopeOf(authority.certificate)).toEqual(scope);
    expect(() => makeAuthority('x', { names: [], addresses: ['127.0.0.1'] }, 0)).toThrow(RangeError);
    expect(() => makeAuthority('x', { names: ['a.lan'], addresses: [] }, 0)).toThrow(RangeError);
  });

  it('gives leaves that count from before they were made, and shorter than Apple bears', () => {
    const leaf = new X509Certificate(makeLeaf(authority, scope, Date.now()).certificate);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(namesOf(leaf.toString())).toEqual(scope);
    expect(Date.parse(leaf.validFrom)).toBeLessThan(Date.now() - 29 * day);
    expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBeLessThan(825 * day);
  });

  it('is believed for its names and addresses, and for no other', async () => {
    const outside: readonly (readonly [Scope, string])[] = [
      [{ names: ['bank.example'], addresses: [] }, 'bank.example'],
      [{ names: ['dakar.lan', 'mail.example'], addresses: [] }, 'dakar.lan'],
      [{ names: ['dakar.lan'], addresses: ['192.168.1.1'] }, 'dakar.lan'],
      [{ names: ['dakar.lan'], addresses: ['2001:db8::8'] }, 'dakar.lan'],
    ];
    await serve(fixed(makeLeaf(authority, scope, Date.now())), async (port) => {
      expect(await ask(port, authority.certificate, 'dakar.lan')).toBe('200');
      expect(await ask(port, makeAuthority('another', scope, Date.now()).certificate, 'dakar.lan')).not.toBe('200');
    });
    for (const [wrong, name] of outside)
      await serve(fixed(makeLeaf(authority, wrong, Date.now())), async (port) => {
        expect(await ask(port, authority.certificate, name), JSON.stringify(wrong)).toMatch(/PERMITTED|permitted|UNSPECIFIED/i);
      });
  });

  it('reads back every scope that it was made with', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 2, maxLength: 3 }).map((labels) => labels.join('.'));
    const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((one) => plainAddress(one) ?? '127.0.0.1');
    fc.assert(
      fc.property(
        fc.record({
          names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
          addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 4 }),
        }),
        (made) => {
          expect(scopeOf(makeAuthority('Centre', made, Date.now()).certificate)).toEqual(made);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('names and addresses of a machine', () => {
  const machine = [
    { address: '127.0.0.1', internal: true },
    { address: '192.168.1.5', internal: false },
    { address: 'fe80::1%eth0', internal: false },
    { address: '2001:DB8:0::7', internal: false },
  ];

  it('begin with what was chosen, and leave out what no browser opens', () => {
    expect(lanScope('learn.dakar.lan', 'Pi-4.home', 'dakar', machine)).toEqual({
      names: ['learn.dakar.lan', 'pi-4.local', 'pi-4.lan', 'pi-4.home.arpa', 'dakar.local', 'dakar.lan', 'dakar.home.arpa'],
      addresses: ['192.168.1.5', '2001:db8::7', '127.0.0.1'],
    });
    expect(lanScope('192.168.1.9', 'localhost', '-', []).addresses).toEqual(['192.168.1.9', '127.0.0.1']);
    expect(lanScope(null, '节点', '-', []).names).toEqual(['perigee.local']);
    // A label alone may be a whole top-level domain.
    expect(lanScope('paris', 'pi', 'dakar', []).names).not.toContain('paris');
  });

  it('are in a scope by name, below a name, or as the very address', () => {
    expect(isInScope(scope, 'DAKAR.lan')).toBe(true);
    expect(isInScope(scope, 'www.dakar.lan')).toBe(true);
    expect(isInScope(scope, 'notdakar.lan')).toBe(false);
    expect(isInScope(scope, '[2001:db8:0::7]')).toBe(true);
    expect(isInScope(scope, '127.0.0.2')).toBe(false);
    expect(within({ names: ['dakar.lan', 'x.lan'], addresses: ['10.0.0.1', '127.0.0.1'] }, scope)).toEqual({
      names: ['dakar.lan'],
      addresses: ['127.0.0.1'],
    });
  });
});

describe('the authority in the data folder', () => {
  const open = (data: string, more: { now?: () => number; wanted?: Scope; chosen?: string | null; log?: (line: string) => void } = {}) =>
    openOwnAuthority({
      data,
      title: 'Perigee centre dakar',
      chosen: more.chosen ?? null,
      wanted: () => more.wanted ?? scope,
      clock: more.now ?? Date.now,
      log: more.log ?? silent,
    });
  const opened = (...given: Parameters<typeof open>): Tls => {
    const tls = open(...given);
    if (!tls.ok) throw new Error(tls.error);
    tls.value.close();
    return tls.value;
  };

  it('is made once, and its files are their owner’s alone', () => {
    const data = newFolder();
    const first = opened(data);
    const again = opened(data);
    expect(again.authority).toEqual(first.authority);
    expect(again.current()).toEqual(first.current());
    const folder = join(data, 'authority');
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const name of ['authority-key.pem', 'leaf-key.pem']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    chmodSync(folder, 0o755);
    const said: string[] = [];
    opened(data, { log: (line) => said.push(line) });
    expect(said.join()).toMatch(/Others on this machine could read/);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('renews its leaf before it ends, and when the machine has another address that it may speak for', () => {
    const data = newFolder();
    let now = Date.now();
    const wide = { names: ['dakar.lan'], addresses: ['127.0.0.1', '192.168.1.5'] };
    const tls = open(data, { now: () => now, wanted: wide });
    if (!tls.ok) throw new Error(tls.error);
    const changes: string[] = [];
    tls.value.onChange(({ certificate }) => changes.push(certificate));
    tls.value.look();
    expect(changes).toEqual([]);
    now += 280 * day;
    tls.value.look();
    expect(changes).toEqual([tls.value.current().certificate]);
    tls.value.close();
    const moved = opened(data, { now: () => now, wanted: { names: ['pi.local'], addresses: ['10.0.0.7', '127.0.0.1'] } });
    // The name stays, the new address is outside of what devices were asked to trust.
    expect(namesOf(moved.current().certificate)).toEqual({ names: ['dakar.lan'], addresses: ['127.0.0.1'] });
  });

  it('says what is wrong and what to do', () => {
    const data = newFolder();
    opened(data);
    expect(open(data, { chosen: 'learn.example' })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/speaks for dakar\.lan.* and not for learn\.example.*PERIGEE_ORIGIN/) as string,
    });
    rmSync(join(data, 'authority', 'authority-key.pem'));
    const said: string[] = [];
    const before = readFileSync(join(data, 'authority', 'authority.pem'), 'utf8');
    expect(opened(data, { log: (line) => said.push(line) }).authority?.certificate).not.toBe(before);
    expect(said.join()).toMatch(/key of the authority .* is missing/);
  });
});

describe('a certificate from elsewhere', () => {
  const root = makeAuthority('Somebody’s authority', scope, Date.now());
  const write = (folder: string, leaf: Credential): { certificate: string; key: string } => {
    const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    writeFileSync(files.certificate, leaf.certificate);
    writeFileSync(files.key, leaf.key);
    return files;
  };

  it('is read again when it changes; one that is bad leaves the one before', async () => {
    const folder = newFolder();
    const files = write(folder, makeLeaf(root, scope, Date.now()));
    const said: string[] = [];
    const tls = openGivenCertificate({ ...files, chosen: 'dakar.lan', clock: Date.now, log: (line) => said.push(line) });
    if (!tls.ok) throw new Error(tls.error);
    const serial = (port: number): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', ca: root.certificate, servername: 'dakar.lan' }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
      });
    await serve(tls.value, async (port) => {
      const first = await serial(port);
      writeFileSync(files.key, 'nothing');
      tls.value.look();
      tls.value.look();
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(/key\.pem holds no private key/);
      expect(await serial(port)).toBe(first);
      write(folder, makeLeaf(root, scope, Date.now()));
      tls.value.look();
      const second = await serial(port);
      expect(second).not.toBe(first);
      expect(second).toBe(new X509Certificate(readFileSync(files.certificate)).serialNumber);
    });
    tls.value.close();
  });

  it.each<[string, (folder: string, files: { certificate: string; key: string }) => void, string | null, RegExp]>([
    ['is missing', (_, { certificate }) => rmSync(certificate), null, /cert\.pem cannot be read/],
    ['is none', (_, { certificate }) => writeFileSync(certificate, 'x'), null, /holds no certificate/],
    [
      'is cut off',
      (_, { certificate }) => writeFileSync(certificate, readFileSync(certificate, 'utf8').replace(/\n.{20}/, '\n')),
      null,
      /not whole/,
    ],
    ['has another key', (_, { key }) => writeFileSync(key, root.key), null, /is not the key of/],
    ['has ended', (folder) => void write(folder, makeLeaf(root, scope, Date.now() - 400 * day)), null, /ended on/],
    ['is for another name', () => undefined, 'learn.example', /is for DNS:dakar\.lan.* and not for learn\.example/],
  ])('that %s is refused with a sentence', (_, spoil, chosen, sentence) => {
    const folder = newFolder();
    const files = write(folder, makeLeaf(root, scope, Date.now()));
    spoil(folder, files);
    expect(openGivenCertificate({ ...files, chosen, clock: Date.now, log: silent })).toMatchObject({
      ok: false,
      error: expect.stringMatching(sentence) as string,
    });
  });

  it('is public where its chain ends at an authority that browsers know, and not otherwise', () => {
    const leaf = makeLeaf(root, scope, Date.now()).certificate;
    expect(isPublic(leaf)).toBe(false);
    expect(isPublic(leaf, [root.certificate])).toBe(true);
    expect(isPublic(leaf + root.certificate, [root.certificate])).toBe(true);
    const other = makeAuthority('another', scope, Date.now()).certificate;
    expect(isPublic(leaf + other, [other])).toBe(false);
    expect(isPublic('')).toBe(false);
  });
});

describe('plain HTTP at a node with a certificate', () => {
  const origin = 'https://dakar.lan:8080';
  const answer = (kind: Tls['kind'], method: string, url: string, isLocal = false, headers: Record<string, string> = {}) =>
    answerToPlain({ method, url, headers }, kind, origin, isLocal);

  it.each([
    ['POST', '/api/session'],
    ['GET', '/api/people'],
    ['POST', '/sync'],
    ['GET', '/replica/person/x/'],
    ['GET', '/metrics'],
    ['POST', '/_session'],
  ])('takes no secret from another machine: %s %s', async (method, url) => {
    for (const kind of ['own', 'other', 'public'] as const) {
      const refused = answer(kind, method, url);
      expect(refused?.status).toBe(403);
      expect(await refused?.text()).toContain(origin);
    }
    expect(answer('own', method, url, true)).toBeNull();
  });

  it('refuses a token wherever it is sent', () => {
    expect(answer('own', 'GET', '/catalogue', false, { authorization: 'Bearer x' })?.status).toBe(403);
  });

  it('reads lessons to all under the node’s own authority, and leads to https under any other', () => {
    for (const url of ['/', '/courses/x/y', '/trust', '/api/trust', '/api/trust/authority.crt', '/api/node', '/content/catalogue'])
      expect(answer('own', 'GET', url), url).toBeNull();
    expect(answer('public', 'GET', '/courses/x?lang=fr')?.headers.get('location')).toBe(`${origin}/courses/x?lang=fr`);
    expect(answer('public', 'GET', '/health')).toBeNull();
  });
});

it('one port speaks TLS and plain HTTP, also where the first bytes come late and in pieces', async () => {
  const authority = makeAuthority('Perigee centre dakar', scope, Date.now());
  const leaf = makeLeaf(authority, scope, Date.now());
  await serve(fixed(leaf), async (port) => {
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).toBe('plain');
    expect(await ask(port, authority.certificate, 'dakar.lan')).toBe('200');
    const { connect: dial } = await import('node:net');
    const answer = await new Promise<string>((resolve) => {
      const socket = dial(port, '127.0.0.1', () => {
        socket.write('G');
        setTimeout(() => socket.write('ET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'), 30);
      });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => {
        resolve(text);
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200[\s\S]*plain/);
  });
});
