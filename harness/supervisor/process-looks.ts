/**
 * Owns: looks at the process table, shared by all who need one, and which processes belong to a session.
 * Never: picks a process by name; never trusts a pid without its start time.
 * Invariant: a session's processes are the members of its group, all that carry its mark, and all that these started.
 */
import type { EngineClock } from './engine-clock.ts';
import { isDead } from './process-sample.ts';
import type { ProcessSample, ProcessSource } from './process-sample.ts';
import type { GroupMark } from './session-mark.ts';

/** The living processes at one moment. */
export interface Look {
  readonly atMonoMs: number;
  readonly byPid: ReadonlyMap<number, ProcessSample>;
  readonly byGroup: ReadonlyMap<number, readonly ProcessSample[]>;
  readonly byParent: ReadonlyMap<number, readonly ProcessSample[]>;
  readonly byMark: ReadonlyMap<string, readonly ProcessSample[]>;
}

interface KnownMark {
  readonly startTime: string;
  readonly mark: string | undefined;
  /** A process between fork and exec shows its parent's environment: "no mark" is believed the second time. */
  readonly isSure: boolean;
}

/** Looks asked for at the same time are taken together after this, ms. */
const GATHER_MS = 10;

function push<K>(map: Map<K, ProcessSample[]>, key: K, sample: ProcessSample): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [sample]);
  else list.push(sample);
}

/** All that belongs to a session. A group whose leader's pid is another process by now is not its. */
export function membersOf(look: Look, group: GroupMark): ProcessSample[] {
  const leader = look.byPid.get(group.leaderPid);
  const isOurs =
    group.isGroupOurs !== false &&
    (leader === undefined ||
      group.leaderStartTime === undefined ||
      leader.startTime === group.leaderStartTime);
  const members = new Set(isOurs ? look.byGroup.get(group.leaderPid) : []);
  for (const sample of look.byMark.get(group.mark) ?? []) members.add(sample);
  for (const member of members) {
    // We may carry the mark of a session that we were started in; what we have started is not its.
    if (member.pid === process.pid) continue;
    for (const child of look.byParent.get(member.pid) ?? []) members.add(child);
  }
  return [...members].filter(({ pid }) => pid > 1 && pid !== process.pid);
}

/** The one place that reads the process table. */
export class ProcessLooks {
  readonly #source: ProcessSource;
  readonly #clock: EngineClock;
  #marks = new Map<number, KnownMark>();
  #last: Look | undefined;
  #next: Promise<Look> | undefined;

  constructor(source: ProcessSource, clock: EngineClock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** A look now, or the last one when it is no older than `maxAgeMs`. */
  look(maxAgeMs = 0): Look {
    const now = this.#clock.monoMs();
    if (this.#last !== undefined && maxAgeMs > 0 && now - this.#last.atMonoMs <= maxAgeMs) return this.#last;
    const byPid = new Map<number, ProcessSample>();
    const byGroup = new Map<number, ProcessSample[]>();
    const byParent = new Map<number, ProcessSample[]>();
    const byMark = new Map<string, ProcessSample[]>();
    const marks = new Map<number, KnownMark>();
    for (const sample of this.#source.list()) {
      if (isDead(sample)) continue;
      byPid.set(sample.pid, sample);
      push(byGroup, sample.groupId, sample);
      push(byParent, sample.parentPid, sample);
      const known = this.#markOf(sample);
      marks.set(sample.pid, known);
      if (known.mark !== undefined) push(byMark, known.mark, sample);
    }
    this.#marks = marks; // forgets those that ended
    this.#last = { atMonoMs: now, byPid, byGroup, byParent, byMark };
    return this.#last;
  }

  /** A look that begins after this call, one for all who ask within some milliseconds. */
  soon(): Promise<Look> {
    this.#next ??= new Promise<Look>((resolve, reject) => {
      this.#clock.after(GATHER_MS, () => {
        this.#next = undefined;
        try {
          resolve(this.look());
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#next;
  }

  /** Looks at a few known processes and what they have started since; cheap, misses what left the tree. */
  lookAt(known: readonly ProcessSample[]): ProcessSample[] {
    const found = new Map<number, ProcessSample>();
    for (const { pid, startTime } of known) {
      const now = this.#source.one(pid);
      if (now !== undefined && now.startTime === startTime && !isDead(now)) found.set(pid, now);
    }
    for (const { pid } of found.values()) {
      for (const child of this.#source.childrenOf(pid)) {
        if (found.has(child)) continue;
        const sample = this.#source.one(child);
        if (sample !== undefined && !isDead(sample)) found.set(child, sample);
      }
    }
    return [...found.values()];
  }

  #markOf({ pid, startTime }: ProcessSample): KnownMark {
    const known = this.#marks.get(pid);
    const isSame = known?.startTime === startTime;
    if (known !== undefined && isSame && known.isSure) return known;
    const mark = this.#source.markOf(pid);
    return { startTime, mark, isSure: mark !== undefined || isSame };
  }
}
