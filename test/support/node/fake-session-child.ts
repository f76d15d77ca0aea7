import type { ChildMessage, ParentMessage } from '../../../harness/agent/ipc.ts';
import type { SessionChild } from '../../../harness/agent/child-process.ts';
import type { LaunchedGroup } from '../../../harness/supervisor/supervisor.ts';

/** A session child without a process: keeps what it is told, says what the test wants. */
export class FakeSessionChild implements SessionChild {
  static #nextPid = 1;
  /** No system gives such pids, so that nobody real is ever meant. */
  readonly pid = 2 ** 30 + FakeSessionChild.#nextPid++;
  readonly launched: LaunchedGroup;
  hasSpoken = true;
  readonly received: ParentMessage[] = [];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  onMessage: ((message: ChildMessage) => void) | undefined;
  /** A hung child does not end when it is asked. */
  endsWhenAsked = true;
  /** Its end gives up waiting, as for a process that no signal reaches. */
  outlastsItsEnd = false;
  readonly endings: string[] = [];
  killed = false;
  #isAlive = true;
  readonly #watchers: (() => void)[] = [];
  #exit: (exit: { code: number | null; signal: NodeJS.Signals | null }) => void = () => {};

  constructor() {
    this.exited = new Promise((resolve) => (this.#exit = resolve));
    this.launched = {
      group: {
        pid: this.pid,
        exited: this.exited,
        output: () => '',
        signal: (name) => {
          if (name === 'SIGKILL') this.kill();
          return true;
        },
      },
      mark: { leaderPid: this.pid, leaderStartTime: '1', mark: `fake-${this.pid}` },
      kind: 'voice',
      isNode: false,
    };
  }

  send(message: ParentMessage): boolean {
    this.received.push(message);
    for (const watcher of this.#watchers.splice(0)) watcher();
    return true;
  }

  /** The newest message of a type, now or when it comes. */
  async next<T extends ParentMessage['type']>(type: T): Promise<Extract<ParentMessage, { type: T }>> {
    for (;;) {
      const found = this.received.findLast(
        (message): message is Extract<ParentMessage, { type: T }> => message.type === type,
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  async end(reason: string): Promise<void> {
    this.endings.push(reason);
    if (this.outlastsItsEnd) return;
    if (this.endsWhenAsked) this.die(0);
    await this.exited;
  }

  kill(): void {
    this.killed ||= this.#isAlive; // the end of a group that has ended is asked for as well
    this.die(null, 'SIGKILL');
  }

  say(message: ChildMessage): void {
    this.hasSpoken = true;
    this.onMessage?.(message);
  }

  die(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.#isAlive = false;
    this.#exit({ code, signal });
  }
}
