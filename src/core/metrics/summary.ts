/**
 * What is left of all samples when a session is over: the whole as one window, and its worst minute. Takes windows
 * as they come; all at once gives the same. Small enough to stand in the session's row.
 */
import { measuredQuality } from './quality.ts';
import { windowFacts } from './window-facts.ts';
import type { WindowFacts } from './window-facts.ts';
import { addWindows } from './windows.ts';
import type { Window } from './windows.ts';

/** What a list of sessions shows of the samples. */
export interface MetricsSummary {
  readonly samples: number;
  readonly coveredMs: number;
  readonly gapMs: number;
  readonly facts: WindowFacts;
  /** Of the default profile; absent where nothing was measured that it could stand on. */
  readonly mos?: number;
  /** The minute with the lowest score and most sound made up. Absent when neither was measured. */
  readonly worstMinute?: WorstMinute;
}

/** A minute and why it was the worst. */
export interface WorstMinute {
  readonly startMs: number;
  readonly facts: WindowFacts;
  readonly mos?: number;
}

const MINUTE_MS = 60_000;
/** A minute that was measured for less than this, ms, is left out: a single bad second is not a minute. */
const MINUTE_LEAST_MS = 10_000;

/** Gathers windows of at most a minute into a summary. */
export class SummaryReader {
  #whole: Window | undefined;
  #minute: Window | undefined;
  #worst: WorstMinute | undefined;

  /** Takes the next window, in the order of time. */
  next(window: Window): void {
    this.#whole = this.#whole === undefined ? window : addWindows(this.#whole, window);
    const startMs = Math.floor(window.startMs / MINUTE_MS) * MINUTE_MS;
    const part = { ...window, startMs, lengthMs: MINUTE_MS };
    if (this.#minute?.startMs === startMs) this.#minute = addWindows(this.#minute, part);
    else {
      this.#worst = worse(this.#worst, this.#minute);
      this.#minute = part;
    }
  }

  /** The summary so far; undefined before the first window. */
  get summary(): MetricsSummary | undefined {
    const whole = this.#whole;
    if (whole === undefined) return undefined;
    const facts = windowFacts(whole);
    const mos = measuredQuality(facts)?.mos;
    const worstMinute = worse(this.#worst, this.#minute);
    return {
      samples: whole.samples,
      coveredMs: whole.coveredMs,
      gapMs: whole.gapMs,
      facts,
      ...(mos !== undefined && { mos }),
      ...(worstMinute !== undefined && { worstMinute }),
    };
  }
}

/** The summary of windows at once; undefined for none. */
export function summaryOf(windows: Iterable<Window>): MetricsSummary | undefined {
  const reader = new SummaryReader();
  for (const window of windows) reader.next(window);
  return reader.summary;
}

function worse(worst: WorstMinute | undefined, minute: Window | undefined): WorstMinute | undefined {
  if (minute === undefined || minute.coveredMs + minute.gapMs < MINUTE_LEAST_MS) return worst;
  const facts = windowFacts(minute);
  const mos = measuredQuality(facts)?.mos;
  if (mos === undefined && facts.concealedRatio === undefined) return worst;
  const candidate = { startMs: minute.startMs, facts, ...(mos !== undefined && { mos }) };
  return worst === undefined || badness(candidate) > badness(worst) ? candidate : worst;
}

/**
 * Higher is worse. Points of the score and what was made up, of which a tenth is as bad as a point: in a cut nothing
 * arrives, so nothing counts as lost, and the score alone would not show it.
 */
function badness(minute: WorstMinute): number {
  return 4.5 - (minute.mos ?? 4.5) + 10 * (minute.facts.concealedRatio ?? 0);
}
