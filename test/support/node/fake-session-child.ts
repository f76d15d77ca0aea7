import type { ChildMessage, ParentMessage } from '../../../harness/agent/ipc.ts';
import type { SessionChild } from '../../../harness/agent/child-process.ts';

/** A session child without a process: keeps what it is told, says what the test wants. */
export class FakeSessionChild implements SessionChild {
  static #nextPid = 1;
  readonly pid = FakeSessionChild.#nextPid++;
  readonly received: ParentMessage[] = [];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  onMessage: ((message: ChildMessage) => void) | undefined;
  /** A hung child does not end when it is asked. */
  endsWhenAsked = true;
  readonly endings: string[] = [];
  killed = false;
  readonly #watchers: (() => void)[] = [];
  #exit: (exit: { code: number | null; signal: NodeJS.Signals | null }) => void = () => {};

  constructor() {
    this.exited = new Promise((resolve) => (this.#exit = resolve));
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
    if (this.endsWhenAsked) this.die(0);
    await this.exited;
  }

  kill(): void {
    this.killed = true;
    this.die(null, 'SIGKILL');
  }

  say(message: ChildMessage): void {
    this.onMessage?.(message);
  }

  die(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.#exit({ code, signal });
  }
}
