import type { ChildMessage, AgentStateName } from './ipc.ts';
import type { Clock } from './clock.ts';
import type { ConversationTurn } from './agent-session.ts';

/** Where a pipeline's sound goes. */
export interface AudioOut {
  /**
   * Plays frames (pcm.ts) in real time, one call at a time. Resolves with true when all was played, with false
   * when `signal` aborted; what was queued is dropped then. `onFirstFrame` fires as the first frame is handed over.
   */
  play(frames: Iterable<Int16Array>, signal: AbortSignal, onFirstFrame?: () => void): Promise<boolean>;
}

/** What a pipeline may do to the session it serves. Nothing here throws. */
export interface PipelineHost {
  readonly out: AudioOut;
  readonly clock: Clock;
  /** Shows on `lk.agent.state`. */
  setState(state: AgentStateName): void;
  /** Adds to the conversation. */
  addTurn(turn: ConversationTurn): void;
  /** Sends the answer to a typed message; `spoken` tells that it is being said too. */
  sendText(text: string, spoken: boolean): void;
  /** Tells the parent. */
  report(message: ChildMessage): void;
}

/** What happens between a user's sound and the agent's. Lives as long as the session, across every rejoin. */
export interface Pipeline {
  /** 20 ms of the user's sound, 48 kHz mono. Must be quick; the array may be kept. */
  onUserAudio(frame: Int16Array): void;
  /** A typed message. */
  onText(text: string): void;
  /** The first user can hear us. Called once. */
  start(): void;
  /** Ends all sound and work; idempotent, resolves when nothing runs any more. */
  stop(): Promise<void>;
}
