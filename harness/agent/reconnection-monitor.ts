/**
 * Owns: when the way of a user's sound is built anew, and when that is given up (seed 002). Pure; time arrives in the
 * events. POOR is weather: after three in a row one rebuild, then it is only told. LOST, and a track without packets
 * that should carry sound, are tried again with back-off while the user is in the room.
 * Invariant: one rebuild at a time; none while the user is absent, where the grace clock alone may end the session; none
 * while the heartbeats of the user's client have stopped: it is cut off, and nothing of ours can help it.
 */
import type { AudioQuality } from './agent-session.ts';

/** Tries before it is given up, and the pauses before each, ms. */
export const REBUILD_PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 8_000] as const;
export const MAX_REBUILDS = REBUILD_PAUSES_MS.length;
/** POOR so often in a row is more than a moment's weather. */
const POOR_RUN = 3;
/** After a user's path is back sound comes by itself, or is told to be missing, within this, ms. */
const PATH_SETTLES_MS = 8_000;

export type RebuildCause = 'poor' | 'lost' | 'silent';

export interface MonitorState {
  readonly isPresent: boolean;
  /** The user's client sends heartbeats and they come, or it sends none. */
  readonly isPathUp: boolean;
  /** No packets came when that was last told. */
  readonly isSilent: boolean;
  readonly poorRun: number;
  /** The one rebuild for POOR was made; a good quality allows the next. */
  readonly hasRebuiltForPoor: boolean;
  /** What is being repaired. */
  readonly cause: RebuildCause | undefined;
  readonly attempts: number;
  readonly step:
    | { readonly step: 'idle' }
    | { readonly step: 'waiting'; readonly dueMonoMs: number }
    | { readonly step: 'rebuilding' };
}

export type MonitorEvent =
  | { readonly type: 'quality'; readonly quality: AudioQuality; readonly nowMonoMs: number }
  | { readonly type: 'flow'; readonly flows: boolean; readonly nowMonoMs: number }
  | { readonly type: 'path'; readonly up: boolean; readonly nowMonoMs: number }
  | { readonly type: 'came' | 'went' }
  | { readonly type: 'rebuilt'; readonly ok: boolean; readonly nowMonoMs: number }
  | { readonly type: 'time'; readonly nowMonoMs: number };

export type MonitorCommand =
  /** The session is not well: `reconnecting`. */
  | { readonly type: 'trouble'; readonly cause: RebuildCause }
  | { readonly type: 'rebuild'; readonly attempt: number; readonly cause: RebuildCause }
  | { readonly type: 'rebuildFailed'; readonly attempt: number }
  /** Still POOR after the rebuild: told, nothing is done. */
  | { readonly type: 'stillPoor' }
  | { readonly type: 'well' }
  | { readonly type: 'givenUp'; readonly cause: RebuildCause };

export const WELL: MonitorState = {
  isPresent: true,
  isPathUp: true,
  isSilent: false,
  poorRun: 0,
  hasRebuiltForPoor: false,
  cause: undefined,
  attempts: 0,
  step: { step: 'idle' },
};

interface Next {
  readonly state: MonitorState;
  readonly commands: readonly MonitorCommand[];
}

function wait(state: MonitorState, nowMonoMs: number): MonitorState {
  const pauseMs = REBUILD_PAUSES_MS[Math.min(state.attempts, MAX_REBUILDS - 1)] ?? 0;
  return { ...state, step: { step: 'waiting', dueMonoMs: nowMonoMs + pauseMs } };
}

/** The trouble is over; a silence that it hid begins to count. */
function well(state: MonitorState, nowMonoMs: number): Next {
  if (state.cause === undefined) return { state, commands: [] };
  if (state.isSilent) return trouble(state, 'silent', nowMonoMs);
  return {
    state: { ...state, cause: undefined, attempts: 0, step: { step: 'idle' } },
    commands: [{ type: 'well' }],
  };
}

function trouble(state: MonitorState, cause: RebuildCause, nowMonoMs: number): Next {
  const began = { ...state, cause, attempts: 0 };
  return { state: wait(began, nowMonoMs), commands: [{ type: 'trouble', cause }] };
}

