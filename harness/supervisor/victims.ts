/**
 * Owns: which processes belong to a run and must go with it. Pure.
 * Never: picks a process by its name, or one whose pid was used again.
 */
import type { ProcessFacts } from './process-table.ts';

/** Environment entry that every process of a run carries. */
export const RUN_ID_VARIABLE = 'CLARA_RUN_ID';

/** A process group that was reported to the reaper: its leader's pid, and the leader's start time when it was known. */
export interface RegisteredGroup {
  readonly pid: number;
  readonly startTime?: string | undefined;
}

/** What the reaper knows of a run. */
export interface RunMarks {
  readonly runId: string;
  readonly folder: string;
  readonly groups: readonly RegisteredGroup[];
  /** Never among the victims: the reaper, and on an orderly end its parent. */
  readonly spare: readonly number[];
}

function carriesMarker(facts: ProcessFacts, marks: RunMarks): boolean {
  const entry = `${RUN_ID_VARIABLE}=${marks.runId}`;
  if (facts.environment.split(/[\0 \n]/).includes(entry)) return true;
  return facts.commandLine.includes(marks.folder);
}

/**
 * The processes of the run: members of its groups, and all that carry its marker wherever they moved. A group whose
 * leader's pid now belongs to a later process is left alone; one whose leader has ended is still ours, because the
 * system gives no new process a pid that is in use as a group.
 */
export function findVictims(processes: readonly ProcessFacts[], marks: RunMarks): number[] {
  const startTimes = new Map(processes.map((facts) => [facts.pid, facts.startTime]));
  const ours = new Set(
    marks.groups
      .filter(({ pid, startTime }) => {
        const now = startTimes.get(pid);
        return now === undefined || startTime === undefined || now === startTime;
      })
      .map(({ pid }) => pid),
  );
  return processes
    .filter((facts) => ours.has(facts.groupId) || carriesMarker(facts, marks))
    .map((facts) => facts.pid)
    .filter((pid) => pid > 1 && !marks.spare.includes(pid));
}
