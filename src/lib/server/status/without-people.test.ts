import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutPeople } from './without-people.ts';

const folders = [
  ['/srv/perigee/data', '<data>'],
  ['/srv/perigee', '<node>'],
] as const;
const clean = (line: string, names: readonly string[] = []): string => withoutPeople(line, { folders, names });

describe('a line for whoever helps', () => {
  it.each([
    ['/srv/perigee/data/node.sqlite: disk I/O error', '<data>/node.sqlite: disk I/O error'],
    ['/srv/perigee/courses/x/course.yaml:3:1 error', '<node>/courses/x/course.yaml:3:1 error'],
    ["ENOENT: open '/home/amina/backup.tar'", "ENOENT: open '/home/<somebody>/backup.tar'"],
    ['connect ECONNREFUSED 192.168.1.17:5984', 'connect ECONNREFUSED <address>:5984'],
    ['read fe80::1ff:fe23:4567:890a', 'read <address>'],
    ['The parent https://peer_accra_0123456789abcdef@sitc.example.org: broke', 'The parent https://<credential>@sitc.example.org: broke'],
    ['http://admin:secret@couch.example.org:5984/ does not answer', 'http://<credential>@couch.example.org:5984/ does not answer'],
    ['authorization: Bearer abc.def', 'authorization: Bearer <credential>'],
    ['peer_accra_0123456789abcdef was refused', '<credential> was refused'],
    ['the code 8GXQF-1M0ZT was used', 'the code <code> was used'],
    ['a letter to amina@example.org', 'a letter to <mail>'],
    // What helps stays.
    ['Started, version 0.2.0+4fb56d1234, at http://127.0.0.1:8080.', 'Started, version 0.2.0+4fb56d1234, at http://127.0.0.1:8080.'],
    ['2026-11-30T12:00:00.000Z 22:00-06:00', '2026-11-30T12:00:00.000Z 22:00-06:00'],
    ['Published satellite-navigation.', 'Published satellite-navigation.'],
    ['sitc.example.org answers again.', 'sitc.example.org answers again.'],
  ])('%s', (line, expected) => {
    expect(clean(line)).toBe(expected);
  });

  it('names nobody whom the node knows, and leaves words that hold a name', () => {
    expect(clean('Awa Keita, آمنة and 王芳 wrote; Awatef stays', ['Awa', 'Awa Keita', 'آمنة', '王芳'])).toBe(
      '<somebody>, <somebody> and <somebody> wrote; Awatef stays',
    );
  });

  it('holds no address, code or credential, whatever stands around them', () => {
    const around = fc.string({ maxLength: 12 }).map((text) => text.replace(/[\p{L}\p{N}_.:@/-]/gu, ' '));
    fc.assert(
      fc.property(
        around,
        around,
        fc.oneof(
          fc.ipV4().filter((ip) => !['127.0.0.1', '0.0.0.0'].includes(ip)),
          fc.constantFrom('8GXQF-1M0ZT', 'peer_accra_0123456789abcdef', 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbWluYSJ9.c2lnbmF0dXJl'),
        ),
        (before, after, secret) => {
          expect(clean(`${before} ${secret} ${after}`)).not.toContain(secret);
        },
      ),
    );
  });
});
