/**
 * `POST /sync`: a device asks which revisions are on this node's disk, after a pass on the standard road. The answer is the receipt that the marks in
 * the app follow. What the engine says it holds was synced to disk before it could be read here (engine.ts), so a receipt never runs ahead of the disk.
 */
import { instantOf, isInstant, type Clock } from '../../domain/clock.ts';
import { isDeviceId, isPersonId, type NodeId } from '../../domain/ids.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { bearerOf } from '../accounts/bearer.ts';
import { readShownKey, type Bindings } from '../accounts/bindings.ts';
import type { Contacts, Said } from '../accounts/contacts.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Database, Engine } from '../engine/engine.ts';
import type { OrderBook } from '../orders/book.ts';
import { badRequest, forbidden, json } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Organ } from '../http/organ.ts';
import type { Relayed } from '../upstream/relayed.ts';
import { createRouter } from '../http/router.ts';

/** A device that has more asks again with the rest. */
const maxRevisions = 20_000;

/** What a device tells of itself beside its question; nothing where it is of an older version. */
function readSaid({ clock: shown, app }: JsonObject, now: number): Said {
  return {
    ...(isInstant(shown) ? { skew: Date.parse(shown) - now } : {}),
    ...(typeof app === 'string' && /^[\w.+-]{1,64}$/.test(app) ? { app } : {}),
  };
}

export function createReceipts(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  readonly records: Database;
  readonly relayed: Relayed;
  readonly sessions: Sessions;
  readonly contacts: Contacts;
  readonly orders: OrderBook;
  readonly bindings: Bindings;
  readonly clock: Clock;
}): Organ {
  const { node, engine, records, relayed, sessions, contacts, orders, bindings, clock } = given;
  return createRouter('sync', [
    {
      method: 'POST',
      path: '/sync',
      async answer({ request }) {
        const bearer = await bearerOf(request, sessions);
        if (!bearer.ok) return bearer.error;
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { person, device, revisions } = read.value;
        if (!isPersonId(person) || !isDeviceId(device) || !isObject(revisions))
          return badRequest('The body has person, device and revisions.');
        const { value: who } = bearer;
        if (who.type !== 'device' || who.person !== person || who.device !== device) return forbidden();
        const shown = readShownKey(read.value['key'], device);
        if (!shown.ok) return badRequest('The key of the device is not shown to be its own.');
        const asked = Object.entries(revisions);
        if (asked.length > maxRevisions) return badRequest(`A receipt is about at most ${String(maxRevisions)} documents.`);
        const aliases = (await orders.standing()).sameAs(person).filter((id) => id !== person);
        const open = new Set<string>([person, ...aliases]);
        const within = asked.flatMap(([id, rev]): [string, string][] =>
          typeof rev === 'string' && open.has(id.slice(0, id.indexOf(':'))) ? [[id, rev]] : [],
        );
        const held = await records.held(Object.fromEntries(within));
        contacts.heard(person, device, readSaid(read.value, clock()));
        return json({
          receipt: { node, epoch: engine.epoch, revisions: held },
          // The parent's own receipts, relayed: it may have what this node lost.
          upstream: await relayed.of(person, Object.fromEntries(within)),
          now: instantOf(clock()),
          ...sessions.renew(who),
          ...(shown.value === null ? {} : { binding: await bindings.bind(person, device, shown.value) }),
          ...(aliases.length === 0 ? {} : { aliases }),
        });
      },
    },
  ]);
}
