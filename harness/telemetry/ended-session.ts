/** Owns: what is kept of a session that has ended, and what many of them say together. Pure. */
import { z } from 'zod';
import type { AgentAnalytics, Spread } from '../../src/shared/agent-sessions.ts';
import { outlooks } from './outlook.ts';

const count = z.number().int().nonnegative();
const millis = z.number().nonnegative().finite();

/** One line of the journal. */
export const endedSessionSchema = z.object({
  sessionId: z.string().min(1).max(200),
  kind: z.string().max(20),
  startedWallMs: z.number(),
  durationMs: millis,
  reason: z.string().max(100),
  outcome: z.enum(['good', 'bad']),
  messages: count,
  recoveries: count,
  reconnections: count,
  hangs: count,
  errors: z.record(z.string().max(100), count),
  joinMs: millis.exactOptional(),
  /** 95th of 100 of its answers. */
  answerMs: millis.exactOptional(),
  maxRssBytes: count.exactOptional(),
  cpuMs: millis.exactOptional(),
});

/** A session that has ended. */
export type EndedSession = z.infer<typeof endedSessionSchema>;

/** Nearest rank; 0 for no values. */
function rank(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Middle and 95th of 100 of what is known. */
export function spreadOf(values: readonly (number | undefined)[]): Spread {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return { count: sorted.length, p50: rank(sorted, 0.5), p95: rank(sorted, 0.95) };
}

function add(counts: Record<string, number>, name: string, by: number): void {
  counts[name] = (Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0) + by;
}

/** What the ended sessions were like. @param ended oldest first */
export function analyse(ended: readonly EndedSession[]): AgentAnalytics {
  const endReasons: Record<string, number> = {};
  const errorsByCode: Record<string, number> = {};
  for (const { reason, errors } of ended) {
    add(endReasons, reason, 1);
    for (const [code, times] of Object.entries(errors)) add(errorsByCode, code, times);
  }
  const recovered = ended.filter(({ recoveries }) => recoveries > 0);
  const first = ended[0];
  return {
    sessions: ended.length,
    ...(first !== undefined && { sinceWallMs: first.startedWallMs }),
    durationMs: spreadOf(ended.map(({ durationMs }) => durationMs)),
    joinMs: spreadOf(ended.map(({ joinMs }) => joinMs)),
    answerMs: spreadOf(ended.map(({ answerMs }) => answerMs)),
    maxRssBytes: spreadOf(ended.map(({ maxRssBytes }) => maxRssBytes)),
    endReasons,
    errorsByCode,
    recoveries: {
      total: recovered.reduce((sum, { recoveries }) => sum + recoveries, 0),
      sessions: recovered.length,
      survived: recovered.filter(({ outcome }) => outcome === 'good').length,
    },
    outlook: outlooks(ended),
  };
}
