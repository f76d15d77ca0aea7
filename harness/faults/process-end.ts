/** A process ends, at once (SIGKILL) or politely and then firmly (SIGTERM twice); undo starts it again where that is ours to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineFault } from './define-fault.ts';
import { need, type Fault, type ProcessTarget } from './fault.ts';
import { isNoSuchProcess, type ProcessName } from './process-pause.ts';
import { undoOnce } from './undo.ts';

/** Longest wait for a killed process to be gone, ms; measured 4 to 49. */
const GONE_WITHIN_MS = 5_000;
/** A server with people in it drains on the first SIGTERM and ends on the second, ms between the two. */
const SECOND_TERM_AFTER_MS = 500;

/** Resolves when the process is gone. Throws when it is not within 5 s. */
export function processEnd(id: string, name: Exclude<ProcessName, 'renderer'>, how: 'kill' | 'term'): Fault {
  return defineFault(id, async (target, signal) => {
    const process = need(target, name, id);
    try {
      await end(process, how, signal);
    } catch (error) {
      await process.restart?.(); // half ended: whoever gave up shall find it running
      throw error;
    }
    return undoOnce(async () => process.restart?.(), signal);
  });
}

async function end(process: ProcessTarget, how: 'kill' | 'term', signal: AbortSignal): Promise<void> {
  if (how === 'kill') process.send('SIGKILL');
  else {
    process.send('SIGTERM');
    await sleep(SECOND_TERM_AFTER_MS, undefined, { signal });
    try {
      process.send('SIGTERM');
    } catch (error) {
      if (!isNoSuchProcess(error)) throw error; // an empty server is gone after the first
    }
  }
  await process.exited(AbortSignal.any([signal, AbortSignal.timeout(GONE_WITHIN_MS)]));
}
