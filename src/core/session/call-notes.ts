/**
 * What is worth a note in a call that goes on: sound that the browser holds back, a weak network, an agent that took over
 * with the conversation. It owns these three facts as they are shown, and decides which handover is news.
 */
import { Writable } from '../readable.ts';
import type { RoomEvent } from '../ports.ts';
import type { AgentHandover, NetworkQuality } from './types.ts';

/** One session's. */
export class CallNotes {
  readonly audioBlocked: Writable<boolean>;
  readonly quality: Writable<NetworkQuality>;
  readonly handover: Writable<AgentHandover | undefined>;
  /** The agent whose context has been told. */
  #contextOf: string | undefined;

  constructor(onWatcherError: (error: unknown) => void) {
    this.audioBlocked = new Writable<boolean>(false, onWatcherError);
    this.quality = new Writable<NetworkQuality>('good', onWatcherError);
    this.handover = new Writable<AgentHandover | undefined>(undefined, onWatcherError);
  }

  /** An agent knows the conversation. `agentWasHere`: there had been one before it. False when that is no news. */
  handedOver(
    { origin, agentId }: RoomEvent & { type: 'agentContext' },
    agentWasHere: boolean,
    atMonoMs: number,
  ): boolean {
    if (agentId === this.#contextOf) return false;
    this.#contextOf = agentId;
    // Who comes into a call whose agent was replaced earlier has nothing to be told.
    if (origin === 'handedOver' && !agentWasHere) return false;
    this.handover.set({ origin, atMonoMs });
    return true;
  }

  /** No room stands: the next one tells what is blocked or weak in it. */
  leftRoom(): void {
    this.audioBlocked.set(false);
    this.quality.set('good');
  }

  /** The session is over. */
  reset(): void {
    this.#contextOf = undefined;
    this.leftRoom();
    this.handover.set(undefined);
  }
}
