/**
 * Owns: the end of a session's processes: asked politely, then killed with all that they started, in whatever group.
 * Never: takes longer than grace + kill limit; never rejects; never signals a pid that is someone else's by now.
 * Invariant: `gone` is said only after two looks in a row found nothing (a process may fork between look and signal).
 */
import type { EngineClock } from './engine-clock.ts';
import { membersOf } from './process-looks.ts';
import type { ProcessLooks } from './process-looks.ts';
import type { GroupMark } from './session-mark.ts';

/** What is needed of a started group; ProcessGroup is one. */
export interface EndableGroup {
  /** Resolves when the leader has exited; never rejects. */
  readonly exited: Promise<unknown>;
  /** Signals the whole group; false when nothing is left of it. */
  signal(name: NodeJS.Signals): boolean;
}

export interface EndPolicy {
  /** From SIGTERM to SIGKILL, ms; 0 kills at once. @default 3000 */
  readonly graceMs?: number;
  /** How long killing goes on, ms; a process in uninterruptible sleep may outlast it. @default 2000 */
  readonly killLimitMs?: number;
}

/** How it ended. */
export interface EndReport {
  /** False when something outlived the limits; `survivors` has the pids. */
  readonly gone: boolean;
  readonly survivors: readonly number[];
  /** Whether SIGKILL was needed for the leader, rather than only for what it left behind. */
  readonly wasForced: boolean;
  readonly tookMs: number;
}

/** Between two looks while something lives, ms. */
const KILL_PAUSE_MS = 30;

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended between the look and the signal, or another user's
  }
}

/** Resolves true when the leader exits within `limitMs`. */
function exitWithin(group: EndableGroup, clock: EngineClock, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve(false));
    const onExit = (): void => {
      cancel();
      resolve(true);
    };
    group.exited.then(onExit, onExit);
  });
}

async function killAll(
  group: EndableGroup,
  mark: GroupMark,
  looks: ProcessLooks,
  clock: EngineClock,
  limitMs: number,
): Promise<readonly number[]> {
  const untilMonoMs = clock.monoMs() + limitMs;
  for (let emptyLooks = 0; ;) {
    group.signal('SIGKILL');
    let members: readonly number[];
    try {
      members = membersOf(await looks.soon(), mark).map(({ pid }) => pid);
    } catch {
      members = [mark.leaderPid]; // the table could not be read: not known to be gone
    }
    emptyLooks = members.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 2) return [];
    if (clock.monoMs() >= untilMonoMs) return members;
    for (const pid of members) kill(pid);
    if (emptyLooks === 0) await new Promise<void>((resolve) => clock.after(KILL_PAUSE_MS, resolve));
  }
}

/** Ends everything of a session. Safe to call for one that has ended: what it left behind goes. */
export async function endGroup(
  group: EndableGroup,
  mark: GroupMark,
  tools: { readonly looks: ProcessLooks; readonly clock: EngineClock },
  policy: EndPolicy = {},
): Promise<EndReport> {
  const { looks, clock } = tools;
  const startedMonoMs = clock.monoMs();
  const graceMs = policy.graceMs ?? 3000;
  let hasExited = false;
  if (graceMs > 0) {
    group.signal('SIGTERM');
    group.signal('SIGCONT'); // a stopped process would not see the first
    hasExited = await exitWithin(group, clock, graceMs);
  }
  const survivors = await killAll(group, mark, looks, clock, policy.killLimitMs ?? 2000);
  const tookMs = Math.round(clock.monoMs() - startedMonoMs);
  return { gone: survivors.length === 0, survivors, wasForced: !hasExited, tookMs };
}
