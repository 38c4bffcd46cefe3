import type { PersonId } from '#lib/domain/ids.ts';
import type { Result } from '#lib/domain/result.ts';
import { advanceSession, startSession } from '#lib/sync/session.ts';
import type { Command, Journal, Outcome, PassFailure, Receipt, Replica, Revisions, SessionEvent } from '#lib/sync/session.ts';

export interface PassPorts {
  readonly journal: Journal;
  readonly replica: Replica;
  /** `POST /sync`: what of these revisions the node has on its disk. */
  readonly ask: (revisions: Revisions) => Promise<Result<Receipt, PassFailure>>;
}

/**
 * The hands of the session: does each command and tells how it went. Expected failures end the pass; bugs throw.
 *
 * @param advance the session itself; a simulation gives it a wrong one, to see that this would be noticed
 */
export async function runPass(person: PersonId, { journal, replica, ask }: PassPorts, advance = advanceSession): Promise<Outcome> {
  const failed = (failure: PassFailure): SessionEvent => ({ type: 'failed', failure });

  const perform = async (command: Exclude<Command, { do: 'stop' }>): Promise<SessionEvent> => {
    switch (command.do) {
      case 'hand-over': {
        const waiting = await journal.waiting(person);
        if (waiting.length === 0) return { type: 'handed-over', changed: 0 };
        const { revisions, changed } = await replica.put(waiting);
        const handed = waiting.flatMap(({ id, version }) => {
          const descent = revisions.get(id);
          return descent === undefined ? [] : [{ id, version, ...descent }];
        });
        await journal.handedOver(person, handed);
        return { type: 'handed-over', changed };
      }
      case 'replicate': {
        const done = await replica.replicate();
        return done.ok ? { type: 'replicated' } : failed(done.error);
      }
      case 'mirror':
        await replica.mirror((documents) => journal.mirror(person, documents));
        return { type: 'mirrored' };
      case 'list':
        return { type: 'listed', revisions: await journal.unconfirmed(person) };
      case 'ask': {
        const answer = await ask(command.revisions);
        return answer.ok ? { type: 'answered', receipt: answer.value } : failed(answer.error);
      }
      case 'mark':
        return { type: 'marked', withdrawn: await journal.receipted(person, command.receipt) };
      case 'list-unrelayed':
        return { type: 'listed-unrelayed', ...(await journal.unrelayed(person)) };
      case 'note-relay':
        await journal.noteRelay(person, command.key);
        return { type: 'relay-noted' };
      case 'send-again': {
        const done = await replica.sendAgain(command.ids);
        return done.ok ? { type: 'sent-again' } : failed(done.error);
      }
    }
  };

  let step = startSession();
  while (step.command.do !== 'stop') step = advance(step.state, await perform(step.command));
  return step.command.outcome;
}
