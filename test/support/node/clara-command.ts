/** The built `clara`, run as a user runs it, in a temporary folder of its own, so that what it leaves can be found. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { listProcesses, type ProcessFacts } from '../../../harness/supervisor/process-table.ts';

const MAIN = fileURLToPath(new URL('../../../dist/harness/cli/main.js', import.meta.url));

/** How to run it. */
export interface ClaraRun {
  /** Its TMPDIR; what is in there or carries it in its environment afterwards was left behind. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** For node itself, before the command. */
  readonly nodeArguments?: readonly string[];
  /** @default 120000 */
  readonly limitMs?: number;
}

/** A running command; `said()` is its stderr so far. */
export interface RunningClara {
  readonly child: ChildProcess;
  said(): string;
  /** Fulfils when its stderr matches; rejects when it has ended before. */
  until(pattern: RegExp): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts `clara` with these arguments. It is killed after `limitMs`. */
export function startClara(args: readonly string[], run: ClaraRun): RunningClara {
  const child = spawn(process.execPath, [...(run.nodeArguments ?? []), MAIN, ...args], {
    env: { ...process.env, ...run.env, TMPDIR: run.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: run.limitMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(stderr) && resolve();
      child.stderr.on('data', look);
      ended.then(
        () => reject(new Error(`clara ended before it said ${String(pattern)}: ${stderr}`)),
        (error: unknown) => reject(error as Error),
      );
      look();
    });
  return { child, said: () => stderr, until, ended };
}

/** Runs `clara` to its end. */
export function runClara(args: readonly string[], run: ClaraRun) {
  return startClara(args, run).ended;
}

/** Processes that a run with this TMPDIR has left. */
export function processesOf(folder: string): ProcessFacts[] {
  return listProcesses().filter(
    ({ pid, environment, commandLine }) =>
      pid !== process.pid && (environment.includes(folder) || commandLine.includes(folder)),
  );
}

/** The ports that a command has told of: HTTP and signal, and media. */
export function portsIn(said: string): { readonly tcp: readonly number[]; readonly udp: readonly number[] } {
  const all = (pattern: RegExp) => [...said.matchAll(pattern)].map((match) => Number(match[1]));
  return { tcp: all(/(?:ws|http):\/\/127\.0\.0\.1:(\d+)/g), udp: all(/on UDP (\d+)/g) };
}

/** Throws when one of the ports cannot be bound: somebody still listens there. */
export async function assertFree(ports: ReturnType<typeof portsIn>): Promise<void> {
  for (const port of ports.tcp) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  }
  for (const port of ports.udp) {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
  }
}

/** All that a run has left behind, in words; empty when nothing is. */
export async function leftBy(folder: string, said: string): Promise<string[]> {
  const left = [
    ...processesOf(folder).map(
      ({ pid, commandLine }) => `process ${pid}: ${commandLine.replaceAll('\0', ' ').slice(0, 200)}`,
    ),
    ...(await readdir(folder)).map((name) => `file ${name}`),
  ];
  await assertFree(portsIn(said)).catch((error: unknown) => left.push(`port: ${String(error)}`));
  return left;
}
