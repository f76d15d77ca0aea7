/**
 * The two sets of states that stand on the engine, as data: voice sessions and command-line sessions.
 * Each is checked cell by cell in the tests; a change here is a change of what people see.
 */
import { TransitionTable } from './transition-table.ts';

/** Where a voice session stands. `error`: it can serve nobody any more, and only has to be closed. */
export const VOICE_STATES = ['connecting', 'connected', 'reconnecting', 'error', 'closed'] as const;
export type VoiceState = (typeof VOICE_STATES)[number];

/** A replacement after a death goes through `reconnecting`, so a session keeps its id over it. */
export const voiceTransitions = new TransitionTable<VoiceState>('connecting', {
  connecting: ['connected', 'reconnecting', 'error', 'closed'],
  connected: ['reconnecting', 'error', 'closed'],
  reconnecting: ['connected', 'error', 'closed'],
  error: ['closed'],
  closed: [],
});

/** Where a command-line session stands. */
export const CLI_STATES = ['running', 'completed', 'failed', 'cancelled', 'timeout', 'recovering'] as const;
export type CliState = (typeof CLI_STATES)[number];

/** `timeout` is entered only when no retry is left; until then a timed-out session is `recovering`. */
export const cliTransitions = new TransitionTable<CliState>('running', {
  running: ['completed', 'failed', 'cancelled', 'timeout', 'recovering'],
  recovering: ['running', 'failed', 'cancelled', 'timeout'],
  completed: [],
  failed: [],
  cancelled: [],
  timeout: [],
});
