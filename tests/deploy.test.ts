/** What lies in `deploy/`: that it is whole and says what the node understands. No container engine ran the one, and no systemd the other (docs/centre.md); `systemd-analyze verify` found no fault in the unit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isListOf, isObject, isString, type JsonObject } from '../src/lib/domain/shape.ts';
import { readSettings, serveOptions } from '../src/server/settings.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Variables that a node reads when it starts. */
const known = new Set<string>([
  ...Object.values(serveOptions).map(({ variable }) => variable),
  'PERIGEE_RELEASE_KEY',
  'PERIGEE_UPDATE_PATIENCE',
]);

function objectOf(value: unknown, name: string): JsonObject {
  if (!isObject(value)) throw new Error(`${name} is no object`);
  return value;
}

describe('compose.yaml', () => {
  const compose = objectOf(parse(read('deploy/compose.yaml')), 'compose.yaml');
  const services = objectOf(compose['services'], 'services');
  const node = objectOf(services['node'], 'services.node');
  const couch = objectOf(services['couchdb'], 'services.couchdb');
  const volumes = Object.keys(objectOf(compose['volumes'], 'volumes'));

  it('declares every volume that is mounted, and every service that another waits for', () => {
    for (const service of [node, couch]) {
      const mounts = service['volumes'];
      if (!isListOf(isString)(mounts)) throw new Error('No volumes');
      for (const from of mounts.map((mount) => mount.split(':')[0] ?? '')) expect(from === '..' || volumes.includes(from)).toBe(true);
    }
    expect(node['depends_on']).toEqual(['couchdb']);
  });

  it('gives the node settings that it reads, in forms that it takes', () => {
    const environment = Object.entries(objectOf(node['environment'], 'environment'));
    for (const [name] of environment) expect(known).toContain(name);
    const filled = Object.fromEntries(
      environment.map(([name, value]) => [
        name,
        String(value)
          .replace('${COUCHDB_PASSWORD}', 'secret')
          .replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
      ]),
    );
    expect(JSON.stringify(filled)).not.toContain('${');
    const settings = readSettings({}, filled, { dev: false, lan: false });
    expect(settings).toMatchObject({ ok: true, value: { port: 8080, data: '/data', couchdb: 'http://perigee:secret@couchdb:5984/' } });
    expect(node['ports']).toEqual(['8080:8080']);
  });

  it('publishes no port of CouchDB, and starts with no password of its own', () => {
    expect(couch['ports']).toBeUndefined();
    expect(objectOf(couch['environment'], 'environment')['COUCHDB_PASSWORD']).toMatch(/^\$\{COUCHDB_PASSWORD:\?/);
  });
});

describe('perigee.service', () => {
  const lines = read('deploy/perigee.service')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (name: string): string => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';

  it('gives the node settings that it reads, and a data folder that only its user opens', () => {
    const pairs = of('Environment')
      .split(' ')
      .map((pair) => pair.split('='));
    for (const [name] of pairs) expect(known).toContain(name);
    expect(Object.fromEntries(pairs)).toMatchObject({ PERIGEE_DATA: `/var/lib/${of('StateDirectory')}` });
    expect([of('StateDirectoryMode'), of('UMask'), of('User')]).toEqual(['0700', '0077', 'perigee']);
  });

  it('starts what takes updates and comes back after a fault', () => {
    expect(of('ExecStart')).toMatch(/npm start/);
    expect(JSON.parse(read('package.json'))).toMatchObject({ scripts: { start: expect.stringContaining('up.mjs start') as string } });
    expect([of('Restart'), Number(of('TimeoutStopSec')) > 5]).toEqual(['always', true]);
  });
});