function onQuality(before: MonitorState, quality: AudioQuality, nowMonoMs: number): Next {
  if (quality === 'excellent' || quality === 'good') {
    const state = { ...before, poorRun: 0, hasRebuiltForPoor: false };
    return state.cause === 'silent' ? { state, commands: [] } : well(state, nowMonoMs); // only packets end a silence
  }
  if (quality === 'lost') {
    const state = { ...before, poorRun: 0 };
    if (state.cause === 'lost') return { state, commands: [] };
    // What was a silence so far goes on with the tries that it had left.
    if (state.cause === 'silent' && state.step.step !== 'idle')
      return { state: { ...state, cause: 'lost' }, commands: [{ type: 'trouble', cause: 'lost' }] };
    return trouble(state, 'lost', nowMonoMs);
  }
  if (quality !== 'poor') return { state: before, commands: [] };
  const back = before.cause === 'lost' ? well(before, nowMonoMs) : { state: before, commands: [] };
  const state = { ...back.state, poorRun: back.state.poorRun + 1 };
  if (state.poorRun < POOR_RUN || state.cause !== undefined) return { state, commands: back.commands };
  if (state.hasRebuiltForPoor) return { state, commands: [...back.commands, { type: 'stillPoor' }] };
  return {
    state: { ...state, hasRebuiltForPoor: true, cause: 'poor', attempts: 1, step: { step: 'rebuilding' } },
    commands: [
      ...back.commands,
      { type: 'trouble', cause: 'poor' },
      { type: 'rebuild', attempt: 1, cause: 'poor' },
    ],
  };
}

function onRebuilt(state: MonitorState, ok: boolean, nowMonoMs: number): Next {
  const { cause, attempts } = state;
  if (state.step.step !== 'rebuilding' || cause === undefined) return { state, commands: [] };
  const failed: MonitorCommand[] = ok ? [] : [{ type: 'rebuildFailed', attempt: attempts }];
  if (cause === 'poor') {
    const next = well(state, nowMonoMs); // a weak network is no reason to try for ever
    return { state: next.state, commands: [...failed, ...next.commands] };
  }
  if (attempts < MAX_REBUILDS) return { state: wait(state, nowMonoMs), commands: failed };
  return { state: { ...state, step: { step: 'idle' } }, commands: [...failed, { type: 'givenUp', cause }] };
}

function onFlow(state: MonitorState, nowMonoMs: number): Next {
  if (state.isSilent)
    return state.cause === undefined ? trouble(state, 'silent', nowMonoMs) : { state, commands: [] };
  return state.cause === 'poor' ? { state, commands: [] } : well(state, nowMonoMs);
}

/** The next state and what is to be done. */
export function nextMonitor(state: MonitorState, event: MonitorEvent): Next {
  switch (event.type) {
    case 'came':
      return { state: { ...state, isPresent: true }, commands: [] };
    case 'went': // back: everything is new then
      return { state: { ...WELL, isPresent: false }, commands: [] };
    case 'quality':
      return state.isPresent ? onQuality(state, event.quality, event.nowMonoMs) : { state, commands: [] };
    case 'flow':
      if (!state.isPresent) return { state, commands: [] };
      return onFlow({ ...state, isSilent: !event.flows }, event.nowMonoMs);
    case 'path': {
      const next = { ...state, isPathUp: event.up };
      if (!event.up || state.step.step !== 'waiting') return { state: next, commands: [] };
      const dueMonoMs = Math.max(state.step.dueMonoMs, event.nowMonoMs + PATH_SETTLES_MS);
      return { state: { ...next, step: { step: 'waiting', dueMonoMs } }, commands: [] };
    }
    case 'rebuilt':
      return onRebuilt(state, event.ok, event.nowMonoMs);
    case 'time': {
      const { step, cause } = state;
      if (step.step !== 'waiting' || event.nowMonoMs < step.dueMonoMs || cause === undefined)
        return { state, commands: [] };
      // Cut off: looked at again, and counted as no try.
      if (!state.isPathUp) return { state: wait(state, event.nowMonoMs), commands: [] };
      const attempts = state.attempts + 1;
      return {
        state: { ...state, attempts, step: { step: 'rebuilding' } },
        commands: [{ type: 'rebuild', attempt: attempts, cause }],
      };
    }
  }
}
