import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';

async function until(holds: () => boolean, limitMs: number, what: string): Promise<number> {
  const startedMonoMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedMonoMs > limitMs) throw new Error(`${what} after ${limitMs} ms`);
    await sleep(10);
  }
  return performance.now() - startedMonoMs;
}

/** Waits for the end of a process of which no event tells us (it is no child of ours). Resolves with how long it took, ms. */
export function processEnd(pid: number, limitMs = 10_000): Promise<number> {
  return until(() => startTimeOf(pid) === undefined, limitMs, `process ${pid} lives`);
}

/** Waits until a file or folder that another process removes is gone. */
export function fileGone(path: string, limitMs = 10_000): Promise<number> {
  return until(() => !existsSync(path), limitMs, `${path} is there`);
}

/** Those of the network namespaces (`net:[…]`, as /proc names them) that some process is in. */
export function liveNamespaces(namespaces: readonly string[]): string[] {
  const live = new Set(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readlinkSync(`/proc/${pid}/ns/net`);
        } catch {
          return ''; // ended meanwhile
        }
      }),
  );
  return namespaces.filter((each) => live.has(each));
}

/** Waits until no process is in any of them: then the system has taken them away. */
export function namespacesGone(namespaces: readonly string[], limitMs = 10_000): Promise<number> {
  return until(() => liveNamespaces(namespaces).length === 0, limitMs, `${namespaces.join(', ')}: in use`);
}
