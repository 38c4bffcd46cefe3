/** Puts a version in place for the node that runs, one at a time: a file that was handed over and one from above would be unpacked into each other. */
import { instantOf, type Clock } from '../../domain/clock.ts';
import type { NodeId } from '../../domain/ids.ts';
import { err, type Result } from '../../domain/result.ts';
import type { Engine } from '../engine/engine.ts';
import { applyUpdate, type NotTaken } from './apply.ts';
import type { Installation } from './organ.ts';
import type { UpdateManifest } from './update-file.ts';

export type Taking = (file: string, older: boolean) => Promise<Result<UpdateManifest, NotTaken>>;

export function createTaking(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly data: string;
  readonly installation: Installation | null;
  readonly engine: Engine;
  readonly clock: Clock;
}): Taking {
  const { node, version, data, installation, engine, clock } = given;
  let last: Promise<unknown> = Promise.resolve();

  async function take(file: string, older: boolean): Promise<Result<UpdateManifest, NotTaken>> {
    if (installation === null) return err({ code: 'failed', said: 'This node is no installation that could be updated.' });
    return applyUpdate({
      file,
      data,
      node,
      keys: await installation.keys(),
      running: version,
      root: installation.root,
      older,
      epoch: engine.kind === 'couchdb' ? engine.epoch : null,
      now: instantOf(clock()),
    });
  }

  return (file, older) => {
    const next = last.then(() => take(file, older));
    last = next.catch(() => undefined);
    return next;
  };
}
