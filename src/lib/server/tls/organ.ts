/** `/api/trust`: how a device learns to trust this node. Open to all, over plain HTTP too: the authority's certificate is no secret, and who wants to be sure compares its fingerprint with the one at the centre. */
import { createHash, X509Certificate } from 'node:crypto';
import encodeQR from 'qr';
import type { NodeId } from '../../domain/ids.ts';
import { json, notFound } from '../http/answer.ts';
import type { Route } from '../http/organ.ts';
import type { Tls } from './tls.ts';

/** A UUID that is always the same for the same text (RFC 9562, 5.8). */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const escapeXml = (text: string): string => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign);

/** A profile of Apple's systems with the authority in it: opened, it asks to be installed. */
function appleProfile(node: string, title: string, der: Buffer): string {
  const entry = (key: string, value: string): string => `<key>${key}</key><string>${escapeXml(value)}</string>`;
  const numbers = '<key>PayloadVersion</key><integer>1</integer>';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0"><dict>',
    `<key>PayloadContent</key><array><dict>${entry('PayloadType', 'com.apple.security.root')}${numbers}`,
    entry('PayloadIdentifier', `org.perigee.${node}.authority`) + entry('PayloadUUID', uuidOf(`authority ${der.toString('base64')}`)),
    `${entry('PayloadDisplayName', title)}<key>PayloadContent</key><data>${der.toString('base64')}</data></dict></array>`,
    entry('PayloadType', 'Configuration') + numbers + entry('PayloadDisplayName', title),
    entry('PayloadIdentifier', `org.perigee.${node}`) + entry('PayloadUUID', uuidOf(`profile ${der.toString('base64')}`)),
    '</dict></plist>',
    '',
  ].join('\n');
}

/** For laptops that the centre owns: Chromium's and Chrome's managed policies. They trust the authority, within its constraints, and have the app. */
const chromiumPolicy = (origin: string, der: Buffer): object => ({
  CACertificates: [der.toString('base64')],
  WebAppInstallForceList: [{ url: `${origin}/`, default_launch_container: 'window', create_desktop_shortcut: true }],
});

/** Firefox takes the certificate from a file beside its policies. */
const firefoxPolicy = (): object => ({ policies: { Certificates: { Install: ['/etc/firefox/policies/perigee.crt'] } } });

/** The address that a phone types first: by number, for its name may not be known to it yet, and over plain HTTP. */
export function firstAddress(addresses: readonly string[], port: string): string {
  const address = addresses.find((one) => !one.startsWith('127.')) ?? '127.0.0.1';
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/trust`;
}

export function createTlsRoutes(given: { readonly node: NodeId; readonly origin: string; readonly tls: Tls | null }): readonly Route[] {
  const { node, origin, tls } = given;
  const authority = tls?.authority ?? null;
  const known = authority === null ? null : { ...authority, parsed: new X509Certificate(authority.certificate) };
  const first = known === null ? null : firstAddress(known.scope.addresses, new URL(origin).port || '443');
  const title = known?.parsed.subject.replace(/^CN=/, '') ?? '';

  const file = (name: string, type: string, bytes: (one: NonNullable<typeof known>) => string | Buffer): Route => ({
    method: 'GET',
    path: `/api/trust/${name}`,
    answer: () =>
      Promise.resolve(
        known === null
          ? notFound()
          : new Response(new Uint8Array(Buffer.from(bytes(known))), {
              headers: {
                'content-type': type,
                'content-disposition': `attachment; filename="perigee-${node}.${name.replace(/^.*\./, '')}"`,
              },
            }),
      ),
  });

  return [
    {
      method: 'GET',
      path: '/api/trust',
      answer: () =>
        Promise.resolve(
          json({
            origin,
            kind: tls?.kind ?? null,
            first,
            authority:
              known === null
                ? null
                : {
                    title,
                    fingerprint: known.parsed.fingerprint256,
                    until: new Date(known.parsed.validTo).toISOString(),
                    names: known.scope.names,
                    addresses: known.scope.addresses,
                  },
          }),
        ),
    },
    {
      method: 'GET',
      path: '/api/trust/code.svg',
      // Dark on white in every theme and on paper: cameras expect it so.
      answer: () =>
        Promise.resolve(
          first === null
            ? notFound()
            : new Response(
                encodeQR(first, 'svg', { ecc: 'medium', border: 4 }).replace(
                  '><path',
                  '><rect width="100%" height="100%" fill="#fff"/><path',
                ),
                {
                  headers: { 'content-type': 'image/svg+xml' },
                },
              ),
        ),
    },
    // Android and Windows take it in this form.
    file('authority.crt', 'application/x-x509-ca-cert', ({ parsed }) => parsed.raw),
    file('authority.pem', 'application/x-pem-file', ({ certificate }) => certificate),
    file('authority.mobileconfig', 'application/x-apple-aspen-config', ({ parsed }) => appleProfile(node, title, parsed.raw)),
    file('chromium.json', 'application/json', ({ parsed }) => `${JSON.stringify(chromiumPolicy(origin, parsed.raw), null, 2)}\n`),
    file('firefox.json', 'application/json', () => `${JSON.stringify(firefoxPolicy(), null, 2)}\n`),
  ];
}
