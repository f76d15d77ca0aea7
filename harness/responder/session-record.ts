/**
 * Owns: the record of one session: what the outside sees as a ClaudeSession.
 * Never: changes its own state: the registry does, by the table.
 * Every session has one for an hour after its end, so it is kept small: numbers instead of dates, rings made when needed.
 */
import type { ChildProcess } from 'node:child_process';
import type { SessionRecord } from '../supervisor/session-registry.ts';
import type { CliState } from '../supervisor/session-states.ts';
import type { ClaudeSessionError, FailureCategory } from './failure.ts';
import { OutputRing } from './output-ring.ts';
import type { RingLimits } from './output-ring.ts';
import type { ClaudeSession, ResourceLimits } from './session-types.ts';
import type { SpillFile } from './spill-file.ts';

/** What is fixed when a session begins. */
export interface SessionBeginning {
  readonly agentId: string;
  readonly command: string;
  readonly maxRetries: number;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly group: string | undefined;
  readonly template: string | undefined;
}

const NOTHING: readonly string[] = Object.freeze([]);

/** A session. */
export class CliSession implements ClaudeSession {
  readonly entry: SessionRecord<CliState, CliSession>;
  readonly agentId: string;
  command: string;
  readonly maxRetries: number;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly group: string | undefined;
  readonly template: string | undefined;
  profile: string | undefined = undefined;
  process: ChildProcess | undefined = undefined;
  pid: number | undefined = undefined;
  exitCode: number | undefined = undefined;
  error: ClaudeSessionError | undefined = undefined;
  retryCount = 0;
  answer = '';
  conversationId: string | undefined = undefined;
  costUsd: number | undefined = undefined;
  lastActivityWallMs: number;
  lastActivityMonoMs: number;
  rssBytes = -1;
  peakRssBytes = 0;
  /** Of the present try's tree. */
  cpuMs = 0;
  badLines = 0;
  unknownLines = 0;
  /** Why each of its tries failed. */
  failures: readonly FailureCategory[] = [];
  endedMonoMs = -1;
  /** From its first failure to its good end, ms; -1 when it was not recovered. */
  recoveredInMs = -1;
  spill: SpillFile | undefined = undefined;
  /** Of a session that an earlier process began: its times then, ms since 1970. */
  earlier: { readonly startedWallMs: number; readonly endedWallMs?: number } | undefined = undefined;
  #stdout: OutputRing | undefined = undefined;
  #stderr: OutputRing | undefined = undefined;

  /** @param add makes the registry's entry for it */
  constructor(
    beginning: SessionBeginning,
    add: (session: CliSession) => SessionRecord<CliState, CliSession>,
  ) {
    this.agentId = beginning.agentId;
    this.command = beginning.command;
    this.maxRetries = beginning.maxRetries;
    this.resourceLimits = beginning.resourceLimits;
    this.group = beginning.group;
    this.template = beginning.template;
    this.entry = add(this);
    this.lastActivityWallMs = this.entry.startedWallMs;
    this.lastActivityMonoMs = Math.round(this.entry.startedMonoMs); // small integers take no memory of their own
  }

  get id(): string {
    return this.entry.id;
  }

  get status(): CliState {
    return this.entry.state;
  }

  get startTime(): Date {
    return new Date(this.earlier?.startedWallMs ?? this.entry.startedWallMs);
  }

  get endTime(): Date | undefined {
    const { endedWallMs } = this.entry;
    return endedWallMs === undefined ? undefined : new Date(this.earlier?.endedWallMs ?? endedWallMs);
  }

  get lastActivity(): Date {
    return new Date(this.lastActivityWallMs);
  }

  get output(): readonly string[] {
    return this.#stdout?.lines ?? NOTHING;
  }

  get errorOutput(): readonly string[] {
    return this.#stderr?.lines ?? NOTHING;
  }

  get droppedLines(): number {
    return (this.#stdout?.dropped ?? 0) + (this.#stderr?.dropped ?? 0);
  }

  get spillFile(): string | undefined {
    return this.spill?.path;
  }

  get memoryUsage(): NodeJS.MemoryUsage | undefined {
    if (this.rssBytes < 0) return undefined;
    return { rss: this.rssBytes, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
  }

  get lineCounts(): { readonly bad: number; readonly unknown: number } {
    return { bad: this.badLines, unknown: this.unknownLines };
  }

  /** Keeps lines; returns those that left the ring for them. */
  keep(stream: 'stdout' | 'stderr', lines: readonly string[], limits: RingLimits): readonly string[] {
    const ring =
      stream === 'stdout' ? (this.#stdout ??= new OutputRing()) : (this.#stderr ??= new OutputRing());
    const left: string[] = [];
    for (const line of lines) left.push(...ring.push(line, limits));
    return left;
  }

  toJSON(): Record<string, unknown> {
    return {
      id: this.id,
      agentId: this.agentId,
      command: this.command,
      startTime: this.startTime,
      endTime: this.endTime,
      lastActivity: this.lastActivity,
      status: this.status,
      output: this.output,
      errorOutput: this.errorOutput,
      exitCode: this.exitCode,
      pid: this.pid,
      retryCount: this.retryCount,
      maxRetries: this.maxRetries,
      memoryUsage: this.memoryUsage,
      cpuMs: this.cpuMs,
      resourceLimits: this.resourceLimits,
      error: this.error && { category: this.error.category, message: this.error.message },
      answer: this.answer,
      conversationId: this.conversationId,
      costUsd: this.costUsd,
      group: this.group,
      template: this.template,
      profile: this.profile,
      droppedLines: this.droppedLines,
      spillFile: this.spillFile,
      lineCounts: this.lineCounts,
    };
  }
}
