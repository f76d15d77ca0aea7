/**
 * Owns: the engine of one process: one clock of deadlines, one view of the process table, the pid journal, and all
 * process groups that were launched through it. Kinds of session stand on it; it knows none of them.
 * Never: restarts anything by itself; never ends a session because a watcher failed.
 * Invariant: every group that it launched is in the journal until nothing of it is left; `stop` ends all, bounded.
 */
import type { Logger, Running } from '../contracts.ts';
import { Deadlines } from './deadlines.ts';
import { endGroup } from './end-group.ts';
import type { EndPolicy } from './end-group.ts';
import { systemEngineClock } from './engine-clock.ts';
import type { EngineClock } from './engine-clock.ts';
import { endOrphans } from './orphaned-groups.ts';
import type { OrphanReport } from './orphaned-groups.ts';
import { PidJournal } from './pid-journal.ts';
import { ProcessGroup } from './process-group.ts';
import type { ProcessGroupOptions } from './process-group.ts';
import { ProcessLooks } from './process-looks.ts';
import { systemProcessSource } from './process-sample.ts';
import type { ProcessSource } from './process-sample.ts';
import { startTimeOf } from './process-table.ts';
import { SESSION_MARK_VARIABLE, newSessionMark } from './session-mark.ts';
import type { GroupMark } from './session-mark.ts';
import { NODE_STACK_NOTE_ARGUMENTS } from './stack-note.ts';
import { UsageMonitor } from './usage-monitor.ts';
import type { UsagePacePolicy } from './usage-pace.ts';
import { WatchedGroup } from './watched-group.ts';
import type { GroupEvent, WatchPolicy, WatchTools, WatchableGroup } from './watched-group.ts';

export interface SupervisorOptions {
  readonly log: Logger;
  /** Where the pid journal lies; without it nothing is remembered beyond this process. */
  readonly stateFolder?: string;
  /** @default the real time */
  readonly clock?: EngineClock;
  /** @default this system's processes */
  readonly processes?: ProcessSource;
  readonly usagePace?: UsagePacePolicy;
}

/** What to launch. */
export interface LaunchOptions extends ProcessGroupOptions {
  /** `voice` or `cli`; for the journal. */
  readonly kind: string;
  /** For the journal; a waiting child has none yet. */
  readonly sessionId?: string;
  /**
   * The command is Node itself: it can be asked where it hangs. Never for another program, nor for a script that starts
   * Node: the question would kill it. @default false
   */
  readonly isNode?: boolean;
}

/** A started group as the engine needs it; ProcessGroup is one. */
export interface LaunchableGroup extends WatchableGroup {
  /** The last of its output. */
  output(stream: 'stdout' | 'stderr'): string;
}

/** A group that runs and is marked and journaled, but not watched yet. */
export interface LaunchedGroup<G extends LaunchableGroup = LaunchableGroup> {
  readonly group: G;
  readonly mark: GroupMark;
  readonly kind: string;
  readonly isNode: boolean;
}

