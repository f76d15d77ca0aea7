/**
 * What a list shows of a recording without opening it. Owns how a call becomes a line of a few points: 1 is as good as
 * a call can be, 0 is cut, null was not measured. Worked out once, when a session is put away.
 */
import type { RecordingDigest } from '../../shared/recording.ts';
import { measuredQuality } from '../metrics/quality.ts';
import { windowFacts } from '../metrics/window-facts.ts';
import { windowsOfTable } from '../metrics/windows.ts';
import type { OpenRecording } from './open-recording.ts';

/** Points of the line in a list. */
export const SPARK_POINTS = 40;
const BEST_MOS = 4.41;

/** The digest of an opened recording. */
export function digestOf(recording: OpenRecording): RecordingDigest {
  const { outages, summary, durationMs, heardLatenciesMs } = recording;
  const worst = summary?.worstMinute;
  const median = [...heardLatenciesMs].sort((a, b) => a - b)[Math.floor(heardLatenciesMs.length / 2)];
  const measured = outages.flatMap(({ audio }) => audio ?? []);
  return {
    durationMs: Math.round(durationMs),
    connectedMs: Math.round(recording.connectedMs),
    samples: recording.main.rows,
    outages: outages.length,
    outageMs: Math.round(outages.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)),
    ...(measured.length > 0 && {
      audioLostMs: Math.round(measured.reduce((sum, { downMs }) => sum + downMs, 0)),
    }),
    ...(summary?.mos !== undefined && { mos: round(summary.mos, 2) }),
    ...(worst !== undefined && {
      worstMinute: {
        startMs: worst.startMs,
        ...(worst.mos !== undefined && { mos: round(worst.mos, 2) }),
        ...(worst.facts.concealedRatio !== undefined && {
          concealedRatio: round(worst.facts.concealedRatio, 4),
        }),
      },
    }),
    ...(median !== undefined && { heardLatencyMs: Math.round(median) }),
    spark: sparkOf(recording),
  };
}

/** Quality over the call, at most {@link SPARK_POINTS} points. */
function sparkOf({ main, growth, outages, durationMs }: OpenRecording): (number | null)[] {
  if (main.rows === 0 || !(durationMs > 0)) return [];
  const lengthMs = Math.max(1000, Math.ceil(durationMs / SPARK_POINTS));
  const points = new Array<number | null>(Math.max(1, Math.ceil(durationMs / lengthMs))).fill(null);
  for (const window of windowsOfTable(main, growth, lengthMs)) {
    const facts = windowFacts(window);
    const mos = measuredQuality(facts)?.mos;
    if (mos === undefined && facts.concealedRatio === undefined) continue;
    const sound = ((mos ?? BEST_MOS) - 1) / (BEST_MOS - 1) - (facts.concealedRatio ?? 0);
    const at = Math.floor(window.startMs / lengthMs);
    if (at < points.length) points[at] = round(Math.min(1, Math.max(0, sound)), 2);
  }
  for (const { startMs, endMs } of outages)
    for (let at = 0; at < points.length; at++) {
      const cutMs = Math.min(endMs, (at + 1) * lengthMs) - Math.max(startMs, at * lengthMs);
      if (cutMs > 0) points[at] = round((points[at] ?? 1) * (1 - Math.min(1, cutMs / lengthMs)), 2);
    }
  return points;
}

function round(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
