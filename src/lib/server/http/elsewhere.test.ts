import { describe, expect, it } from 'vitest';
import { elsewhere, type Elsewhere } from './elsewhere.ts';

type Kind = 'public' | 'own' | 'other' | null;

describe('where a page was opened', () => {
  it.each<[string, Kind, string, boolean, boolean, Elsewhere | null]>([
    // The machine itself, as npm start leaves it.
    ['http://127.0.0.1:8080', null, '127.0.0.1:8080', false, true, null],
    ['http://127.0.0.1:8080', null, 'localhost:8080', false, true, 'other'],
    ['http://127.0.0.1:8080', null, '127.0.0.1:9999', false, true, null],
    // A phone, and a node without a certificate.
    ['http://localhost:8080', null, '192.168.1.5:8080', false, false, 'bare'],
    ['http://dakar.lan:8080', null, 'dakar.lan:8080', false, false, 'bare'],
    ['http://dakar.lan:8080', null, '192.168.1.5:8080', false, false, 'other'],
    // The node's own authority.
    ['https://dakar.lan:8080', 'own', 'dakar.lan:8080', true, false, null],
    ['https://dakar.lan:8080', 'own', 'dakar.lan:8080', false, false, 'plain'],
    ['https://dakar.lan:8080', 'own', '192.168.1.5:8080', false, false, 'plain'],
    ['https://dakar.lan:8080', 'own', '192.168.1.5:8080', true, false, 'other'],
    ['https://dakar.lan:8080', 'own', 'localhost:8080', false, true, 'other'],
    ['https://dakar.lan', 'public', 'dakar.lan', true, false, null],
    ['https://dakar.lan', 'public', 'dakar.lan:443', true, false, null],
    // A web server before the node, on the same machine and on another.
    ['https://learn.example', null, '127.0.0.1:8080', false, true, null],
    ['https://learn.example', null, 'learn.example', true, true, null],
    ['https://learn.example', null, 'other.example', true, true, 'other'],
    ['https://learn.example', null, 'not a host', true, true, null],
  ])('canonical %s (%s), opened at %s, encrypted %s, from here %s: %s', (origin, tls, host, encrypted, fromHere, expected) => {
    expect(elsewhere({ origin, tls }, { host, encrypted, fromHere })).toBe(expected);
  });
});
