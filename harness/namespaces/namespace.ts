/**
 * Owns: one network namespace without a name, which lives as long as the process that holds it. The holder ends with our
 * end of its stdin, whatever ends us, and the kernel then takes the namespace, its links and its rules away.
 */
import type { Running } from '../contracts.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import { runCommand } from '../supervisor/run-command.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { NamespaceTools } from './namespace-tools.ts';

/** Longest wait for a namespace or one command in it, ms; usual is 3 to 30. */
const LIMIT_MS = 5_000;

/** A namespace that is there. */
export interface Namespace extends Running {
  /** Of its holder. */
  readonly pid: number;
  /** What stands before a command that is to run in it. */
  readonly entrance: readonly string[];
}

/** A command of the network did not do what it was told. */
export class NamespaceError extends Error {
  override readonly name = 'NamespaceError';
}

/** Makes one. Rejects with NamespaceError; then nothing is left. */
export async function makeNamespace(
  name: string,
  tools: NamespaceTools,
  runFolder: RunFolder,
  signal: AbortSignal,
): Promise<Namespace> {
  signal.throwIfAborted();
  const holder = await ProcessGroup.start({
    command: tools.unshare,
    args: ['--net', '--', 'cat'],
    stdin: true,
    runFolder,
  });
  const stop = async (): Promise<void> => {
    holder.child.stdin?.end();
    await holder.stop({ killAfterMs: 500 });
  };
  try {
    // `cat` answers only once it runs, which is after the namespace was made.
    await answered(holder, name, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const { pid } = holder;
  const entrance = [tools.nsenter, '--target', String(pid), '--net', '--'];
  return { pid, entrance, stop, [Symbol.asyncDispose]: stop };
}

function answered(holder: ProcessGroup, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const fail = (why: string): void =>
      settle(() => reject(new NamespaceError(`no namespace for the ${name}: ${why}`)));
    const onAbort = (): void => {
      if (signal.aborted) settle(() => reject(signal.reason as Error));
      else fail(`not there within ${LIMIT_MS} ms`);
    };
    const onData = (): void => settle(resolve);
    const settle = (how: () => void): void => {
      limit.removeEventListener('abort', onAbort);
      holder.child.stdout?.off('data', onData);
      how();
    };
    limit.addEventListener('abort', onAbort, { once: true });
    holder.child.stdout?.once('data', onData);
    holder.exited.then(
      () => fail(holder.output('stderr').trim() || 'its holder ended'),
      () => undefined, // it never rejects
    );
    holder.child.stdin?.write('\n');
  });
}

/** Runs one command. Rejects with NamespaceError that holds what it said. Gives its stdout. */
export async function runInside(
  entrance: readonly string[],
  command: readonly string[],
  signal: AbortSignal,
  input?: string,
): Promise<string> {
  const [file = '', ...args] = [...entrance, ...command];
  const result = await runCommand(
    { command: file, args, limitMs: LIMIT_MS, ...(input !== undefined && { input }) },
    signal,
  );
  if (result.code === 0) return result.stdout;
  const why = result.timedOut ? `no end in ${LIMIT_MS} ms` : result.stderr.trim() || `code ${result.code}`;
  throw new NamespaceError(`${command.join(' ')}: ${why}`);
}
