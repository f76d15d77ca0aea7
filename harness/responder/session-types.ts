/** The public shapes of command-line sessions. Names and units of the fields follow the source document (seed 004). */
import type { ChildProcess } from 'node:child_process';
import type { CliState } from '../supervisor/session-states.ts';
import type { LimitBreach } from '../supervisor/session-limits.ts';
import type { ClaudeSessionError, FailureCategory } from './failure.ts';
import type { CliMessage } from './stream-json.ts';

/** What a session's whole process tree may use. */
export interface ResourceLimits {
  /** Resident memory, bytes. */
  readonly maxMemory?: number;
  /** User and system time, ms. */
  readonly maxCpuTime?: number;
}

/** How a command speaks: `streamJson` is `claude -p --output-format stream-json`, `plain` is any command with lines. */
export const PROTOCOLS = ['streamJson', 'plain'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** How one session runs. What is left out comes from its template, then its profile, then the configuration. */
export interface ClaudeExecutionOptions {
  /** Longest time of one try, ms; 0 is none. @default 300000 */
  readonly timeout?: number;
  /** Tries after the first. @default 3 */
  readonly maxRetries?: number;
  /** Wait before the first retry, ms; doubled each time to at most 60000, with jitter. @default 2000 */
  readonly retryDelay?: number;
  readonly resourceLimits?: ResourceLimits;
  /** Whether a failure is retried at all. @default true */
  readonly enableRecovery?: boolean;
  /** From the first failure to the end of the last retry, ms. @default 900000 */
  readonly recoveryTimeoutMs?: number;
  /** How often this session's health is told, ms. @default the manager's */
  readonly healthCheckInterval?: number;
  /** Without a sign of activity for so long it is stale, ms; 0 is never. @default 300000 */
  readonly staleAfterMs?: number;
  /** @default the configured claudeCommand */
  readonly command?: string;
  /** For claude these are added to its own flags; for another command they are all it gets. */
  readonly args?: readonly string[];
  /** @default streamJson for claude, plain for another command */
  readonly protocol?: Protocol;
  /** Working folder. @default this process's */
  readonly cwd?: string;
  /** Added to the cleaned environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin gets: the prompt and then its end, or its end at once. @default prompt, when there is one */
  readonly stdin?: 'prompt' | 'closed';
  /** Lets claude start the MCP servers of its settings, each a process more. @default false */
  readonly mcpServers?: boolean;
  /** Name of a template to start from. */
  readonly template?: string;
  /** Name of the one profile to run on. @default the least busy */
  readonly profile?: string;
  /** Name of the group it is counted in. */
  readonly group?: string;
}

/** One session of a command-line assistant, live: its fields change until `endTime` is there. */
export interface ClaudeSession {
  readonly id: string;
  readonly agentId: string;
  /** The command with its arguments; the prompt is not in it. */
  readonly command: string;
  /** Of the present try. */
  readonly process: ChildProcess | undefined;
  readonly startTime: Date;
  readonly endTime: Date | undefined;
  readonly lastActivity: Date;
  readonly status: CliState;
  /** The last lines on stdout, without escape sequences. */
  readonly output: readonly string[];
  /** The last lines on stderr, without escape sequences. */
  readonly errorOutput: readonly string[];
  /** Of the last try; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly pid: number | undefined;
  readonly retryCount: number;
  readonly maxRetries: number;
  /** `rss` of the whole tree, bytes; the heap fields are 0, they cannot be seen from outside. */
  readonly memoryUsage: NodeJS.MemoryUsage | undefined;
  /** User and system time of the whole tree in the present try, ms. */
  readonly cpuMs: number;
  readonly resourceLimits: ResourceLimits | undefined;
  /** Why it failed, timed out, or is being recovered. */
  readonly error: ClaudeSessionError | undefined;
  /** What the assistant answered; for plain commands see `output`. */
  readonly answer: string;
  /** The assistant's own id of the conversation, by which it can be resumed. */
  readonly conversationId: string | undefined;
  readonly costUsd: number | undefined;
  readonly group: string | undefined;
  readonly template: string | undefined;
  readonly profile: string | undefined;
  /** Lines that `output` and `errorOutput` no longer hold. */
  readonly droppedLines: number;
  /** Where dropped lines of stdout went, when a folder for them is configured. */
  readonly spillFile: string | undefined;
  /** Lines that were no JSON, and lines of types that are not known. */
  readonly lineCounts: { readonly bad: number; readonly unknown: number };
  /** Everything but the process, for JSON. */
  toJSON(): Record<string, unknown>;
}

/** Something that happened to a session, or (`health` without a session) to the manager. */
export type CliUpdate =
  | {
      readonly type: 'status';
      readonly session: ClaudeSession;
      readonly from: CliState | undefined;
      readonly to: CliState;
      readonly reason: string;
    }
  | {
      readonly type: 'output';
      readonly session: ClaudeSession;
      readonly stream: 'stdout' | 'stderr';
      /** Whole lines. */
      readonly lines: readonly string[];
    }
  | { readonly type: 'message'; readonly session: ClaudeSession; readonly message: CliMessage }
  | { readonly type: 'limit'; readonly session: ClaudeSession; readonly breach: LimitBreach }
  | {
      readonly type: 'recovery';
      readonly session: ClaudeSession;
      readonly category: FailureCategory;
      /** 1 for the first retry. */
      readonly attempt: number;
      readonly delayMs: number;
      /** Whether it goes on in the same conversation. */
      readonly resumes: boolean;
    }
  | {
      readonly type: 'health';
      readonly session: ClaudeSession | undefined;
      readonly isStale: boolean;
      readonly metrics: SessionHealthMetrics;
    };

/** How the sessions are now. */
export interface SessionHealthMetrics {
  readonly totalSessions: number;
  /** Active ones that show activity. */
  readonly healthySessions: number;
  /** Active ones without activity for too long. */
  readonly staleSessions: number;
  /** Of the active ones whose memory is known, bytes; 0 when there are none. */
  readonly averageMemoryUsage: number;
  readonly sessionsByStatus: Readonly<Record<CliState, number>>;
}
