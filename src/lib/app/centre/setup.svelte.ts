/** How far a centre is set up, for the page of the first steps and for the pages on which the same is changed later. */
import { err, ok } from '#lib/domain/result.ts';
import type { TeachFailure, TeachResult } from '../teach-client.ts';
import { teaching } from '../teach.svelte.ts';
import { setupClient, type Setup, type SetupClient, type SetupStanding } from './setup-client.ts';

const token = (): string | null => (teaching.administrator && teaching.standing.type === 'in' ? teaching.standing.session.token : null);

export class SettingUp {
  /** Null until the node said it. */
  standing = $state.raw<SetupStanding | null>(null);
  failure = $state.raw<TeachFailure | null>(null);
  #client: SetupClient | null = null;

  get client(): SetupClient {
    return (this.#client ??= setupClient());
  }

  /** What an administrator sees; null where nobody is signed in as one. */
  get open(): Setup | null {
    return this.standing !== null && 'courses' in this.standing ? this.standing : null;
  }

  async load(): Promise<void> {
    const answer = await this.client.standing(token());
    this.failure = answer.ok ? null : answer.error;
    if (answer.ok) this.standing = answer.value;
  }

  /** Does something as the administrator who is signed in, and shows what stands then. */
  async change(act: (token: string, client: SetupClient) => Promise<TeachResult<Setup>>): Promise<TeachResult<Setup>> {
    const answer = await this.ask(act);
    if (answer.ok) this.standing = answer.value;
    return answer;
  }

  async ask<Value>(act: (token: string, client: SetupClient) => Promise<TeachResult<Value>>): Promise<TeachResult<Value>> {
    const present = token();
    if (present === null) return err({ type: 'expired' });
    const answer = await act(present, this.client);
    if (!answer.ok && answer.error.type === 'expired') teaching.signOut();
    return answer.ok ? ok(answer.value) : answer;
  }
}
