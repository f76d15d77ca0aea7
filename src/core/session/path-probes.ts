/**
 * Owns the questions that are under way to the server's addresses in one outage; which are asked when is decided in
 * probe-schedule.ts. It outlives stays, as a question that hangs in a dead path is the one whose answer is first when the
 * path is back. Invariants: none is given up before an answer or {@link PathProbes.end}; after that none is left.
 */
import type { SessionPorts } from '../ports.ts';
import {
  isSilent,
  knocksDue,
  nextProbePool,
  PROBE_EVERY_MS,
  PROBE_LIMIT_MS,
  type PendingProbe,
  type ProbePool,
} from '../reconnect/probe-schedule.ts';
import { aborted, type Background } from './background.ts';
import { settledWithin, untilAborted } from './bounded.ts';

/** One address, since its last answer. */
interface AskedAddress {
  /** Oldest first. */
  readonly pending: PendingProbe[];
  newest: PendingProbe | undefined;
  /** Ends all of it. */
  readonly ending: AbortController;
  knocks: number;
  /** Ends the knock that is under way. */
  knocking: AbortController;
  readonly listeners: Set<(answered: boolean) => void>;
}

/** One session's. */
export class PathProbes {
  readonly #ports: Pick<SessionPorts, 'clock' | 'probe'>;
  readonly #background: Background;
  readonly #addresses = new Map<string, AskedAddress>();

  constructor(ports: Pick<SessionPorts, 'clock' | 'probe'>, background: Background) {
    this.#ports = ports;
    this.#background = background;
  }

  /**
   * Asks by the schedule until `stay` ends, and tells each answer (true), each refusal (false) and, twice a second, that
   * all is silent (false). @param addressNow the address that matters now; what others answer is not told
   */
  async run(
    addressNow: () => string | undefined,
    onAnswer: (answered: boolean) => void,
    stay: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#ports;
    const tell = (answered: boolean): void => {
      if (!stay.aborted) onAnswer(answered);
    };
    let heard: AskedAddress | undefined;
    try {
      for (;;) {
        const address = addressNow();
        const asked = address === undefined ? undefined : this.#askIfDue(address);
        if (asked !== heard) heard?.listeners.delete(tell);
        heard = asked;
        heard?.listeners.add(tell);
        if (address !== undefined && heard !== undefined) this.#knockIfDue(address, heard);
        await clock.sleep(PROBE_EVERY_MS, stay);
        if (heard !== undefined && isSilent(heard.pending, clock.monoMs())) tell(false);
      }
    } finally {
      heard?.listeners.delete(tell);
    }
  }

  /**
   * Whether `address` answers within {@link PROBE_LIMIT_MS}, be it a question from before. Rejects with `signal.reason`
   * when aborted.
   */
  async answers(address: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const asked = this.#askIfDue(address);
    let listener = (_answered: boolean): void => {};
    let isAnswered = false;
    const told = new Promise<void>((resolve) => {
      listener = (answered) => {
        isAnswered = answered;
        resolve();
      };
      asked.listeners.add(listener);
    });
    try {
      await untilAborted(
        settledWithin(this.#ports.clock, PROBE_LIMIT_MS, untilAborted(told, signal)),
        signal,
      );
    } finally {
      asked.listeners.delete(listener);
    }
    return isAnswered;
  }

  /** Somebody or something says that the path may be back: the next question does not wait for its turn. */
  askAnew(): void {
    for (const asked of this.#addresses.values()) asked.newest = undefined;
  }

  /** The outage is over: gives up all that is under way. */
  end(): void {
    for (const asked of this.#addresses.values()) giveUp(asked);
    this.#addresses.clear();
  }

  #askIfDue(address: string): AskedAddress {
    const asked = this.#addresses.get(address) ?? {
      pending: [],
      newest: undefined,
      ending: new AbortController(),
      knocks: 0,
      knocking: aborted(),
      listeners: new Set(),
    };
    this.#addresses.set(address, asked);
    const { pending, newest } = asked;
    const atMonoMs = this.#ports.clock.monoMs();
    const pool = nextProbePool(pending, newest !== undefined && pending.includes(newest), atMonoMs);
    if (pool !== undefined) this.#background.run(this.#ask(address, asked, pool, atMonoMs));
    return asked;
  }

  async #ask(address: string, asked: AskedAddress, pool: ProbePool, askedMonoMs: number): Promise<void> {
    const probe: PendingProbe = { pool, askedMonoMs };
    const { signal } = asked.ending;
    asked.pending.push(probe);
    asked.newest = probe;
    let answered = false;
    try {
      answered = await this.#ports.probe.probe(address, signal, pool);
    } catch {
      // Aborted, or an adapter that threw: nobody is there for us.
    }
    if (signal.aborted) return;
    asked.pending.splice(asked.pending.indexOf(probe), 1);
    this.#answered(address, asked, answered);
  }

  #answered(address: string, asked: AskedAddress, answered: boolean): void {
    if (answered) {
      giveUp(asked);
      if (this.#addresses.get(address) === asked) this.#addresses.delete(address);
    }
    for (const listener of [...asked.listeners]) listener(answered);
  }

  #knockIfDue(address: string, asked: AskedAddress): void {
    if (knocksDue(asked.pending, this.#ports.clock.monoMs()) <= asked.knocks) return;
    asked.knocks += 1;
    asked.knocking.abort();
    asked.knocking = new AbortController();
    this.#background.run(this.#knock(address, asked, asked.knocking.signal));
  }

  async #knock(address: string, asked: AskedAddress, signal: AbortSignal): Promise<void> {
    try {
      await this.#ports.probe.knock(address, signal);
    } catch {
      return; // aborted, or an address that no socket takes: questions go on without
    }
    if (signal.aborted) return;
    // Somebody is there. Whether it is the server, only a question tells; when all are under way, the join itself.
    const questions = asked.pending.length;
    asked.newest = undefined;
    this.#askIfDue(address);
    if (asked.pending.length === questions) this.#answered(address, asked, true);
  }
}

/** What else is under way would only tell the same again. */
function giveUp(asked: AskedAddress): void {
  asked.ending.abort();
  asked.knocking.abort();
  asked.pending.length = 0;
}
