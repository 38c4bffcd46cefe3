/** A list of trust, status lists and certificates with dates around a moment that is really now: for nodes and browsers with clocks of their own. */
import { encodeQR } from 'qr';
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import type { TrustSet } from '#lib/certification/trust-set.ts';
import { printedPage, type Tones } from './photograph.ts';
import { centre, certificate, day, grantBody, paper, statusOf, trustListOf } from './world.ts';

export const around = (now: number) => {
  const on = (days: number): Instant => instantOf(now + days * day);
  const printed = (holder: string): Promise<string> => paper({ from: on(-10), until: on(900), signed: on(-10), holder });
  return {
    on,
    async set(revoked: readonly number[] = []): Promise<TrustSet> {
      const fresh = { made: on(revoked.length === 0 ? -1 : -0.5), until: on(60) };
      const grant = grantBody({ made: on(-400), from: on(-365), until: on(1000) });
      const list = await trustListOf([grant], { made: on(-2), until: on(90), sequence: 10 + revoked.length });
      return { list, statusLists: [await statusOf('revocation', revoked, fresh), await statusOf('suspension', [], fresh)] };
    },
    badge: () => certificate({ from: on(-10), until: on(900), awarded: on(-10) }, centre, on(-10)),
    /** A picture of the printed code. */
    photo: async (holder: string): Promise<Buffer> =>
      Buffer.from(encodeQR(await printed(holder), 'gif', { ecc: 'medium', scale: 5, border: 4 })),
    /** The page that it is printed on. */
    page: async (holder: string): Promise<Tones> => printedPage(await printed(holder)),
  };
};
