/**
 * All that a review shows of one recording, worked out once: the elements only draw it. English for now: words come from
 * story-en.ts.
 */
import type { Recording } from '../../shared/recording.ts';
import { measuredQuality } from '../metrics/quality.ts';
import type { Quality } from '../metrics/quality.ts';
import { keptRows, tableRows } from './decimate.ts';
import type { TableRow } from './decimate.ts';
import { phaseStays } from './lane.ts';
import type { PhaseStay } from './lane.ts';
import { openRecording } from './open-recording.ts';
import type { OpenRecording } from './open-recording.ts';
import { panelsOf } from './panels.ts';
import type { Panel, Panels } from './panels.ts';
import { storyOf } from './story.ts';
import type { StoryLine } from './story.ts';
import { storyLineEn } from './story-en.ts';

/** A sentence of the summary. */
export interface StorySentence {
  readonly text: string;
  /** Index of the outage that it tells of. */
  readonly outage?: number;
  /** Says the most in the fewest words. */
  readonly isLead: boolean;
}

/** See the file's head. */
export interface ReviewModel {
  readonly recording: OpenRecording;
  readonly story: readonly StorySentence[];
  readonly stays: readonly PhaseStay[];
  readonly charts: Panels;
  /** Of the whole call; absent without data. */
  readonly quality?: Quality;
  /** Rows of {@link Panels.atMs} to draw a panel with between two times, at most four a bucket and line. */
  rowsFor(panel: Panel, fromMs: number, toMs: number, buckets: number): number[];
  /** A line in at most `rows` rows over the whole call. */
  tableOf(values: Float64Array, rows: number): TableRow[];
}

const LEAD: readonly StoryLine['key'][] = ['lasted', 'neverConnected', 'neverLost', 'lostOnce', 'lostOften'];

/** Works a recording out. Never throws for what is in it. @param leftOut records that the store could not read */
export function reviewModelOf(recording: Recording, leftOut = 0): ReviewModel {
  const opened = openRecording(recording, leftOut);
  const charts = panelsOf(opened);
  const quality = opened.summary && measuredQuality(opened.summary.facts);
  return {
    recording: opened,
    story: storyOf(opened).map((line) => ({
      text: storyLineEn(line),
      isLead: LEAD.includes(line.key),
      ...(line.key === 'outage' && { outage: line.number - 1 }),
    })),
    stays: phaseStays(opened.events, opened.durationMs),
    charts,
    ...(quality !== undefined && { quality }),
    rowsFor(panel, fromMs, toMs, buckets) {
      // One more on either side, so that lines reach the edges.
      const from = Math.max(0, lowerBound(charts.atMs, fromMs) - 1);
      const to = Math.min(charts.atMs.length, lowerBound(charts.atMs, toMs) + 1);
      return keptRows(
        charts.atMs,
        panel.series.map(({ values }) => values),
        from,
        to,
        buckets,
      );
    },
    tableOf: (values, rows) => tableRows(charts.atMs, values, rows),
  };
}

/** Index of the first value that is not below `at`. `values` grow. */
export function lowerBound(values: Float64Array, at: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
