import { expect, it } from 'vitest';
import { addressName, createThrottle } from './throttle.ts';

it('lets five tries fail, then waits longer and longer, at most five minutes', () => {
  let now = 0;
  const throttle = createThrottle(() => now);
  for (let n = 0; n < 5; n++) {
    expect(throttle.wait(['a'])).toBe(0);
    throttle.failed(['a']);
  }
  const waits: number[] = [];
  for (let n = 0; n < 8; n++) {
    waits.push(throttle.wait(['b', 'a']));
    now += throttle.wait(['a']) * 1000;
    expect(throttle.wait(['a'])).toBe(0);
    throttle.failed(['a']);
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  throttle.succeeded('a');
  expect(throttle.wait(['a'])).toBe(0);
});

it('forgets after a quarter of an hour, and holds a bounded number of names', () => {
  let now = 0;
  const throttle = createThrottle(() => now);
  for (let n = 0; n < 4; n++) throttle.failed(['a']);
  now += 15 * 60_000 + 1;
  for (let n = 0; n < 4; n++) throttle.failed(['a']);
  expect(throttle.wait(['a'])).toBe(0);
  for (let n = 0; n < 5; n++) throttle.failed(['old']);
  for (let n = 0; n < 10_000; n++) throttle.failed([`n${String(n)}`]);
  expect(throttle.wait(['old'])).toBe(0);
});

it('counts an IPv6 network as one address', () => {
  expect(addressName('2001:db8:1:2:aaaa::1')).toBe(addressName('2001:db8:1:2::9'));
  expect(addressName('2001:db8:1:2::1')).not.toBe(addressName('2001:db8:1:3::1'));
  expect(addressName('::ffff:10.0.0.7')).toBe(addressName('10.0.0.7'));
  expect(addressName('fe80::1%eth0')).toBe(addressName('fe80::2'));
});
