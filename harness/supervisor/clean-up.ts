/**
 * Owns: which journaled sessions are stuck, and their end: what `clara cleanup` does.
 * Never: touches a process that no journal and no mark says is ours; never ends a young session that its supervisor
 * watches; never tells more than what two looks at the process table agree on.
 * Invariant: `left` is the number of stuck groups of which something still lives.
 */
import { rmSync } from 'node:fs';
import { endGroup } from './end-group.ts';
import type { EndableGroup } from './end-group.ts';
import { pause } from './engine-clock.ts';
import type { EngineClock } from './engine-clock.ts';
import { surveyGroup } from './group-survey.ts';
import type { GroupState, SurveyedGroup } from './group-survey.ts';
import { surveyJournals } from './pid-journal.ts';
import { membersOf, ProcessLooks } from './process-looks.ts';
import type { ProcessSource } from './process-sample.ts';
import type { GroupMark } from './session-mark.ts';

/** One stuck group. The shape is a contract of the command line. */
export interface FoundGroup {
  readonly pid: number;
  /** `-` for a process that waited for its session. */
  readonly sessionId: string;
  /** Since its session began, ms. */
  readonly ageMs: number;
  readonly state: Exclude<GroupState, 'gone'>;
  /** Nothing of it runs any more. Always false when nothing was to be ended. */
  readonly ended: boolean;
}

export interface CleanUpReport {
  readonly found: readonly FoundGroup[];
  readonly left: number;
  /** Journal lines that could not be understood; they were skipped. */
  readonly corruptLines: number;
}

export interface CleanUpOptions {
  /** Where the pid journals lie. */
  readonly stateFolder: string;
  /** Sessions that are older are stuck whoever watches them, ms; 0 is no limit. */
  readonly maxAgeMs: number;
  /** Only tell. */
  readonly dryRun: boolean;
  readonly clock: EngineClock;
  readonly processes: ProcessSource;
  /** From SIGTERM to SIGKILL, ms. @default 3000 */
  readonly graceMs?: number;
}

type Stuck = SurveyedGroup & { readonly state: FoundGroup['state']; readonly ageMs: number };

/** A child that has just ended is a zombie until its parent's next turn, ms. */
const SECOND_LOOK_MS = 500;
const LOOK_EVERY_MS = 50;
const WAITING = '-';

/** Whether a group is stuck: unwatched, unable to run, or too old. Pure. */
export function isStuck(
  { state, sessionId }: Pick<SurveyedGroup, 'state' | 'sessionId'>,
  ageMs: number,
  maxAgeMs: number,
): boolean {
  if (state === 'gone') return false;
  if (state !== 'running') return true;
  return maxAgeMs > 0 && ageMs > maxAgeMs && sessionId !== WAITING; // one that waits has no session to be too old
}

function markOf({ pid, startTime, mark, isGroupOurs }: SurveyedGroup): GroupMark {
  return { leaderPid: pid, leaderStartTime: startTime, mark, isGroupOurs };
}

/** A group that is no child of ours: its end is seen by looking. */
class ForeignGroup implements EndableGroup {
  readonly exited: Promise<void>;
  readonly #mark: GroupMark;
  readonly #looks: ProcessLooks;
  #isOver = false;

  constructor(mark: GroupMark, looks: ProcessLooks, clock: EngineClock) {
    this.#mark = mark;
    this.#looks = looks;
    this.exited = this.#untilGone(clock);
  }

  signal(name: NodeJS.Signals): boolean {
    const members = membersOf(this.#looks.look(), this.#mark);
    for (const { pid } of members) {
      try {
        process.kill(pid, name);
      } catch {
        // ended between the look and the signal, or another user's
      }
    }
    return members.length > 0;
  }

  stopLooking(): void {
    this.#isOver = true;
  }

  async #untilGone(clock: EngineClock): Promise<void> {
    while (!this.#isOver && membersOf(this.#looks.look(LOOK_EVERY_MS / 2), this.#mark).length > 0)
      await pause(clock, LOOK_EVERY_MS);
  }
}

/** Finds what is stuck and, unless told otherwise, ends it. Never rejects for what a process does. */
export async function cleanUp(options: CleanUpOptions): Promise<CleanUpReport> {
  const { clock, processes, dryRun } = options;
  const looks = new ProcessLooks(processes, clock);
  let survey = surveyStuck(options, looks);
  if (survey.stuck.some(({ state }) => state === 'zombie')) {
    await pause(clock, SECOND_LOOK_MS);
    survey = surveyStuck(options, looks);
  }
  const found = await Promise.all(
    survey.stuck.map(async (group): Promise<FoundGroup> => {
      const { pid, sessionId, ageMs, state } = group;
      return { pid, sessionId, ageMs, state, ended: !dryRun && (await end(group)) };
    }),
  );
  const left = found.filter(({ ended }) => !ended).length;
  // Their groups are gone: nobody needs to remember them any more.
  if (!dryRun && left === 0) for (const path of survey.deadFiles) rmSync(path, { force: true });
  return { found, left, corruptLines: survey.corruptLines };

  async function end(stuck: Stuck): Promise<boolean> {
    const group = new ForeignGroup(markOf(stuck), looks, clock);
    const policy = options.graceMs === undefined ? {} : { graceMs: options.graceMs };
    const { gone } = await endGroup(group, markOf(stuck), { looks, clock }, policy);
    group.stopLooking();
    return gone;
  }
}

function surveyStuck(
  { stateFolder, maxAgeMs, clock, processes }: CleanUpOptions,
  looks: ProcessLooks,
): { stuck: Stuck[]; deadFiles: readonly string[]; corruptLines: number } {
  const { orphaned, owned, deadFiles, corruptLines } = surveyJournals(stateFolder);
  const look = looks.look();
  const all = processes.list(); // with the dead ones, for zombies
  const now = clock.wallMs();
  const stuck = [
    ...orphaned.map((group) => surveyGroup(group, true, look, all)),
    ...owned.map((group) => surveyGroup(group, false, look, all)),
  ].flatMap((group): Stuck[] => {
    const { state } = group;
    const ageMs = Math.max(0, Math.round(now - group.atWallMs)); // the wall clock may have been put back
    return state !== 'gone' && isStuck(group, ageMs, maxAgeMs) ? [{ ...group, state, ageMs }] : [];
  });
  return { stuck, deadFiles, corruptLines };
}
