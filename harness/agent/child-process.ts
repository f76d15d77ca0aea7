/**
 * Starts a session child and ends it for good. The child leads its own process group, so that what it starts (a
 * voice) goes with it; its environment is cut down to what a child needs; its output becomes log lines, because
 * rtc-node writes to stdout and ours may be one JSON object.
 */
import type { Exit } from '../supervisor/process-group.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { LaunchedGroup, Supervisor } from '../supervisor/supervisor.ts';
import type { ProcessGroup } from '../supervisor/process-group.ts';
import type { Logger } from '../contracts.ts';
import { parseChildMessage } from './ipc.ts';
import type { ChildMessage, ParentMessage } from './ipc.ts';

/** One session child. Owned by who started it; `end` it. */
export interface SessionChild {
  readonly pid: number;
  /** As the engine knows it, to be watched. */
  readonly launched: LaunchedGroup;
  /** False while it is still loading. */
  readonly hasSpoken: boolean;
  /** Resolves once the process is gone. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Called with each valid message, in order. */
  onMessage: ((message: ChildMessage) => void) | undefined;
  /** False as soon as the channel is closed; the message is dropped then. */
  send(message: ParentMessage): boolean;
  /**
   * Asks the child to end, and kills its whole group when it is not gone after `limitMs`, or at once when it has not
   * said a word yet: it is still loading and would hear us only after that. Never rejects, and waits no longer than
   * a second after the kill: a process in uninterruptible sleep may outlast it, and stays in the journal.
   */
  end(reason: string, limitMs: number): Promise<void>;
  /** Kills its whole group now. */
  kill(): void;
}

/** Makes a child under the engine's eyes; injected so that tests need no process. Rejects when none can be started. */
export type SpawnChild = (log: Logger, supervisor: Supervisor) => Promise<SessionChild>;

/** From the kill of a child to the end of waiting for it, ms. */
const KILL_LIMIT_MS = 1_000;

/** Environment names a child may see; secrets of the parent are not among them. */
const KEPT_ENVIRONMENT = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'CLARA_RUN_ID',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
];

const SESSION_CHILD = new URL('./session-child.ts', import.meta.url);

/**
 * Starts real children, registered with the run's reaper when there is a run folder. @param module speaks as
 * session-child.ts does
 */
export function sessionChildSpawner(runFolder?: RunFolder, module: URL = SESSION_CHILD): SpawnChild {
  return async (log, supervisor) => {
    const launched = await supervisor.launch({
      kind: 'voice',
      isNode: true,
      command: process.execPath,
      args: nodeModuleArguments(module),
      env: keptEnvironment(process.env),
      ipc: true,
      keepCharacters: 4096,
      ...(runFolder !== undefined && { runFolder }),
      onLine: (line, stream) =>
        log.debug({ event: 'childOutput', stream }, withoutTokens(line).slice(0, 500)),
    });
    return new ForkedChild(launched, log);
  };
}

class ForkedChild implements SessionChild {
  readonly launched: LaunchedGroup<ProcessGroup>;
  readonly #group: ProcessGroup;
  onMessage: ((message: ChildMessage) => void) | undefined;
  hasSpoken = false;

  constructor(launched: LaunchedGroup<ProcessGroup>, log: Logger) {
    const { group } = launched;
    this.launched = launched;
    this.#group = group;
    group.child.on('message', (value) => {
      this.hasSpoken = true;
      try {
        this.onMessage?.(parseChildMessage(value));
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown';
        log.error(
          { event: 'childMessageFailed', why },
          'A message of a session process could not be handled',
        );
      }
    });
  }

  get pid(): number {
    return this.#group.pid;
  }

  get exited(): Promise<Exit> {
    return this.#group.exited;
  }

  send(message: ParentMessage): boolean {
    return this.#group.send(message);
  }

  async end(reason: string, limitMs: number): Promise<void> {
    if (!this.hasSpoken) this.kill();
    this.send({ type: 'end', reason });
    let lost: NodeJS.Timeout | undefined;
    const outlasts = new Promise<void>((resolve) => {
      lost = setTimeout(resolve, limitMs + KILL_LIMIT_MS);
    });
    const limit = setTimeout(() => this.kill(), limitMs);
    try {
      await Promise.race([this.#group.exited, outlasts]);
    } finally {
      clearTimeout(limit);
      clearTimeout(lost);
      this.kill(); // what it started
    }
  }

  kill(): void {
    this.#group.signal('SIGKILL');
  }
}

/** What of an environment a child gets. */
export function keptEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    KEPT_ENVIRONMENT.filter((name) => environment[name] !== undefined).map((name) => [
      name,
      environment[name],
    ]),
  );
}

/** Takes anything that looks like a JWT out of foreign text: a 401 of rtc-node carries the whole token. */
export function withoutTokens(text: string): string {
  return text
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '<token>')
    .replace(/access_token=[^&\s"]+/g, 'access_token=<token>');
}
