/**
 * Owns: which processes belong to a run and must go with it. Pure.
 * Never: picks a process by its name or by a mention of the run folder, or one whose pid was used again.
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

function carriesMarker({ environment }: ProcessFacts, { runId }: RunMarks): boolean {
  return environment.split(/[\0 \n]/).includes(`${RUN_ID_VARIABLE}=${runId}`);
}

/** Whether it is a browser whose profile is in the run folder; browsers write over their own environment. */
function hasProfileOf({ commandLine }: ProcessFacts, { folder }: RunMarks): boolean {
  return commandLine
    .split(`--user-data-dir=${folder}`)
    .slice(1)
    .some((rest) => rest === '' || /^[\0 /]/.test(rest));
}

/**
 * The processes of the run: members of its groups, all that carry its marker wherever they moved, its browsers, and the
 * members of a group that one of these leads. A process that only names the run folder (an editor, a `tail -f`) is a
 * person's. A group whose
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
  const isMarked = (facts: ProcessFacts): boolean =>
    carriesMarker(facts, marks) || hasProfileOf(facts, marks);
  for (const facts of processes) if (facts.pid === facts.groupId && isMarked(facts)) ours.add(facts.pid);
  return processes
    .filter((facts) => ours.has(facts.groupId) || isMarked(facts))
    .map((facts) => facts.pid)
    .filter((pid) => pid > 1 && !marks.spare.includes(pid));
}
