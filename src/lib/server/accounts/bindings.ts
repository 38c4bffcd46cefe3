/**
 * Device keys. A device that joins makes a key pair of its own and shows that it holds the private half; the node signs that the key is this person's on
 * this device. The binding lies with the accounts, and in the person's range, from where the parent and whoever verifies a signature have it.
 */
import { instantOf, type Clock, type RandomBytes } from '../../domain/clock.ts';
import { createUlid, type DeviceId, type NodeId, type PersonId } from '../../domain/ids.ts';
import { bindingId, bindingStatement, deviceKeyStatement, type BindingRecord } from '../../domain/records.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, isString } from '../../domain/shape.ts';
import { mayWrite } from '../../sync/access.ts';
import type { Database } from '../engine/engine.ts';
import { isSignedBy, type Signer } from './node-key.ts';
import type { AccountStore } from './store.ts';

/** A device's public key, shown with a signature that its holder alone can make. */
export interface ShownKey {
  /** base64url, 32 bytes. */
  readonly key: string;
}

/** Reads `{ key, proof }` of a request; null where there is none, an error where the proof does not hold. */
export function readShownKey(value: unknown, device: DeviceId): Result<ShownKey | null, 'not-shown'> {
  if (value === undefined) return ok(null);
  if (!isObject(value)) return err('not-shown');
  const { key, proof } = value;
  if (!isString(key) || !isString(proof) || !isSignedBy(deviceKeyStatement(device, key), { key, value: proof })) return err('not-shown');
  return ok({ key });
}

export interface Bindings {
  /** The binding of this key; signed now where it is new. The person and the device are signed in. */
  bind(person: PersonId, device: DeviceId, shown: ShownKey): Promise<BindingRecord>;
  /** What this node signed of those of the keys that it knows. */
  of(keys: ReadonlySet<string>): Promise<readonly BindingRecord[]>;
}

export function createBindings(given: {
  readonly node: NodeId;
  readonly signer: Signer;
  readonly store: AccountStore;
  readonly records: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
}): Bindings {
  const { node, signer, store, records, clock, random } = given;

  function sign(person: PersonId, device: DeviceId, key: string): BindingRecord {
    const at = instantOf(clock());
    const ulid = createUlid(clock(), random);
    const said = { person, device, key, writer: node, at };
    return { _id: bindingId(person, device, ulid), kind: 'binding', ...said, ulid, signature: signer.sign(bindingStatement(said)) };
  }

  /** Writes it into the person's range, where it is not there yet. */
  async function publish(binding: BindingRecord): Promise<void> {
    const scope = { type: 'person', person: binding.person } as const;
    const [written] = await records.bulk([binding], {
      newEdits: true,
      gate: (document, previous) => {
        const decision = mayWrite({ type: 'node', node }, scope, document, previous);
        return decision.allow ? null : decision.reason;
      },
    });
    if (written?.ok === false && written.error !== 'conflict') throw new Error(`A binding could not be written: ${written.reason}`);
  }

  return {
    async bind(person, device, { key }) {
      for (;;) {
        const known = await store.get('device', person, device);
        const before = known?.binding;
        const binding =
          before !== undefined && before.key === key && before.signature.key === signer.key ? before : sign(person, device, key);
        const value = { person, device, since: known?.since ?? binding.at, lastContact: known?.lastContact ?? null, binding };
        if (binding !== before && !(await store.put('device', [person, device], value, known?._rev))) continue;
        // Also where it is an older one: a restored database of records may lack it.
        await publish(binding);
        return binding;
      }
    },

    async of(keys) {
      return (await store.list('device')).flatMap(({ binding }) => (binding !== undefined && keys.has(binding.key) ? [binding] : []));
    },
  };
}
