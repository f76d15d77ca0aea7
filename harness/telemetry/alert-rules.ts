/**
 * Owns: which events are worth an alert. Pure: what was alerted before is in the state.
 * Never: alerts the same thing twice while it lasts.
 */
import type { BoardEvent } from './session-board.ts';
import { spreadOf } from './ended-session.ts';
import type { EndedSession } from './ended-session.ts';

/** One alert. `facts` are figures with their units in the name. */
export interface Alert {
  readonly code: string;
  readonly text: string;
  readonly sessionId?: string;
  readonly facts: Readonly<Record<string, number | string>>;
}

/** What a degradation is judged by: the last sessions, and what was alerted already. */
export interface AlertState {
  /** By kind: an assistant's memory says nothing of a voice session's. */
  readonly recent: Readonly<Record<string, readonly EndedSession[]>>;
  /** `kind.measure`. */
  readonly degraded: readonly string[];
}

const MEASURES = ['answerMs', 'maxRssBytes'] as const;
type Measure = (typeof MEASURES)[number];

export const NO_ALERTS: AlertState = { recent: {}, degraded: [] };

/** The window of agent.md, sessions: its newer half is compared with its older half. */
const WINDOW = 20;
const DEGRADED_RATIO = 2;
/** Below this it is over, so that a value at the edge does not alert again and again. */
const RECOVERED_RATIO = 1.5;
/** Of each half; a middle of fewer says nothing. */
const LEAST_KNOWN = 5;

const CODES: Readonly<Record<Measure, { readonly code: string; readonly what: string }>> = {
  answerMs: { code: 'latencyDegraded', what: 'The time to an answer' },
  maxRssBytes: { code: 'memoryDegraded', what: 'The memory of a session' },
};

/** The p95 of the newer half over that of the older half of the last {@link WINDOW}; undefined while unknown. */
export function degradation(
  recent: readonly EndedSession[],
  measure: Measure,
): { readonly ratio: number; readonly before: number; readonly now: number } | undefined {
  if (recent.length < WINDOW) return undefined;
  const window = recent.slice(-WINDOW);
  const half = (from: number): ReturnType<typeof spreadOf> =>
    spreadOf(window.slice(from, from + WINDOW / 2).map((ended) => ended[measure]));
  const before = half(0);
  const now = half(WINDOW / 2);
  if (before.count < LEAST_KNOWN || now.count < LEAST_KNOWN || before.p95 === 0) return undefined;
  return { ratio: now.p95 / before.p95, before: before.p95, now: now.p95 };
}

/** The alerts of an event, and the state after it. */
export function judgeAlerts(
  state: AlertState,
  event: BoardEvent,
): { readonly state: AlertState; readonly alerts: readonly Alert[] } {
  if (event.type === 'fact') return { state, alerts: ofFact(event.event) };
  const { kind } = event.ended;
  const recent = [...(state.recent[kind] ?? []), event.ended].slice(-WINDOW);
  const alerts: Alert[] = [];
  const degraded = state.degraded.filter((one) => !one.startsWith(`${kind}.`));
  for (const measure of MEASURES) {
    const found = degradation(recent, measure);
    const was = state.degraded.includes(`${kind}.${measure}`);
    const { ratio = 1, before = 0, now = 0 } = found ?? {};
    if (ratio >= DEGRADED_RATIO || (was && ratio >= RECOVERED_RATIO)) degraded.push(`${kind}.${measure}`);
    if (ratio < DEGRADED_RATIO || was) continue;
    const { code, what } = CODES[measure];
    alerts.push({
      code,
      text: `${what} has grown ${ratio.toFixed(1)} times over the last ${WINDOW} ${kind} sessions`,
      facts: { kind, measure, p95Before: before, p95Now: now },
    });
  }
  return { state: { recent: { ...state.recent, [kind]: recent }, degraded }, alerts };
}

function ofFact(event: Extract<BoardEvent, { type: 'fact' }>['event']): Alert[] {
  const { sessionId, kind } = event;
  switch (event.type) {
    case 'warning':
      return [{ code: event.code, text: event.text, sessionId, facts: { kind } }];
    case 'hung':
      return [
        {
          code: 'sessionHung',
          text: `Session ${sessionId} hangs`,
          sessionId,
          facts: { kind, how: event.how, forMs: Math.round(event.forMs) },
        },
      ];
    case 'ended':
      if (event.outcome === 'good') return [];
      return [
        {
          code: 'sessionFailed',
          text: `Session ${sessionId} ended badly: ${event.reason}`,
          sessionId,
          facts: { kind, reason: event.reason },
        },
      ];
    default:
      return [];
  }
}