/** The engine. */
export class Supervisor implements Running {
  readonly clock: EngineClock;
  /** For owners' own deadlines; owners are session ids, names must not be `life`, `stale`, `times` or `usage`. */
  readonly deadlines: Deadlines;
  readonly looks: ProcessLooks;
  readonly usage: UsageMonitor;
  readonly #tools: WatchTools;
  readonly #log: Logger;
  readonly #journal: PidJournal | undefined;
  readonly #stateFolder: string | undefined;
  readonly #processes: ProcessSource;
  readonly #launched = new Map<string, LaunchedGroup>();
  /** Starts under way: a stop waits for them. */
  readonly #launching = new Set<Promise<void>>();
  readonly #watched = new Map<string, WatchedGroup>();
  #endingOrphans: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    const { log } = options;
    this.#log = log;
    this.clock = options.clock ?? systemEngineClock;
    this.deadlines = new Deadlines(this.clock, (error, owner, name) => {
      log.error({ event: 'deadlineFailed', session: owner, name, err: error }, `deadline ${name} failed`);
    });
    this.#processes = options.processes ?? systemProcessSource();
    this.#stateFolder = options.stateFolder;
    this.looks = new ProcessLooks(this.#processes, this.clock);
    this.usage = new UsageMonitor({
      looks: this.looks,
      deadlines: this.deadlines,
      clock: this.clock,
      onError: (error, session) => this.#failed(error, session),
      ...(options.usagePace !== undefined && { pace: options.usagePace }),
    });
    this.#tools = {
      deadlines: this.deadlines,
      usage: this.usage,
      looks: this.looks,
      clock: this.clock,
      onError: (error, session) => this.#failed(error, session),
    };
    this.#journal = options.stateFolder === undefined ? undefined : new PidJournal(options.stateFolder);
  }

  /** Groups that run, watched or not. */
  get groupCount(): number {
    return this.#launched.size;
  }

  /** The watched group of a session. */
  watched(sessionId: string): WatchedGroup | undefined {
    return this.#watched.get(sessionId);
  }

  /** Starts a group. Rejects with SpawnError, or with an Error once stopping. The caller watches it or discards it. */
  async launch(options: LaunchOptions): Promise<LaunchedGroup<ProcessGroup>> {
    if (this.#stopping !== undefined)
      throw new Error(`no ${options.kind} process is started: the supervisor stops`);
    const work = this.#launch(options);
    const settled = work.then(
      () => undefined,
      () => undefined, // its caller is told
    );
    this.#launching.add(settled);
    try {
      return await work;
    } finally {
      this.#launching.delete(settled);
    }
  }

  async #launch(options: LaunchOptions): Promise<LaunchedGroup<ProcessGroup>> {
    const mark = newSessionMark();
    const { kind, sessionId, isNode = false, args, ...rest } = options;
    const group = await ProcessGroup.start({
      ...rest,
      args: isNode ? [...NODE_STACK_NOTE_ARGUMENTS, ...args] : args,
      env: { ...(options.env ?? process.env), [SESSION_MARK_VARIABLE]: mark },
    });
    const launched: LaunchedGroup<ProcessGroup> = {
      group,
      kind,
      isNode,
      mark: { leaderPid: group.pid, leaderStartTime: startTimeOf(group.pid), mark },
    };
    this.#launched.set(mark, launched);
    this.#note(launched, sessionId ?? '-');
    if (this.#isStopping()) {
      await this.discard(launched, { graceMs: 0 }); // the stop began while it was being started
      throw new Error(`no ${kind} process is started: the supervisor stops`);
    }
    group.exited
      .then(() => this.#afterExit(launched))
      .catch((error: unknown) => this.#failed(error, sessionId ?? '-'));
    return launched;
  }

  /** Watches a launched group for a session, from now on. Throws when that session has a watched group already. */
  watch(
    launched: LaunchedGroup,
    sessionId: string,
    policy: WatchPolicy,
    onEvent: (event: GroupEvent) => void = () => undefined,
  ): WatchedGroup {
    if (this.#watched.has(sessionId)) throw new Error(`session ${sessionId} has a watched process already`);
    this.#note(launched, sessionId);
    const watched = new WatchedGroup({
      sessionId,
      group: launched.group,
      mark: launched.mark,
      policy: launched.isNode ? { stderr: () => launched.group.output('stderr'), ...policy } : policy,
      tools: this.#tools,
      onEvent,
    });
    this.#watched.set(sessionId, watched);
    watched.ended
      .then(({ report }) => {
        if (this.#watched.get(sessionId) === watched) this.#watched.delete(sessionId);
        this.#forget(launched, report.gone);
      })
      .catch((error: unknown) => this.#failed(error, sessionId));
    return watched;
  }

  /** Ends a launched group that nobody watches. Never rejects. */
  async discard(launched: LaunchedGroup, policy: EndPolicy = {}): Promise<void> {
    const tools = { looks: this.looks, clock: this.clock };
    const { gone } = await endGroup(launched.group, launched.mark, tools, policy);
    this.#forget(launched, gone);
  }

  /**
   * Ends the sessions of a kind that dead supervisors of this state folder have left running, each within 5 s, and says
   * what it found. One at a time: what the first has ended, a second need not tell again. Without a state folder there is
   * nothing to know. Never rejects.
   */
  endOrphans(kind: string): Promise<readonly OrphanReport[]> {
    const work = this.#endingOrphans.then(() => this.#endOrphans(kind));
    this.#endingOrphans = work.then(() => undefined);
    return work;
  }

  async #endOrphans(kind: string): Promise<readonly OrphanReport[]> {
    if (this.#stateFolder === undefined) return [];
    const tools = { looks: this.looks, processes: this.#processes, clock: this.clock };
    try {
      const { reports, corruptLines } = await endOrphans(this.#stateFolder, kind, tools);
      if (corruptLines > 0)
        this.#log.warn(
          { event: 'journalCorrupt', corruptLines },
          `${corruptLines} lines in the journals of processes made no sense and were skipped`,
        );
      for (const { sessionId, foundPids, isGone } of reports) {
        if (foundPids.length === 0) continue; // ended with its supervisor
        this.#log.warn(
          { event: 'orphanEnded', session: sessionId, pids: foundPids, isGone },
          isGone
            ? `What a dead supervisor had left of session ${sessionId} was ended`
            : `What a dead supervisor has left of session ${sessionId} could not be ended`,
        );
      }
      return reports;
    } catch (error) {
      this.#failed(error, '-'); // a journal that cannot be read
      return [];
    }
  }

  /** Ends every group, side by side, and closes the journal. Bounded by the policy's limits, idempotent, never rejects. */
  stop(policy: EndPolicy = {}): Promise<void> {
    this.#stopping ??= this.#stop(policy);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async #stop(policy: EndPolicy): Promise<void> {
    const watched = [...this.#watched.values()];
    const marks = new Set(watched.map(({ pid }) => pid));
    const others = [...this.#launched.values()].filter(({ mark }) => !marks.has(mark.leaderPid));
    await Promise.all([
      ...watched.map((one) => one.end('stopped', policy)),
      ...others.map((one) => this.discard(one, policy)),
      ...this.#launching, // each ends what it has started
    ]);
    this.deadlines.stop();
    this.#journal?.close();
  }

  /** An unwatched group that ended by itself: what it left behind goes with it. */
  async #afterExit(launched: LaunchedGroup): Promise<void> {
    const isWatched = [...this.#watched.values()].some(({ pid }) => pid === launched.group.pid);
    if (!isWatched && this.#launched.has(launched.mark.mark)) await this.discard(launched, { graceMs: 0 });
  }

  #note({ mark, kind }: LaunchedGroup, sessionId: string): void {
    try {
      this.#journal?.started({
        sessionId,
        kind,
        pid: mark.leaderPid,
        ...(mark.leaderStartTime !== undefined && { startTime: mark.leaderStartTime }),
        mark: mark.mark,
        atWallMs: this.clock.wallMs(),
      });
    } catch (error) {
      this.#failed(error, sessionId); // a full disk: the session runs, only the memory of it is worse
    }
  }

  #forget(launched: LaunchedGroup, isGone: boolean): void {
    const { mark } = launched;
    if (!this.#launched.delete(mark.mark)) return;
    if (!isGone) {
      this.#log.error({ event: 'groupSurvived', pid: mark.leaderPid }, 'A process could not be ended');
      return; // stays in the journal: a cleanup must find it
    }
    try {
      this.#journal?.ended(mark.mark);
    } catch (error) {
      this.#failed(error, String(mark.leaderPid));
    }
  }

  #failed(error: unknown, session: string): void {
    this.#log.error({ event: 'watcherFailed', session, err: error }, 'A watcher failed; the session goes on');
  }
}
