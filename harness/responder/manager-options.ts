/** What a ClaudeCliManager is made of. */
import type { Logger } from '../contracts.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { ClaudeCliConfig } from './cli-config.ts';
import type { StartProcess } from './cli-process.ts';
import type { RingLimits } from './output-ring.ts';
import type { CliProfile } from './profiles.ts';
import type { SessionTemplates } from './templates.ts';

/** Options of a manager; each has a default. */
export interface ClaudeCliManagerOptions {
  /** What differs from DEFAULT_CLI_CONFIG. */
  readonly config?: Partial<ClaudeCliConfig>;
  /** @default a silent one */
  readonly log?: Logger;
  /** The engine; whoever made it stops it, after `dispose`. @default one of the manager's own */
  readonly supervisor?: Supervisor;
  /**
   * The run whose reaper ends all sessions when this process dies; whoever made it stops it. `none`: they outlive it
   * until the next start or `clara cleanup`. @default a run folder of the manager's own, made with the first session
   */
  readonly runFolder?: RunFolder | 'none';
  /** Where journals lie. Without it nothing is remembered beyond this process. */
  readonly stateFolder?: string;
  /**
   * What the journal may hold of what people said, for recovering sessions that were running when this process died:
   * nothing (only those whose conversation can be resumed are recovered), or prompts. @default nothing
   */
  readonly journalPrompts?: boolean;
  /** What becomes of them: recovered where that is possible, or marked failed. @default recover */
  readonly onRestart?: 'recover' | 'fail';
  /** Named sets of options. */
  readonly templates?: SessionTemplates;
  /** Commands or accounts that share the load. */
  readonly profiles?: readonly CliProfile[];
  /** @default 1000 lines and 262144 characters of each stream */
  readonly keepOutput?: RingLimits;
  /** Folder for output that is not kept in memory; holds what was said. Without it such output is dropped. */
  readonly spillFolder?: string;
  /** Longest file there, bytes. @default 1 GiB */
  readonly maxSpillBytes?: number;
  /** Environment that sessions get, cleaned. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** @default the supervisor's */
  readonly clock?: EngineClock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  /** @default processes of this system, on the supervisor */
  readonly startProcess?: StartProcess;
}
