/**
 * Owns: one process group of a session while it runs: its life signs, staleness, limits and end.
 * Never: decides what becomes of the session (retry, replacement, failure): its owner does, from {@link GroupEnd}.
 * Invariant: `ended` fulfils once, after the group's processes are gone (or have outlived all limits), and never
 * rejects; after it no deadline and no watch of this group is left. A watcher that fails ends nothing.
 */
import type { Deadlines, OnDue } from './deadlines.ts';
import { endGroup } from './end-group.ts';
import type { EndPolicy, EndReport, EndableGroup } from './end-group.ts';
import type { EngineClock } from './engine-clock.ts';
import { beginLife, forgive, judgeLife, setBusy, takeSign } from './life-signs.ts';
import type { LifePolicy, LifeState } from './life-signs.ts';
import type { ProcessLooks } from './process-looks.ts';
import type { Exit } from './process-group.ts';
import { judgeLimits } from './session-limits.ts';
import type { LimitBreach, SessionLimits } from './session-limits.ts';
import type { GroupMark } from './session-mark.ts';
import { takeStackNote } from './stack-note.ts';
import type { StackNote } from './stack-note.ts';
import { beginFresh, nextStale } from './stale-phases.ts';
import type { StalePolicy, StaleState } from './stale-phases.ts';
import type { TreeUsage, UsageMonitor } from './usage-monitor.ts';

/** Why a group ended. */
export type GroupEndCause =
  /** By itself. */
  | { readonly cause: 'exited' }
  /** No life sign, or no progress, for too long. */
  | {
      readonly cause: 'hung';
      readonly how: 'silent' | 'stuck';
      readonly forMs: number;
      readonly note: StackNote;
    }
  | { readonly cause: 'limit'; readonly breach: LimitBreach }
  /** No activity, and its one recovery did not help. */
  | { readonly cause: 'stale' }
  /** Its owner wanted it. */
  | { readonly cause: 'asked'; readonly reason: string };

export type GroupEnd = GroupEndCause & { readonly exit: Exit | undefined; readonly report: EndReport };

/** What happens before the end. */
export type GroupEvent =
  | { readonly type: 'usage'; readonly usage: TreeUsage }
  /** It is about to be ended; the note comes with the end. */
  | {
      readonly type: 'hung';
      readonly how: 'silent' | 'stuck';
      readonly forMs: number;
      readonly limitMs: number;
    }
  | { readonly type: 'limit'; readonly breach: LimitBreach }
  /** `recover` is the owner's turn: nudge it, or end it and start anew. */
  | { readonly type: 'stale'; readonly command: 'mark' | 'recover' | 'fail' | 'fresh' };

