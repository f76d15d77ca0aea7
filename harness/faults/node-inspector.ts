/**
 * Runs an expression inside a Node process of ours that was started with an inspector on any port (SIGUSR1 opens it).
 * Linux only: the port is the one that it begins to listen on, by /proc. For faults; nothing in service needs it.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { z } from 'zod';

const OPEN_LIMIT_MS = 5_000;
const LOOK_EVERY_MS = 20;
const targetsSchema = z
  .array(z.object({ webSocketDebuggerUrl: z.string().startsWith('ws://127.0.0.1:') }))
  .min(1);

/** Ports of 127.0.0.1 on which a process listens. */
function listeningPorts(pid: number): Set<number> {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  const ports = new Set<number>();
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address, port = ''] = local.split(':');
    if (state === '0A' && address === '0100007F' && inodes.has(inode)) ports.add(Number.parseInt(port, 16));
  }
  return ports;
}

/** Evaluates `expression` in the process. Rejects when it has no inspector, after 5 s, or when aborted. */
export async function evaluateInside(pid: number, expression: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(OPEN_LIMIT_MS)]);
  const before = listeningPorts(pid);
  process.kill(pid, 'SIGUSR1');
  let port: number | undefined;
  while (port === undefined) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: limit });
    port = [...listeningPorts(pid)].find((each) => !before.has(each));
  }
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: limit });
  const [target] = targetsSchema.parse(await answer.json());
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '', { handshakeTimeout: OPEN_LIMIT_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true });
      socket.on('error', reject);
      socket.on('message', () => resolve());
      socket.on('open', () =>
        socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } })),
      );
    });
  } finally {
    socket.terminate();
  }
}
