/**
 * Owns: the network of one call in namespaces: lays it out, lets a browser in, cuts and heals it, takes it away.
 * Never: touches a namespace that is not its own; it has to be started in one that nobody else uses (see play-run.ts).
 * Invariant: nothing has a name in the system, so with the holders' end nothing is left, and there is nothing to look for.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallNetwork } from '../call/call-network.ts';
import type { Logger } from '../contracts.ts';
import type { KernelPath } from '../faults/kernel-path.ts';
import { undoOnce } from '../faults/undo.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { kernelCounts } from './kernel-counts.ts';
import type { NamespaceTools } from './namespace-tools.ts';
import { makeNamespace, NamespaceError, runInside, type Namespace } from './namespace.ts';
import {
  CLIENT_ADDRESS,
  INTERFACE,
  layOut,
  NAMESPACES,
  ROUTER_SETTINGS,
  rulesOf,
  SERVER_ADDRESS,
  type NamespaceName,
} from './network-plan.ts';

/** In a namespace of our own every port is free. */
const PORTS = { app: 7890, stock: 7891 };
/** After the rules of the system's own, which every namespace has, and before those of its tables. */
const FIRST_PREFERENCE = 10;
const LAST_PREFERENCE = 30_000;
const UP_LIMIT_MS = 5_000;
const UP_POLL_MS = 20;
const never = new AbortController().signal;

/** A call's network whose path can be cut. */
export interface CallNamespaces extends CallNetwork {
  /** @param signalPort the server's, for cuts of the signal alone */
  path(signalPort: number): KernelPath;
}

/** What is needed for it. */
export interface CallNamespacesOptions {
  readonly tools: NamespaceTools;
  readonly runFolder: RunFolder;
  readonly log: Logger;
}

/** Lays it out around the namespace that this process runs in. Rejects with NamespaceError; then nothing is left. */
export async function startCallNamespaces(
  { tools, runFolder, log }: CallNamespacesOptions,
  signal: AbortSignal,
): Promise<CallNamespaces> {
  requireOwnNamespace();
  const parts = new StopStack(log);
  try {
    const made = [];
    for (const name of NAMESPACES)
      made.push([name, parts.own(name, await makeNamespace(name, tools, runFolder, signal))] as const);
    const namespaces = Object.fromEntries(made) as Record<NamespaceName, Namespace>;
    const { router, client, refuser } = namespaces;
    const ip = async (
      where: NamespaceName | 'server',
      lines: readonly string[],
      limit: AbortSignal = never,
      force: readonly string[] = [],
    ): Promise<void> => {
      const entrance = where === 'server' ? [] : namespaces[where].entrance;
      await runInside(entrance, [tools.ip, ...force, '-batch', '-'], limit, `${lines.join('\n')}\n`);
    };
    for (const [file, value] of Object.entries(ROUTER_SETTINGS))
      await runInside(router.entrance, ['tee', file], signal, value);
    const pids = { router: router.pid, client: client.pid, refuser: refuser.pid };
    for (const { where, lines } of layOut(pids)) await ip(where, lines, signal);
    for (const entrance of [[], client.entrance, refuser.entrance]) await untilUp(entrance, tools, signal);

    let lastPreference = FIRST_PREFERENCE - 1;
    const cutPath = async (rules: readonly string[], alsoReset: boolean): Promise<() => Promise<void>> => {
      const numbered = rules.map((rule) => {
        lastPreference = lastPreference >= LAST_PREFERENCE ? FIRST_PREFERENCE : lastPreference + 1;
        return { rule, preference: lastPreference };
      });
      const heal = (force: readonly string[] = []): Promise<void> =>
        ip(
          'router',
          numbered.map(({ preference }) => `rule del pref ${preference}`),
          never,
          force,
        );
      try {
        await ip(
          'router',
          numbered.map(({ rule, preference }) => `rule add pref ${preference} ${rule}`),
        );
        // Nobody can connect anew by now; the server's end is reset, and its kernel tells the client's.
        if (alsoReset) await runInside([], [tools.ss, '-K', '-t', '-n', 'dst', CLIENT_ADDRESS], never);
      } catch (error) {
        await heal(['-force']).catch(() => undefined); // those that were not made cannot be taken away
        throw error;
      }
      return heal;
    };
    const stop = (): Promise<void> => parts.stop();
    return {
      address: SERVER_ADDRESS,
      interfaceName: INTERFACE,
      ports: PORTS,
      launcher: (executablePath, folder) => writeLauncher(client.entrance, executablePath, folder),
      path: (signalPort) => ({
        cut: async (cut) => {
          const heal = await cutPath(rulesOf(cut, signalPort), cut.kind === 'refused');
          return undoOnce(() => heal(), never);
        },
        counts: () => kernelCounts(countersOf(router), countersOf(refuser)),
      }),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** In a namespace that others are in the links would be there for everybody. */
function requireOwnNamespace(): void {
  const [own, parents] = ['self', process.ppid].map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
  if (own === parents)
    throw new NamespaceError("this process runs in its parent's network, not in a namespace of its own");
}

/** The kernel tells of a link's carrier up to a second late, and until then programs do not see the interface. */
async function untilUp(
  entrance: readonly string[],
  tools: NamespaceTools,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMonoMs = performance.now() + UP_LIMIT_MS;
  while (performance.now() < deadlineMonoMs) {
    const said = await runInside(entrance, [tools.ip, 'link', 'show', 'dev', INTERFACE], signal);
    if (/ state UP /.test(said)) return;
    await sleep(UP_POLL_MS, undefined, { signal });
  }
  throw new NamespaceError(`${INTERFACE} was not up within ${UP_LIMIT_MS} ms`);
}

function countersOf({ pid }: Namespace): string {
  return readFileSync(`/proc/${pid}/net/snmp`, 'utf8');
}

/** A browser is started by one path, so what stands before it goes into a script. */
async function writeLauncher(
  entrance: readonly string[],
  executablePath: string,
  folder: string,
): Promise<string> {
  const file = join(folder, 'browser-in-namespace');
  const words = [...entrance, executablePath].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  await writeFile(file, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o700 });
  return file;
}
