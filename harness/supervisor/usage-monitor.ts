/**
 * Owns: what each session's tree uses, measured at the pace of usage-pace.ts.
 * Never: ends a session; a look that fails is told and the next one is taken all the same.
 */
import { availableParallelism } from 'node:os';
import type { Deadlines, OnDue } from './deadlines.ts';
import type { EngineClock } from './engine-clock.ts';
import { membersOf } from './process-looks.ts';
import type { ProcessLooks } from './process-looks.ts';
import type { ProcessSample } from './process-sample.ts';
import type { SessionLimits } from './session-limits.ts';
import type { GroupMark } from './session-mark.ts';
import { DEFAULT_USAGE_PACE, untilSharedInstantMs, usageWaitMs } from './usage-pace.ts';
import type { UsagePacePolicy, UsageSample } from './usage-pace.ts';

/** A measurement of a session's whole tree. */
export interface TreeUsage extends UsageSample {
  /** Living processes of the session. */
  readonly processes: number;
}

interface Watch {
  readonly group: GroupMark;
  readonly limits: SessionLimits;
  readonly onUsage: (usage: TreeUsage) => void;
  members: readonly ProcessSample[];
  last: TreeUsage | undefined;
  previous: TreeUsage | undefined;
  fullLookMonoMs: number;
  /** Of the look that is due. */
  waitMs: number;
}

/** Waits up to this are served by looks at the known processes alone, ms. */
const CLOSE_WAIT_MS = 300;
/** How old a look may be, as a share of the wait: those who meet at an instant share one, however long it took. */
const SHARED_LOOK_RATIO = 1 / 16;
const DEADLINE = 'usage';

/** Watches the trees of many sessions. */
export class UsageMonitor {
  readonly #looks: ProcessLooks;
  readonly #deadlines: Deadlines;
  readonly #clock: EngineClock;
  readonly #onError: (error: unknown, sessionId: string) => void;
  readonly #pace: UsagePacePolicy;
  readonly #watches = new Map<string, Watch>();
  readonly #cores = availableParallelism();
  readonly #onDue: OnDue = (_lateMs, _name, sessionId) => {
    const watch = this.#watches.get(sessionId);
    if (watch !== undefined) this.#measure(sessionId, watch);
  };

  constructor(options: {
    looks: ProcessLooks;
    deadlines: Deadlines;
    clock: EngineClock;
    onError: (error: unknown, sessionId: string) => void;
    pace?: UsagePacePolicy;
  }) {
    this.#looks = options.looks;
    this.#deadlines = options.deadlines;
    this.#clock = options.clock;
    this.#onError = options.onError;
    this.#pace = options.pace ?? DEFAULT_USAGE_PACE;
  }

  /** Sessions that are watched. */
  get size(): number {
    return this.#watches.size;
  }

  /** Measures a session from now on, first after the shortest wait. Replaces an earlier watch of the same id. */
  watch(
    sessionId: string,
    group: GroupMark,
    limits: SessionLimits,
    onUsage: (usage: TreeUsage) => void,
  ): void {
    const watch: Watch = {
      group,
      limits,
      onUsage,
      members: [],
      last: undefined,
      previous: undefined,
      fullLookMonoMs: -Infinity,
      waitMs: 0,
    };
    this.#watches.set(sessionId, watch);
    this.#plan(sessionId, watch);
  }

  /** Stops measuring it; unknown ids are ignored. */
  unwatch(sessionId: string): void {
    this.#watches.delete(sessionId);
    this.#deadlines.cancel(sessionId, DEADLINE);
  }

  /** The last measurement. */
  usageOf(sessionId: string): TreeUsage | undefined {
    return this.#watches.get(sessionId)?.last;
  }

  #plan(sessionId: string, watch: Watch): void {
    const waitMs = usageWaitMs(watch.last, watch.previous, watch.limits, this.#cores, this.#pace);
    watch.waitMs = waitMs;
    const inMs = untilSharedInstantMs(waitMs, this.#clock.monoMs());
    this.#deadlines.set(sessionId, DEADLINE, inMs, this.#onDue);
  }

  #measure(sessionId: string, watch: Watch): void {
    try {
      const usage = this.#usageOf(watch, watch.waitMs);
      watch.previous = watch.last;
      watch.last = usage;
      watch.onUsage(usage);
    } catch (error) {
      this.#onError(error, sessionId);
    } finally {
      if (this.#watches.get(sessionId) === watch) this.#plan(sessionId, watch);
    }
  }

  #usageOf(watch: Watch, waitMs: number): TreeUsage {
    const now = this.#clock.monoMs();
    const isFullLookDue = now - watch.fullLookMonoMs >= this.#pace.baseMs;
    if (waitMs > CLOSE_WAIT_MS || isFullLookDue || watch.members.length === 0) {
      watch.members = membersOf(this.#looks.look(waitMs * SHARED_LOOK_RATIO), watch.group);
      watch.fullLookMonoMs = now;
    } else {
      watch.members = this.#looks.lookAt(watch.members);
    }
    let rssBytes = 0;
    let cpuMs = 0;
    for (const member of watch.members) {
      rssBytes += member.rssBytes;
      cpuMs += member.cpuMs;
    }
    // What ended outside its parent's care takes its CPU time along: the sum never goes back.
    cpuMs = Math.max(cpuMs, watch.last?.cpuMs ?? 0);
    return { atMonoMs: now, rssBytes, cpuMs, processes: watch.members.length };
  }
}
