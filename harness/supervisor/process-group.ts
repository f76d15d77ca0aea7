/**
 * Owns: one child process that leads a group of its own, from spawn to the end of the whole group.
 * Never: shows a child's output on our stdout; output is kept bounded, and handed line by line to who asks.
 * Invariant: decisions fall on `exit`, never on `close` (a grandchild that holds stdout keeps `close` pending for ever);
 * after the leader's exit the rest of the group is killed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, Serializable } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { RunFolder } from './run-folder.ts';

/** How a process ended; exactly one of both is not null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Why a process could not be started: `notFound` is a missing command (or working folder). */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
  readonly code: 'notFound' | 'failed';

  constructor(command: string, cause: NodeJS.ErrnoException) {
    super(`cannot start ${command}: ${cause.code ?? cause.message}`, { cause });
    this.code = cause.code === 'ENOENT' ? 'notFound' : 'failed';
  }
}

/** What to start, and how. */
export interface ProcessGroupOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; the run's marker is added. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Registers the group with the run's reaper and marks it. */
  readonly runFolder?: RunFolder;
  /** Opens an IPC channel, see {@link ProcessGroup.child}. */
  readonly ipc?: boolean;
  /** Keeps stdin open for writing. */
  readonly stdin?: boolean;
  /** Gets each line of output as it comes, without its end. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Output that is kept for {@link ProcessGroup.output}, the last so many characters of each stream. @default 65536 */
  readonly keepCharacters?: number;
}

/** How to end a group. */
export interface StopPolicy {
  /** The polite signal. @default 'SIGTERM' */
  readonly signal?: NodeJS.Signals;
  /** When to send it once more, ms after the first; some servers drain on the first and end on the second. */
  readonly repeatAfterMs?: number;
  /** When to send SIGKILL, ms after the first signal. @default 2000 */
  readonly killAfterMs?: number;
}

/** Wait between the leader's exit and the end of its group, ms: what it wrote last is still on its way. */
const GROUP_END_DELAY_MS = 500;
/** Longest line that is handed on, characters; longer ones come in pieces. */
const MAX_LINE_CHARACTERS = 64 * 1024;

/** A started process group. Whoever starts it stops it. */
export class ProcessGroup implements AsyncDisposable {
  readonly pid: number;
  /** For IPC and stdin. Signals go through {@link signal}. */
  readonly child: ChildProcess;
  /** Fulfils when the leader has exited; never rejects. */
  readonly exited: Promise<Exit>;
  /** Fulfils when its output has ended too, at most 0.5 s after the exit; never rejects. */
  readonly drained: Promise<void>;
  readonly #options: ProcessGroupOptions;
  readonly #kept = { stdout: '', stderr: '' };
  #exit: Exit | undefined;
  #gone = false;

  private constructor(child: ChildProcess, pid: number, options: ProcessGroupOptions) {
    this.child = child;
    this.pid = pid;
    this.#options = options;
    options.runFolder?.addGroup(pid);
    child.stdin?.on('error', () => undefined); // EPIPE when it ends before we have written; its exit tells
    child.on('error', () => undefined); // a failed kill or send; the exit tells
    this.#read('stdout');
    this.#read('stderr');
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
    this.drained = this.#endGroup();
  }

  /** Starts it. Rejects with {@link SpawnError}, also for errors that come late (EMFILE, EAGAIN). */
  static start(options: ProcessGroupOptions): Promise<ProcessGroup> {
    return new Promise((resolve, reject) => {
      const child = spawn(options.command, options.args, {
        detached: true,
        env: { ...(options.env ?? process.env), ...options.runFolder?.environment },
        ...(options.cwd !== undefined && { cwd: options.cwd }),
        stdio: [
          options.stdin ? 'pipe' : 'ignore',
          'pipe',
          'pipe',
          ...(options.ipc ? (['ipc'] as const) : []),
        ],
      });
      child.once('error', (cause) => reject(new SpawnError(options.command, cause)));
      // `pid` is known as soon as the fork has worked; the reaper must hear of it before anything else happens.
      if (child.pid !== undefined) resolve(new ProcessGroup(child, child.pid, options));
    });
  }

  /** How it ended, undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** The last of its output. */
  output(stream: 'stdout' | 'stderr'): string {
    return this.#kept[stream];
  }

  /** Sends a signal to the whole group. False when nothing of it is left. */
  signal(name: NodeJS.Signals): boolean {
    if (this.#gone) return false; // the id may belong to someone else by now
    try {
      return process.kill(-this.pid, name);
    } catch {
      return false; // ESRCH: all gone
    }
  }

  /** Sends a message over IPC; false when the channel is closed. */
  send(message: Serializable): boolean {
    return this.child.connected && this.child.send(message);
  }

  /** Ends the group: politely, once more, then by SIGKILL. Bounded by `killAfterMs`, idempotent, never rejects. */
  async stop(policy: StopPolicy = {}): Promise<Exit> {
    if (this.#exit === undefined) {
      const killAfterMs = policy.killAfterMs ?? 2000;
      this.signal(policy.signal ?? 'SIGTERM');
      this.signal('SIGCONT'); // a stopped process would not see the first
      const timers = [setTimeout(() => this.signal('SIGKILL'), killAfterMs)];
      if (policy.repeatAfterMs !== undefined) {
        timers.push(setTimeout(() => this.signal(policy.signal ?? 'SIGTERM'), policy.repeatAfterMs));
      }
      await this.exited;
      for (const timer of timers) clearTimeout(timer);
    }
    this.signal('SIGKILL'); // grandchildren
    await this.drained;
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #endGroup(): Promise<void> {
    const { child } = this;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await this.exited;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GROUP_END_DELAY_MS)));
    await Promise.race([closed, late]);
    clearTimeout(timer);
    this.signal('SIGKILL');
    this.#gone = true;
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.stdin?.destroy();
    this.#options.runFolder?.removeGroup(this.pid);
  }

  #read(stream: 'stdout' | 'stderr'): void {
    const decoder = new StringDecoder('utf8');
    const keep = this.#options.keepCharacters ?? 64 * 1024;
    let rest = '';
    this.child[stream]?.on('data', (chunk: Buffer) => {
      const text = decoder.write(chunk);
      this.#kept[stream] = (this.#kept[stream] + text).slice(-keep);
      if (this.#options.onLine === undefined) return;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#options.onLine(line, stream);
      if (rest.length > MAX_LINE_CHARACTERS) {
        this.#options.onLine(rest, stream);
        rest = '';
      }
    });
    this.child[stream]?.on('end', () => {
      if (rest !== '') this.#options.onLine?.(rest, stream);
    });
    this.child[stream]?.on('error', () => undefined); // destroyed after the exit
  }
}
