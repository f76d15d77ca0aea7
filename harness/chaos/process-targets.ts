/** The processes of a call that faults may hit: its server, its agent's child, its page's renderer. */
import { listProcesses, type ProcessFacts } from '../supervisor/process-table.ts';
import type { ProcessTarget } from '../faults/fault.ts';
import { pidTarget } from '../faults/process-target.ts';
import type { LiveKitServer } from '../server/livekit-server.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import { RUN_ID_VARIABLE } from '../supervisor/victims.ts';

const SERVER_BACK_LIMIT_MS = 15_000;

/** The server, which we start again ourselves. */
export function serverTarget(server: LiveKitServer): ProcessTarget {
  return {
    send: (signal) => server.signal(signal),
    exited: async (signal) => {
      const ended = server.exited; // of the process that runs now
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        ended.then(
          () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
          (error: unknown) => reject(error as Error),
        );
        if (signal.aborted) onAbort();
      });
    },
    restart: () => server.startAgain(AbortSignal.timeout(SERVER_BACK_LIMIT_MS)),
  };
}

/** How many session processes the agent side has, warm ones included. */
export function countAgentProcesses(runFolder: Pick<RunFolder, 'runId'>): number {
  return sessionChildren(runFolder).length;
}

function sessionChildren(runFolder: Pick<RunFolder, 'runId'>): ProcessFacts[] {
  return processesOf(runFolder).filter(({ commandLine }) => commandLine.includes('session-child'));
}

/** The agent's child that serves the call; looked for each time, because it may have been replaced. */
export function agentTarget(runFolder: Pick<RunFolder, 'runId'>): ProcessTarget {
  return lookedUp('agent process', () => {
    const children = sessionChildren(runFolder);
    // Warm ones are made when one has begun to serve, so the oldest serves.
    return children.sort((one, other) => Number(one.startTime) - Number(other.startTime)).slice(0, 1);
  });
}

/** Every renderer of the run's browser: a page and its workers may have more than one. */
export function rendererTarget(runFolder: Pick<RunFolder, 'path'>): ProcessTarget {
  return lookedUp('renderer', () => {
    const all = listProcesses();
    // Renderers write over their own environment; their group is that of the browser, whose profile is in the run folder.
    const browser = all.find(
      ({ commandLine }) =>
        commandLine.includes(`--user-data-dir=${runFolder.path}`) && !commandLine.includes('--type='),
    );
    return all.filter(
      ({ commandLine, groupId }) => commandLine.includes('--type=renderer') && groupId === browser?.groupId,
    );
  });
}

function processesOf({ runId }: Pick<RunFolder, 'runId'>): ProcessFacts[] {
  const mark = `${RUN_ID_VARIABLE}=${runId}`;
  return listProcesses().filter(({ environment }) => environment.split(/[\0 ]/).includes(mark));
}

/**
 * Sends to what is found at the first signal, and goes on with the same processes until they are let go on. A send
 * reaches every one of them; then it throws the first failure.
 */
export function lookedUp(name: string, find: () => readonly Pick<ProcessFacts, 'pid'>[]): ProcessTarget {
  let found: readonly ProcessTarget[] = [];
  const targets = (): readonly ProcessTarget[] => {
    if (found.length === 0) found = find().map(({ pid }) => pidTarget(pid));
    if (found.length === 0) throw new Error(`there is no ${name}`);
    return found;
  };
  return {
    send: (signal) => {
      if (signal !== 'SIGCONT') found = [];
      const failures: unknown[] = [];
      for (const target of targets()) {
        try {
          target.send(signal);
        } catch (error) {
          failures.push(error); // the others go on all the same
        }
      }
      if (failures.length > 0) throw failures[0];
    },
    exited: async (signal) => {
      await Promise.all(targets().map((target) => target.exited(signal)));
    },
  };
}
