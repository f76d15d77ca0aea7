/**
 * Owns: ending what a dead supervisor has left running. Nothing of it can be used: its parent is gone, and its output
 * went to a pipe that nobody reads any more.
 * Never: ends a process of a supervisor that lives, or one that carries neither the journaled start time nor the mark.
 */
import { rmSync } from 'node:fs';
import { pause } from './engine-clock.ts';
import type { EngineClock } from './engine-clock.ts';
import { surveyGroup } from './group-survey.ts';
import { surveyJournals } from './pid-journal.ts';
import type { JournaledGroup } from './pid-journal.ts';
import type { ProcessLooks } from './process-looks.ts';
import type { ProcessSource } from './process-sample.ts';

/** What was found of a session. */
export interface OrphanReport {
  readonly sessionId: string;
  /** Processes that lived when we came. */
  readonly foundPids: readonly number[];
  /** False when something outlived the limit. */
  readonly isGone: boolean;
}

/** What is looked with. */
export interface OrphanTools {
  readonly looks: ProcessLooks;
  readonly processes: ProcessSource;
  readonly clock: EngineClock;
}

/** Longest time for one group, ms. */
const KILL_LIMIT_MS = 5000;
const PAUSE_MS = 30;

async function endOrphan(group: JournaledGroup, tools: OrphanTools): Promise<OrphanReport> {
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

/** What was ended, and how many lines of the journals made no sense and were skipped. */
export interface OrphansEnded {
  readonly reports: readonly OrphanReport[];
  readonly corruptLines: number;
}

/**
 * Ends the sessions of one kind that dead supervisors have left in a folder's journals, side by side, each within 5 s.
 * A journal is forgotten once nothing in it lives, of whatever kind.
 */
export async function endOrphans(folder: string, kind: string, tools: OrphanTools): Promise<OrphansEnded> {
  const { orphaned, deadFiles, corruptLines } = surveyJournals(folder);
  const ours = orphaned.filter((group) => group.kind === kind);
  const reports = await Promise.all(ours.map((group) => endOrphan(group, tools)));
  if (deadFiles.length > 0) {
    const look = await tools.looks.soon();
    const all = tools.processes.list();
    const isGone = (group: JournaledGroup): boolean => surveyGroup(group, true, look, all).pids.length === 0;
    if (orphaned.every(isGone)) for (const path of deadFiles) rmSync(path, { force: true });
  }
  return { reports, corruptLines };
}
