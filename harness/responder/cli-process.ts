/**
 * Owns: one process group of a session on the engine: started, fed, read, watched, ended.
 * Never: decides what becomes of the session.
 * Invariant: `ended` fulfils once, when nothing of the group is left (or it outlived all limits) and what it wrote last
 * was handed on; it never rejects.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { bounded } from '../supervisor/bounded.ts';
import { SpawnError } from '../supervisor/process-group.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { LimitBreach, SessionLimits } from '../supervisor/session-limits.ts';
import type { StalePolicy } from '../supervisor/stale-phases.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { TreeUsage } from '../supervisor/usage-monitor.ts';
import type { EndReason, ProcessEnd } from './attempt-outcome.ts';
import { ClaudeSessionError } from './failure.ts';

/** What to start. */
export interface ProcessSpec {
  readonly sessionId: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string | undefined;
  /** A text is written and stdin closed; `open` leaves it to {@link CliProcess.write}; undefined is the end at once. */
  readonly input: { readonly text: string } | 'open' | undefined;
  readonly limits: SessionLimits;
  readonly stale: StalePolicy | undefined;
  /** False: nothing is asked of it yet, so it may be silent. */
  readonly isBusy: boolean;
}

/** Told what the process does. None may throw. */
export interface ProcessHandlers {
  /** Text as it comes, cut anywhere. */
  onText(text: string, stream: 'stdout' | 'stderr'): void;
  onUsage(usage: TreeUsage): void;
  /** It is being ended for it. */
  onLimit(breach: LimitBreach): void;
  /** `recover`: it has been silent for too long, and was given time to come back. */
  onStale(command: 'mark' | 'recover' | 'fail' | 'fresh'): void;
}

/** A running process. */
export interface CliProcess {
  readonly pid: number;
  readonly child: ChildProcess | undefined;
  /** False when its stdin takes no more. */
  write(text: string): boolean;
  /** Whether work is asked of it: staleness runs only then. */
  setBusy(isBusy: boolean): void;
  /** Ends it with all that it started; the first reason stays. @param graceMs from SIGTERM to SIGKILL */
  end(reason: EndReason, graceMs?: number): void;
  readonly ended: Promise<ProcessEnd>;
}

/** Starts a process. Rejects with ClaudeSessionError `spawn`. */
export type StartProcess = (spec: ProcessSpec, handlers: ProcessHandlers) => Promise<CliProcess>;

/** Own output of the group that the engine keeps beside ours, characters: nobody reads it. */
const KEPT_BY_ENGINE = 256;
/** What was written last is on its way for 0.5 s after the exit; a process that cannot be killed never exits, ms. */
const DRAIN_LIMIT_MS = 1500;

function spawnError(error: unknown, spec: ProcessSpec): ClaudeSessionError {
  const { command, cwd } = spec;
  const told = (message: string, isRetryable: boolean) =>
    new ClaudeSessionError('spawn', message, { cause: error, isRetryable });
  // What the system refuses at once (ENOTDIR, E2BIG) is thrown bare.
  const { code } = (error instanceof SpawnError ? error.cause : error) as NodeJS.ErrnoException;
  if (code === 'ENOENT' && cwd !== undefined && !existsSync(cwd))
    return told(`the working folder ${cwd} is gone`, false);
  if (code === 'ENOENT') return told(`the command ${command} was not found`, false);
  if (code === 'EACCES') return told(`the command ${command} is not executable`, false);
  if (code === 'ENOTDIR') return told(`the working folder ${cwd ?? ''} is no folder`, false);
  if (code === 'E2BIG')
    return told(`the command ${command} has more arguments and environment than this system takes`, false);
  return told(`the command ${command} could not be started`, true);
}

/** Processes of this system, on a supervisor. @param runFolder its reaper ends them when this process dies */
export function processStarter(
  supervisor: Supervisor,
  runFolder: () => Promise<RunFolder | undefined> = () => Promise.resolve(undefined),
): StartProcess {
  return async (spec, handlers) => {
    const { sessionId, command, args, env, cwd, input, limits, stale, isBusy } = spec;
    const folder = await runFolder();
    const launched = await supervisor
      .launch({
        kind: 'cli',
        sessionId,
        command,
        args,
        env,
        stdin: input !== undefined,
        keepCharacters: KEPT_BY_ENGINE,
        ...(cwd !== undefined && { cwd }),
        ...(folder !== undefined && { runFolder: folder }),
      })
      .catch((error: unknown) => {
        throw spawnError(error, spec);
      });
    const { group } = launched;
    const watched = supervisor.watch(
      launched,
      sessionId,
      { limits, isBusy, ...(stale !== undefined && { stale }) },
      (event) => {
        if (event.type === 'usage') handlers.onUsage(event.usage);
        else if (event.type === 'limit') handlers.onLimit(event.breach);
        else if (event.type === 'stale') handlers.onStale(event.command);
      },
    );
    // Nothing can have been read before: output comes in later turns of the loop.
    for (const stream of ['stdout', 'stderr'] as const) {
      const decoder = new StringDecoder('utf8');
      group.child[stream]?.on('data', (chunk: Buffer) => {
        watched.activity();
        handlers.onText(decoder.write(chunk), stream);
      });
    }
    const { stdin } = group.child;
    if (typeof input === 'object') stdin?.end(input.text);
    const end = async (): Promise<ProcessEnd> => {
      const { report, ...rest } = await watched.ended;
      await bounded(supervisor.clock, DRAIN_LIMIT_MS, 'the last output', group.drained).catch(
        () => undefined,
      );
      stdin?.destroy();
      return { ...rest, isGone: report.gone };
    };
    return {
      pid: group.pid,
      child: group.child,
      write: (text) => stdin !== null && stdin.writable && (stdin.write(text), true),
      setBusy: (busy) => watched.setBusy(busy),
      end: (reason, graceMs) => {
        watched.end(reason, graceMs === undefined ? {} : { graceMs }).catch(() => undefined); // never rejects
      },
      ended: end(),
    };
  };
}
