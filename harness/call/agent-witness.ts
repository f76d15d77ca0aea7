/**
 * Listens to what the agent side reports of its sessions and keeps the facts of one call. Owns the subscription, not
 * the agent. A fresh stack serves one call, so all reports since its start belong to it.
 */
import { WORD_MS } from '../../src/shared/tone-words.ts';
import type { AgentReport } from '../agent/agent-report.ts';
import type { ClaraVoiceAgent } from '../agent/clara-voice-agent.ts';
import type { Running } from '../contracts.ts';
import type { AgentFacts, TimedWord } from './call-facts.ts';

/** Keeps what the agent said and heard. */
export class AgentWitness implements Running {
  readonly #heard: TimedWord[] = [];
  readonly #spoken: TimedWord[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #listeningFromWallMs: number | undefined;
  #userJoins = 0;
  #agentJoins = 0;
  #exits = 0;

  constructor(agent: Pick<ClaraVoiceAgent, 'onReport'>) {
    this.#unsubscribe = agent.onReport((report) => this.#hear(report));
  }

  /** All facts so far. */
  facts(): AgentFacts {
    return {
      listeningFromWallMs: this.#listeningFromWallMs,
      heard: [...this.#heard],
      spoken: [...this.#spoken],
      userJoins: this.#userJoins,
      agentJoins: this.#agentJoins,
    };
  }

  /** How many of the agents' processes have ended. */
  get exits(): number {
    return this.#exits;
  }

  /** Fulfils when `holds` does, now or after a later report; rejects with `signal.reason` when aborted. */
  until(holds: (witness: AgentWitness) => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(check);
        signal.removeEventListener('abort', onAbort);
      };
      const check = () => {
        if (!holds(this)) return;
        end();
        resolve();
      };
      const onAbort = () => {
        end();
        reject(signal.reason as Error);
      };
      this.#waiting.add(check);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      else check();
    });
  }

  stop(): Promise<void> {
    this.#unsubscribe();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #hear(report: AgentReport): void {
    switch (report.type) {
      case 'joined':
        if (!report.again) this.#agentJoins++;
        break;
      case 'participantJoined':
        this.#userJoins++;
        break;
      case 'listening':
        this.#listeningFromWallMs ??= report.atWallMs;
        break;
      case 'heardWords':
        this.#heard.push(...report.words);
        break;
      case 'spokenWords':
        // The agent tells a word when its last sample has gone out.
        this.#spoken.push(
          ...report.words.map(({ index, atWallMs }) => ({ index, atWallMs: atWallMs - WORD_MS })),
        );
        break;
      case 'exited':
        this.#exits++;
        break;
      default:
        return; // not needed here
    }
    for (const check of [...this.#waiting]) check();
  }
}
