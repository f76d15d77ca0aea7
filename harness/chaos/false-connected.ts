/**
 * How long the screen said `connected` while sound that was due did not come, ms. Pure. The definition:
 * - down: no word of the agent was heard, from the end of the last one to the start of the next, where more than one is
 *   missing; before the first one from FIRST_WORD_MS after `connected` on. It does not matter why there is none:
 *   nothing but `connected` is told to somebody who hears nobody.
 * - up: the same of the user's words at the agent, but only while the page did capture words: who says nothing loses
 *   nothing.
 * - not counted: time in which the page stood still (nobody looks at it, and it could not have told).
 * Silence in both directions at once counts once.
 */
import type { ProbeReport } from '../../src/shared/probe-report.ts';
import { silentSpans } from '../call/word-flow.ts';
import { pageWords, shownPhases, type Witnessed } from './fault-facts.ts';

/** A stretch of wall time, ms. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From `connected` to the first word that is due, ms. */
const FIRST_WORD_MS = 3_000;

/** @param frozen stretches in which the page stood still */
export function falseConnectedMs(seen: Witnessed, frozen: readonly Span[] = []): number {
  const green = connectedSpans(seen.page, seen.untilWallMs);
  const connectedFromMs = green[0]?.fromMs;
  if (connectedFromMs === undefined) return 0;
  const heardHere = pageWords(seen.page, 'agent');
  const saidHere = pageWords(seen.page, 'user');
  const down = [
    ...beforeFirst(heardHere, connectedFromMs, seen),
    ...silentSpans(heardHere, seen.untilWallMs),
  ];
  const said = saidHere.length === 0 ? [] : [{ fromMs: saidHere[0]?.atWallMs ?? 0, toMs: seen.untilWallMs }];
  const saying = subtract(said, silentSpans(saidHere, seen.untilWallMs));
  const up = intersect(
    [
      ...beforeFirst(seen.agent.heard, connectedFromMs, seen),
      ...silentSpans(seen.agent.heard, seen.untilWallMs),
    ],
    saying,
  );
  const silent = subtract(merge([...down, ...up]), merge(frozen));
  return Math.round(intersect(green, silent).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0));
}

function beforeFirst(
  words: readonly { readonly atWallMs: number }[],
  connectedFromMs: number,
  { untilWallMs }: Witnessed,
): Span[] {
  const fromMs = connectedFromMs + FIRST_WORD_MS;
  const toMs = Math.min(words[0]?.atWallMs ?? untilWallMs, untilWallMs);
  return toMs > fromMs ? [{ fromMs, toMs }] : [];
}

function connectedSpans(page: readonly ProbeReport[], untilWallMs: number): Span[] {
  const phases = shownPhases(page);
  return merge(
    phases.flatMap(({ atWallMs: fromMs, phase }, number) => {
      const toMs = Math.min(phases[number + 1]?.atWallMs ?? untilWallMs, untilWallMs);
      return phase === 'connected' && toMs > fromMs ? [{ fromMs, toMs }] : [];
    }),
  );
}

/** The union, in order and without overlaps. */
export function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    const last = merged.at(-1);
    if (last !== undefined && span.fromMs <= last.toMs)
      merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
    else merged.push(span);
  }
  return merged;
}

/** What lies in both; both in order and without overlaps. */
export function intersect(ones: readonly Span[], others: readonly Span[]): Span[] {
  return merge(ones).flatMap((one) =>
    merge(others).flatMap((other) => {
      const fromMs = Math.max(one.fromMs, other.fromMs);
      const toMs = Math.min(one.toMs, other.toMs);
      return toMs > fromMs ? [{ fromMs, toMs }] : [];
    }),
  );
}

/** What of `ones` is not in `others`. */
export function subtract(ones: readonly Span[], others: readonly Span[]): Span[] {
  return merge(others).reduce<Span[]>(
    (left, other) =>
      left.flatMap((span) => [
        ...(other.fromMs > span.fromMs
          ? [{ fromMs: span.fromMs, toMs: Math.min(span.toMs, other.fromMs) }]
          : []),
        ...(other.toMs < span.toMs ? [{ fromMs: Math.max(span.fromMs, other.toMs), toMs: span.toMs }] : []),
      ]),
    merge(ones),
  );
}
