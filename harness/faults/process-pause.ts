/** A process stands still (SIGSTOP) and goes on (SIGCONT): a hung server or agent, or a page that sleeps. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { undoOnce } from './undo.ts';

/** Which process of the call. */
export type ProcessName = 'server' | 'agent' | 'renderer';

/** A process that is gone when it shall go on is no failure: somebody replaced it. */
export function processPause(id: string, name: ProcessName): Fault {
  return defineFault(id, (target, signal) => {
    const process = need(target, name, id);
    process.send('SIGSTOP');
    return undoOnce(() => {
      try {
        process.send('SIGCONT');
      } catch (error) {
        if (!isNoSuchProcess(error)) throw error;
      }
    }, signal);
  });
}

/** True for the error of a signal to a process that does not exist. */
export function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ESRCH';
}
