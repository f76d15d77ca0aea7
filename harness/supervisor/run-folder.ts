/**
 * Owns: one temporary folder a run (0700, `clara-<id>`), the run's marker, and the reaper that ends the run when this
 * process no longer can.
 * Never: outlives its run; no file of a run is made anywhere else.
 * Invariant: the reaper is there before the folder, so there is no moment at which a SIGKILL leaves something behind.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger, Running } from '../contracts.ts';
import { nodeModuleArguments } from './node-module-arguments.ts';
import { startTimeOf } from './process-table.ts';
import type { ReaperOrder } from './reaper.ts';
import { RUN_ID_VARIABLE } from './victims.ts';

/** Longest wait for the reaper's end on an orderly stop, ms: it kills for at most 10 s, then the folder goes. */
const REAPER_END_LIMIT_MS = 12_000;

/** Wait before a reaper that ended by itself is replaced, ms; one that cannot start shall not be started in a loop. */
const REHIRE_DELAY_MS = 1000;

/** The run's place and its marker. `stop()` kills what is left of the run and removes the folder. */
export interface RunFolder extends Running {
  /** Twelve hex digits. */
  readonly runId: string;
  readonly path: string;
  /** Goes into the environment of every process of the run; by it strays are found. */
  readonly environment: Readonly<Record<string, string>>;
  /** Tells the reaper of a process group, by its leader's pid. */
  addGroup(leaderPid: number): void;
  /** Takes it back, when nothing of the group is left. */
  removeGroup(leaderPid: number): void;
}

/** How to make a {@link RunFolder}. */
export interface RunFolderOptions {
  readonly log: Logger;
  /** Where the folder is made. @default os.tmpdir() */
  readonly parentFolder?: string;
  /**
   * Environment that gets the marker and TMPDIR until the run stops: `process.env` in a command, so that libraries that
   * start processes or make temporary files (playwright) do it inside the run.
   */
  readonly adopt?: NodeJS.ProcessEnv;
}

function startReaper(): ChildProcess {
  const environment = { ...process.env };
  delete environment[RUN_ID_VARIABLE]; // a reaper belongs to no run: an outer run's reaper must not end it
  delete environment['NODE_OPTIONS'];
  const reaper = spawn(process.execPath, nodeModuleArguments(new URL('./reaper.ts', import.meta.url)), {
    detached: true,
    cwd: '/',
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  (reaper.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null)?.unref?.();
  return reaper;
}

class ReapedRunFolder implements RunFolder {
  readonly runId = randomBytes(6).toString('hex');
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #log: Logger;
  readonly #groups = new Map<number, string | undefined>();
  readonly #restore: () => void;
  #reaper: ChildProcess;
  #stopping: Promise<void> | undefined;

  constructor(parentFolder: string, options: RunFolderOptions) {
    this.path = join(parentFolder, `clara-${this.runId}`);
    this.environment = { [RUN_ID_VARIABLE]: this.runId, TMPDIR: this.path };
    this.#log = options.log;
    this.#reaper = this.#hireReaper();
    this.#restore = adoptEnvironment(options.adopt, this.environment);
  }

  addGroup(leaderPid: number): void {
    const startTime = startTimeOf(leaderPid);
    this.#groups.set(leaderPid, startTime);
    this.#tell({ type: 'add', pid: leaderPid, startTime });
  }

  removeGroup(leaderPid: number): void {
    if (this.#groups.delete(leaderPid)) this.#tell({ type: 'remove', pid: leaderPid });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    this.#restore();
    if (this.#reaper.exitCode === null && this.#reaper.signalCode === null) {
      this.#reaper.ref();
      const ended = once(this.#reaper, 'exit', { signal: AbortSignal.timeout(REAPER_END_LIMIT_MS) });
      this.#tell({ type: 'end' });
      await ended.catch((cause: unknown) => {
        this.#log.warn(
          { event: 'reaperSlow', err: cause },
          `reaper did not end in ${REAPER_END_LIMIT_MS} ms`,
        );
      });
    }
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  /** A new reaper that knows all that the last one knew. */
  #hireReaper(): ChildProcess {
    const reaper = startReaper();
    this.#reaper = reaper;
    const onEnd = (why: string) => {
      if (this.#stopping !== undefined || this.#reaper !== reaper) return;
      this.#log.warn({ event: 'reaperGone', why }, 'the reaper is gone, starting another');
      setTimeout(() => {
        if (this.#stopping === undefined) this.#hireReaper();
      }, REHIRE_DELAY_MS).unref();
    };
    reaper.stdin?.on('error', () => undefined); // EPIPE when it is gone; its exit tells
    reaper.on('error', (error) => onEnd(error.message));
    reaper.on('exit', (code, signal) => onEnd(`exit ${code ?? signal ?? 'unknown'}`));
    this.#tell({ type: 'run', runId: this.runId, folder: this.path, parentPid: process.pid });
    for (const [pid, startTime] of this.#groups) this.#tell({ type: 'add', pid, startTime });
    return reaper;
  }

  #tell(order: ReaperOrder): void {
    this.#reaper.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}

/** Puts entries in and returns what takes them out again. */
function adoptEnvironment(
  target: NodeJS.ProcessEnv | undefined,
  entries: Readonly<Record<string, string>>,
): () => void {
  if (target === undefined) return () => undefined;
  const before = Object.keys(entries).map((name) => [name, target[name]] as const);
  Object.assign(target, entries);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete target[name];
      else target[name] = value;
    }
  };
}

/** The real path, because /proc shows real paths. Rejects with words that say where the path came from. */
async function realParent(given: string | undefined): Promise<string> {
  const path = given ?? tmpdir();
  const whence = given === undefined && process.env['TMPDIR'] !== undefined ? ' (from TMPDIR)' : '';
  try {
    return await realpath(path);
  } catch (cause) {
    throw new Error(`the folder for temporary files ${path}${whence} cannot be used`, { cause });
  }
}

/** Makes the folder and its reaper. The caller owns it and stops it last. */
export async function createRunFolder(options: RunFolderOptions): Promise<RunFolder> {
  const parentFolder = await realParent(options.parentFolder);
  const folder = new ReapedRunFolder(parentFolder, options);
  try {
    await mkdir(folder.path, { mode: 0o700 });
  } catch (cause) {
    await folder.stop();
    throw new Error(`cannot make the run folder ${folder.path}`, { cause });
  }
  return folder;
}
