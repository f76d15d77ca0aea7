/** What a person is told while the matrix is played. Pure: times come in. */
import type { ChaosRun } from '../scenario/chaos-result.ts';
import { seconds } from '../scenario/report-format.ts';
import { plannedMs, type PlannedRun } from './chaos-plan.ts';

/** A line for a run that is done. */
export function runLine(run: ChaosRun, done: number, all: number, leftMs: number | undefined): string {
  const [fault] = run.faults;
  const facts =
    fault === undefined
      ? `connected ${run.connectMs === null ? 'never' : seconds(run.connectMs)}`
      : `told ${seconds(fault.firstUiStateMs)}, sound back ${seconds(fault.audioBackMs)}, shown back ${seconds(fault.shownBackMs)}, lost ${fault.wordsLost.toAgent}+${fault.wordsLost.fromAgent}, joins ${run.joins}`;
  const verdict = run.unplayed === true ? 'NOT PLAYED' : run.pass ? 'pass' : 'MISS';
  const why = run.why === undefined ? '' : ` [${run.why.join('; ')}]`;
  return `${done}/${all} ${run.id} ${run.client} ${run.run}: ${verdict}, ${facts}${why}${leftMs === undefined ? '' : `, about ${minutes(leftMs)} left`}`;
}

/**
 * How long the rest takes, ms: what is planned for it, by the number of lanes, corrected by how the done ones kept to
 * their plan; never less than the longest that is left.
 */
export function timeLeftMs(
  left: readonly PlannedRun[],
  done: readonly { readonly planned: PlannedRun; readonly tookMs: number }[],
  lanes: number,
): number {
  const plannedDoneMs = done.reduce((sum, { planned }) => sum + plannedMs(planned), 0);
  const tookMs = done.reduce((sum, each) => sum + each.tookMs, 0);
  const ratio = plannedDoneMs === 0 ? 1 : tookMs / plannedDoneMs;
  const leftMs = left.map((each) => plannedMs(each) * ratio);
  return Math.max(0, ...leftMs, leftMs.reduce((sum, each) => sum + each, 0) / lanes);
}

/** 40 s, 5 min, 1 h 10 min. */
export function minutes(valueMs: number): string {
  const wholeMinutes = Math.round(valueMs / 60_000);
  if (valueMs < 90_000) return `${Math.round(valueMs / 1_000)} s`;
  return wholeMinutes < 90
    ? `${wholeMinutes} min`
    : `${Math.floor(wholeMinutes / 60)} h ${wholeMinutes % 60} min`;
}
