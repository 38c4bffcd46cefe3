import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../lib/domain/ids.ts';
import { readNodeName, settleNodeName, suggestNodeName } from './identity.ts';
import { readSettings } from './settings.ts';

describe('settings', () => {
  it('have the defaults of the contract', () => {
    expect(readSettings({}, {})).toEqual({
      ok: true,
      value: {
        port: 8080,
        host: '127.0.0.1',
        data: './data',
        node: null,
        origin: 'http://127.0.0.1:8080',
        lan: false,
        tls: null,
        couchdb: null,
        upstream: null,
        dev: false,
      },
    });
  });

  it('come from variables, and an option wins', () => {
    const environment = { PORT: '9000', HOST: '0.0.0.0', PERIGEE_DATA: '/srv', PERIGEE_NODE: 'nairobi', PERIGEE_ORIGIN: '' };
    expect(readSettings({ port: '9001' }, environment, { dev: true })).toMatchObject({
      value: { port: 9001, host: '0.0.0.0', data: '/srv', node: 'nairobi', origin: 'http://localhost:9001', dev: true },
    });
    expect(readSettings({}, { HOST: '::1', PORT: '80' })).toMatchObject({ value: { origin: 'http://[::1]' } });
  });

  it.each([
    ['PORT', 'x'],
    ['PORT', '0'],
    ['PORT', '70000'],
    ['HOST', 'not a host'],
    ['PERIGEE_NODE', 'Nairobi!'],
    ['PERIGEE_ORIGIN', 'centre.lan'],
    ['PERIGEE_ORIGIN', 'https://centre.lan/'],
    ['COUCHDB_URL', 'admin:secret@couch:5984'],
    ['PERIGEE_UPSTREAM', 'https://sitc.example'],
    ['PERIGEE_UPSTREAM', 'sitc.example'],
    ['PERIGEE_UPSTREAM_TOKEN', 'secret'],
    ['PERIGEE_LINK_KBPS', '64'],
    ['PERIGEE_TLS_CERT', '/etc/cert.pem'],
    ['PERIGEE_LINK_HOURS', '22-06'],
  ])('%s=%s is refused with a sentence that names it', (variable, value) => {
    const read = readSettings({}, { [variable]: value });
    expect(read).toMatchObject({ ok: false, error: expect.stringMatching(new RegExp(`^${variable} is .{20}`)) as string });
    // A credential is not repeated on a terminal.
    expect(JSON.stringify(read)).not.toContain('secret');
  });
});

describe('a certificate', () => {
  const files = { PERIGEE_TLS_CERT: '/etc/cert.pem', PERIGEE_TLS_KEY: '/etc/key.pem' };

  it('has two files, and says under which address the node is opened', () => {
    expect(readSettings({}, files)).toMatchObject({ value: { tls: { certificate: '/etc/cert.pem', key: '/etc/key.pem' }, origin: null } });
    expect(readSettings({}, { ...files, PERIGEE_ORIGIN: 'https://learn.example' })).toMatchObject({
      value: { origin: 'https://learn.example' },
    });
    expect(readSettings({}, {}, { lan: true })).toMatchObject({ value: { lan: true, host: '0.0.0.0', origin: null } });
  });

  it.each([
    [{ PERIGEE_TLS_KEY: '/etc/key.pem' }, {}, 'PERIGEE_TLS_KEY'],
    [files, { lan: true }, 'PERIGEE_TLS_CERT'],
    [{ ...files, PERIGEE_ORIGIN: 'http://learn.example' }, {}, 'PERIGEE_ORIGIN'],
    [{ PERIGEE_ORIGIN: 'http://centre.lan' }, { lan: true }, 'PERIGEE_ORIGIN'],
  ])('is refused where it makes no sense: %j %j', (environment: Record<string, string>, flags, names) => {
    expect(readSettings({}, environment, flags)).toMatchObject({
      ok: false,
      error: expect.stringMatching(new RegExp(`^${names} is .{20}`)) as string,
    });
  });
});

describe('the parent of a node', () => {
  const token = `peer_accra_${'0'.repeat(52)}`;
  const read = (more: Record<string, string>, options: Parameters<typeof readSettings>[0] = {}) =>
    readSettings(options, { PERIGEE_UPSTREAM: 'https://sitc.example', PERIGEE_UPSTREAM_TOKEN: token, ...more });

  it('has an address, a credential, a rate and hours', () => {
    const limits = { PERIGEE_LINK_KBPS: '64', PERIGEE_LINK_HOURS: '22-06' };
    expect(read({})).toMatchObject({ value: { upstream: { url: 'https://sitc.example', token, kbps: null, hours: null } } });
    expect(read(limits)).toMatchObject({ value: { upstream: { kbps: 64, hours: { from: 22 * 60, to: 6 * 60 } } } });
    expect(read(limits, { 'link-kbps': '8.5' })).toMatchObject({ value: { upstream: { kbps: 8.5 } } });
  });

  it.each([
    ['PERIGEE_UPSTREAM', 'https://sitc.example/perigee'],
    ['PERIGEE_UPSTREAM', 'https://name:secret@sitc.example'],
    ['PERIGEE_UPSTREAM_TOKEN', 'secret'],
    ['PERIGEE_LINK_KBPS', 'fast'],
    ['PERIGEE_LINK_KBPS', '0'],
    ['PERIGEE_LINK_KBPS', '-8'],
    ['PERIGEE_LINK_HOURS', 'at night'],
    ['PERIGEE_LINK_HOURS', '22-26'],
    ['PERIGEE_LINK_HOURS', '8-8'],
  ])('is refused with a sentence where %s=%s', (variable, value) => {
    const refused = read({ [variable]: value });
    expect(refused).toMatchObject({ ok: false, error: expect.stringMatching(new RegExp(`^${variable} is .{20}`)) as string });
    if (variable.endsWith('TOKEN')) expect(JSON.stringify(refused)).not.toContain(value);
  });
});

describe('the name of a node', () => {
  it('is suggested by the machine, or is centre', () => {
    for (const [host, name] of [
      ['Nairobi-01.lan', 'nairobi-01'],
      ['UPPER_case', 'upper-case'],
      ['localhost', 'centre'],
      ['节点', 'centre'],
      ['-', 'centre'],
      ['x'.repeat(90), 'x'.repeat(40)],
    ] as const)
      expect(suggestNodeName(host)).toBe(name);
  });

  it('is settled once for a data folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'perigee-name-'));
    const [nairobi, accra] = ['nairobi' as NodeId, 'accra' as NodeId];
    expect(readNodeName(folder)).toBeNull();
    expect(settleNodeName(folder, null, nairobi)).toEqual({ ok: true, value: nairobi });
    expect(settleNodeName(folder, null, accra)).toEqual({ ok: true, value: nairobi });
    expect(settleNodeName(folder, nairobi, accra)).toEqual({ ok: true, value: nairobi });
    expect(settleNodeName(folder, accra, nairobi)).toMatchObject({ ok: false });
    rmSync(folder, { recursive: true });
  });
});
