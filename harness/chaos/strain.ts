/**
 * Decides whether the machine was too busy for a run to mean anything: its own microphone, a file, was not even captured
 * whole by the page. Pure. One long gap is the client's own doing (it let go of the microphone) and is judged as such;
 * many short ones with the microphone open are the machine's.
 */
import type { ProbeReport } from '../../src/shared/probe-report.ts';
import { silentSpans } from '../call/word-flow.ts';
import { intersect, merge, subtract, type Span } from './false-connected.ts';
import { pageWords } from './fault-facts.ts';

/** Gaps up to this are hiccups, ms. */
const HICCUP_MS = 4_000;
/** So many of them make a run worthless. */
const MOST_HICCUPS = 2;

/** Stretches in which words of the open microphone were missing in the page that captured them. */
export function hiccups(
  page: readonly ProbeReport[],
  untilWallMs: number,
  frozen: readonly Span[] = [],
): Span[] {
  const open = openSpans(page, untilWallMs);
  return silentSpans(pageWords(page, 'user'), untilWallMs).filter((span) => {
    const lengthMs = span.toMs - span.fromMs;
    const openMs = intersect([span], open).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    return lengthMs <= HICCUP_MS && openMs === lengthMs && subtract([span], frozen).length > 0;
  });
}

/** Whether a run says more of the machine than of the client. */
export function isStrained(
  page: readonly ProbeReport[],
  untilWallMs: number,
  frozen: readonly Span[] = [],
): boolean {
  return hiccups(page, untilWallMs, frozen).length > MOST_HICCUPS;
}

/** When a microphone was open in the page. */
function openSpans(page: readonly ProbeReport[], untilWallMs: number): Span[] {
  const spans: Span[] = [];
  let fromMs: number | undefined;
  for (const report of page) {
    const isEnd =
      report.kind === 'ready' || (report.kind === 'track' && report.side === 'user' && !report.live);
    if (isEnd && fromMs !== undefined) {
      spans.push({ fromMs, toMs: report.at.wallMs });
      fromMs = undefined;
    }
    if (report.kind === 'track' && report.side === 'user' && report.live) fromMs ??= report.at.wallMs;
  }
  if (fromMs !== undefined) spans.push({ fromMs, toMs: untilWallMs });
  return merge(spans);
}