/** A group that can be watched; ProcessGroup is one. */
export interface WatchableGroup extends EndableGroup {
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

export interface WatchPolicy {
  readonly limits?: SessionLimits;
  /** Without it only the exit counts as a death. */
  readonly life?: LifePolicy;
  /** Runs while the session is busy. */
  readonly stale?: StalePolicy;
  readonly end?: EndPolicy;
  /** What a child that was started with NODE_STACK_NOTE_ARGUMENTS wrote to stderr; it is asked for its frames then. */
  readonly stderr?: () => string;
  /** Whether work is under way from the start. @default true */
  readonly isBusy?: boolean;
}

/** What all watched groups of a supervisor share. */
export interface WatchTools {
  readonly deadlines: Deadlines;
  readonly usage: UsageMonitor;
  readonly looks: ProcessLooks;
  readonly clock: EngineClock;
  /** Gets what a watcher or listener threw. */
  readonly onError: (error: unknown, sessionId: string) => void;
}

export interface WatchedGroupOptions {
  readonly sessionId: string;
  readonly group: WatchableGroup;
  readonly mark: GroupMark;
  readonly policy: WatchPolicy;
  readonly tools: WatchTools;
  readonly onEvent: (event: GroupEvent) => void;
}

/** Above this a deadline's lateness means that this process stood still, and silence is not held against anybody, ms. */
const STOOD_STILL_MS = 1000;
/** The frames take some 50 ms on a quiet machine; the end waits no longer for them than this, ms. */
const NOTE_LIMIT_MS = 1000;

/** A watched process group. */
export class WatchedGroup {
  readonly sessionId: string;
  readonly pid: number;
  /** See the invariant above. */
  readonly ended: Promise<GroupEnd>;
  readonly #group: WatchableGroup;
  readonly #mark: GroupMark;
  readonly #policy: WatchPolicy;
  readonly #tools: WatchTools;
  readonly #onEvent: (event: GroupEvent) => void;
  readonly #startedMonoMs: number;
  #resolveEnded: (end: GroupEnd) => void = () => undefined;
  #life: LifeState;
  /** Undefined without a policy for it. */
  #stale: StaleState | undefined;
  #lastActivityMonoMs: number;
  #isEnding = false;
  #hungMonoMs: number | undefined;
  #exit: Exit | undefined;
  /** Of all its deadlines: one closure is smaller than one each. */
  readonly #onDue: OnDue = (lateMs, name) =>
    this.#guard(() => {
      if (name === 'life') this.#checkLife(lateMs);
      else if (name === 'times') this.#checkTimes();
      else if (lateMs > STOOD_STILL_MS)
        this.#planStale(STOOD_STILL_MS); // time for what waits to be read
      else this.#stepStale('look');
    });

  constructor(options: WatchedGroupOptions) {
    const { policy, tools, group } = options;
    const now = tools.clock.monoMs();
    this.#group = group;
    this.#mark = options.mark;
    this.#policy = policy;
    this.#tools = tools;
    this.#onEvent = options.onEvent;
    this.sessionId = options.sessionId;
    this.pid = group.pid;
    this.#startedMonoMs = now;
    this.#life = beginLife(now, policy.isBusy ?? true);
    this.#stale = policy.stale === undefined ? undefined : beginFresh(now);
    this.#lastActivityMonoMs = now;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    group.exited.then(
      (exit) => {
        this.#exit = exit;
        this.#finish({ cause: 'exited' }, { ...policy.end, graceMs: 0 });
      },
      (error: unknown) => this.#fail(error),
    );
    this.#watch();
  }

  /** ms since its last activity. */
  get idleMs(): number {
    return this.#tools.clock.monoMs() - this.#lastActivityMonoMs;
  }

  get isBusy(): boolean {
    return this.#life.isBusy;
  }

  /** Since it was found hung, ms; undefined while it is not, and after its end. */
  get hungForMs(): number | undefined {
    return this.#hungMonoMs === undefined ? undefined : this.#tools.clock.monoMs() - this.#hungMonoMs;
  }

  /** The last measurement of its tree. */
  get usage(): TreeUsage | undefined {
    return this.#tools.usage.usageOf(this.sessionId);
  }

  /** A life sign. With a `progress` that differs from the last it is activity too. */
  sign(progress?: number | string): void {
    const before = this.#life.progress;
    this.#life = takeSign(this.#life, this.#tools.clock.monoMs(), progress);
    if (progress !== undefined && progress !== before) this.activity();
  }

  /** Something happened that a user would call activity: a packet, a line, a turn. */
  activity(): void {
    this.#lastActivityMonoMs = this.#tools.clock.monoMs();
    if (this.#policy.stale !== undefined && !this.#isEnding && this.#life.isBusy) this.#stepStale('activity');
  }

  /** Work begins or ends: progress and staleness are asked for only in between. */
  setBusy(isBusy: boolean): void {
    if (this.#isEnding || isBusy === this.#life.isBusy) return;
    const now = this.#tools.clock.monoMs();
    this.#life = setBusy(this.#life, now, isBusy);
    this.#lastActivityMonoMs = now;
    if (this.#stale !== undefined) this.#stale = beginFresh(now);
    this.#guard(() => this.#checkLife(0));
    if (this.#policy.stale !== undefined) {
      if (isBusy) this.#planStale(this.#policy.stale.staleAfterMs);
      else this.#tools.deadlines.cancel(this.sessionId, 'stale');
    }
  }

  /** Ends it and everything that it started. Resolves as `ended` does, with the first cause that was given. */
  end(reason: string, policy: EndPolicy = this.#policy.end ?? {}): Promise<GroupEnd> {
    this.#finish({ cause: 'asked', reason }, policy);
    return this.ended;
  }

  #watch(): void {
    const { limits = {}, stale } = this.#policy;
    this.#guard(() => this.#checkLife(0));
    if (stale !== undefined && this.#life.isBusy) this.#planStale(stale.staleAfterMs);
    this.#checkTimes();
    this.#tools.usage.watch(this.sessionId, this.#mark, limits, (measured) => {
      if (this.#isEnding) return;
      this.#tell({ type: 'usage', usage: measured });
      this.#breach(judgeLimits(measured, limits));
    });
  }

  #checkLife(lateMs: number): void {
    const { life } = this.#policy;
    const { clock, deadlines } = this.#tools;
    if (life === undefined || this.#isEnding) return;
    const now = clock.monoMs();
    if (lateMs > STOOD_STILL_MS) this.#life = forgive(this.#life, now);
    const verdict = judgeLife(this.#life, life, now);
    if (verdict.verdict === 'alive') {
      if (verdict.againMonoMs === Infinity) deadlines.cancel(this.sessionId, 'life');
      else deadlines.set(this.sessionId, 'life', verdict.againMonoMs - now, this.#onDue);
      return;
    }
    const { verdict: how, forMs, limitMs } = verdict;
    this.#hungMonoMs = now;
    this.#tell({ type: 'hung', how, forMs, limitMs });
    this.#endHung(how, forMs).catch((error: unknown) => this.#fail(error));
  }

  async #endHung(how: 'silent' | 'stuck', forMs: number): Promise<void> {
    if (this.#isEnding) return;
    const { stderr, end } = this.#policy;
    const { clock } = this.#tools;
    this.#isEnding = true; // the note takes time; nothing else may begin an end meanwhile
    const note = await takeStackNote(this.pid, clock, { stderr, limitMs: NOTE_LIMIT_MS });
    this.#isEnding = false;
    this.#finish({ cause: 'hung', how, forMs, note }, end ?? {});
  }

  #checkTimes(): void {
    const { limits = {} } = this.#policy;
    const { deadlines, clock } = this.#tools;
    if (this.#isEnding) return;
    const now = clock.monoMs();
    const ageMs = now - this.#startedMonoMs;
    const idleMs = now - this.#lastActivityMonoMs;
    if (this.#breach(judgeLimits({ ageMs, idleMs }, limits))) return;
    const { maxAgeMs = 0, maxIdleMs = 0 } = limits;
    const inMs = Math.min(
      maxAgeMs > 0 ? maxAgeMs - ageMs : Infinity,
      maxIdleMs > 0 ? maxIdleMs - idleMs : Infinity,
    );
    if (inMs !== Infinity) deadlines.set(this.sessionId, 'times', inMs, this.#onDue);
  }

  #breach(breach: LimitBreach | undefined): boolean {
    if (breach === undefined || this.#isEnding) return false;
    this.#tell({ type: 'limit', breach });
    // Memory does not wait: what leaks 190 MB/s has no claim to a grace time.
    const policy = breach.limit === 'memory' ? { ...this.#policy.end, graceMs: 0 } : this.#policy.end;
    this.#finish({ cause: 'limit', breach }, policy ?? {});
    return true;
  }

  #planStale(inMs: number): void {
    if (inMs === Infinity) return;
    this.#tools.deadlines.set(this.sessionId, 'stale', inMs, this.#onDue);
  }

  #stepStale(type: 'activity' | 'look'): void {
    const { stale } = this.#policy;
    if (stale === undefined || this.#stale === undefined || this.#isEnding) return;
    const now = this.#tools.clock.monoMs();
    const step = nextStale(this.#stale, { type, atMonoMs: now }, stale);
    this.#stale = step.state;
    // Activity only moves the due back, and the look that comes too early finds out: no deadline is moved for it.
    if (type === 'look' || step.commands.length > 0) this.#planStale(step.againMonoMs - now);
    for (const command of step.commands) {
      this.#tell({ type: 'stale', command });
      if (command === 'fail') this.#finish({ cause: 'stale' }, this.#policy.end ?? {});
    }
  }

  #finish(cause: GroupEndCause, policy: EndPolicy): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#endAll(cause, policy).catch((error: unknown) => this.#fail(error));
  }

  async #endAll(cause: GroupEndCause, policy: EndPolicy): Promise<void> {
    const { deadlines, usage, looks, clock } = this.#tools;
    for (const name of ['life', 'stale', 'times']) deadlines.cancel(this.sessionId, name);
    usage.unwatch(this.sessionId);
    let report: EndReport;
    try {
      report = await endGroup(this.#group, this.#mark, { looks, clock }, policy);
    } catch (error) {
      this.#fail(error);
      report = { gone: false, survivors: [this.pid], wasForced: true, tookMs: 0 };
    }
    this.#hungMonoMs = undefined;
    this.#resolveEnded({ ...cause, exit: this.#exit, report });
  }

  #tell(event: GroupEvent): void {
    this.#guard(() => this.#onEvent(event));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#tools.onError(error, this.sessionId);
  }
}
