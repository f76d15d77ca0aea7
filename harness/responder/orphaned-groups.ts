/**
 * Owns: ending what the sessions of a dead manager have left running. Nothing of it can be used: its output went to a
 * pipe that nobody reads any more.
 * Never: ends a process of a manager that lives, or one that carries neither the journaled start time nor the mark.
 */
import { rmSync } from 'node:fs';
import { pause } from '../supervisor/engine-clock.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { surveyGroup } from '../supervisor/group-survey.ts';
import { surveyJournals } from '../supervisor/pid-journal.ts';
import type { JournaledGroup } from '../supervisor/pid-journal.ts';
import type { ProcessLooks } from '../supervisor/process-looks.ts';
import type { ProcessSource } from '../supervisor/process-sample.ts';

/** What was found of a session. */
export interface OrphanReport {
  readonly sessionId: string;
  /** Processes that lived when we came. */
  readonly foundPids: readonly number[];
  /** False when something outlived the limit. */
  readonly isGone: boolean;
}

/** Longest time for one group, ms. */
const KILL_LIMIT_MS = 5000;
const PAUSE_MS = 30;

async function endOrphan(
  group: JournaledGroup,
  tools: { readonly looks: ProcessLooks; readonly processes: ProcessSource; readonly clock: EngineClock },
): Promise<OrphanReport> {
  const { looks, processes, clock } = tools;
  const untilMonoMs = clock.monoMs() + KILL_LIMIT_MS;
  let foundPids: readonly number[] | undefined;
  for (let emptyLooks = 0; emptyLooks < 2;) {
    const { pids } = surveyGroup(group, true, await looks.soon(), processes.list());
    foundPids ??= pids;
    emptyLooks = pids.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 0 && clock.monoMs() >= untilMonoMs)
      return { sessionId: group.sessionId, foundPids, isGone: false };
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // ended between the look and the signal
      }
    }
    if (emptyLooks === 0) await pause(clock, PAUSE_MS);
  }
  return { sessionId: group.sessionId, foundPids: foundPids ?? [], isGone: true };
}

/** Ends all command-line sessions of dead managers in a folder, side by side, each within 5 s. */
export async function endOrphans(
  folder: string,
  tools: { readonly looks: ProcessLooks; readonly processes: ProcessSource; readonly clock: EngineClock },
): Promise<OrphanReport[]> {
  const { orphaned, deadFiles } = surveyJournals(folder);
  const ours = orphaned.filter(({ kind }) => kind === 'cli');
  const reports = await Promise.all(ours.map((group) => endOrphan(group, tools)));
  // A file with a voice session's group in it is for `clara cleanup`.
  if (ours.length === orphaned.length && reports.every(({ isGone }) => isGone))
    for (const path of deadFiles) rmSync(path, { force: true });
  return reports;
}
