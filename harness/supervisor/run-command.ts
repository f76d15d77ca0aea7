/** A short command run to its end: `--version`, `tar`, `go install`. Bounded in time, and its whole group with it. */
import { ProcessGroup } from './process-group.ts';
import type { Exit, ProcessGroupOptions } from './process-group.ts';

/** What came of a command. */
export interface CommandResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** True when it was ended because `limitMs` had passed. */
  readonly timedOut: boolean;
}

/**
 * Runs a command to its end, `limitMs` at most. Rejects with SpawnError when it cannot start and with the signal's
 * reason when aborted; a failed command is a result, not an error.
 */
export async function runCommand(
  options: Omit<ProcessGroupOptions, 'stdin'> & {
    readonly limitMs: number;
    /** All of its stdin. @default nothing */
    readonly input?: string;
  },
  signal: AbortSignal,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const group = await ProcessGroup.start({ ...options, stdin: options.input !== undefined });
  let timedOut = false;
  const end = () => void group.signal('SIGKILL');
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.limitMs);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end(); // while it started
  if (options.input !== undefined) group.child.stdin?.end(options.input);
  try {
    const exit = await group.exited;
    await group.drained;
    signal.throwIfAborted();
    return { ...exit, stdout: group.output('stdout'), stderr: group.output('stderr'), timedOut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
