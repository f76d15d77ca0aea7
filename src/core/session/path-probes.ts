/**
 * Owns the questions that are under way to the server's addresses in one outage; which are asked when is decided in
 * probe-schedule.ts. It outlives stays, as a question that hangs in a dead path is the one whose answer is first when the
 * path is back. Invariants: none is given up before an answer or {@link PathProbes.end}; after that none is left.
 */
import type { SessionPorts } from '../ports.ts';
import {
  isSilent,
  nextKnock,
  nextProbePool,
  NO_KNOCKS,
  PROBE_EVERY_MS,
  PROBE_LIMIT_MS,
  type Knocks,
  type PendingProbe,
  type ProbePool,
} from '../reconnect/probe-schedule.ts';
import { aborted, type Background } from './background.ts';
import { settledWithin, untilAborted } from './bounded.ts';

/**
 * A browser that loses its network closes sockets and fails questions together, in any order. Where all else still waits so
 * much later, ms, somebody has answered a knock.
 */
const TOGETHER_MS = 100;

/** Told of each answer and refusal, and whether it was the question that was asked last. */
type Listener = (answered: boolean, isLatest: boolean) => void;

/** One address, since its last answer. */
interface AskedAddress {
  /** Oldest first. */
  readonly pending: PendingProbe[];
  newest: PendingProbe | undefined;
  /** A reason to hope has come since the last question. */
  isHoped: boolean;
  /** Ends all of it. */
  readonly ending: AbortController;
  readonly listeners: Set<Listener>;
}

/** One session's. */
export class PathProbes {
  readonly #ports: Pick<SessionPorts, 'clock' | 'probe'>;
  readonly #background: Background;
  readonly #addresses = new Map<string, AskedAddress>();
  /** Of all addresses, as the browser counts them together. */
  #knocks: Knocks = NO_KNOCKS;
  /** Ends the knock that is under way. */
  #knocking = aborted();

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
    let listener: Listener = () => {};
    let isAnswered = false;
    const told = new Promise<void>((resolve) => {
      listener = (answered, isLatest) => {
        // That an older question has failed, as all do when the network changes, says nothing of the newest.
        if (!answered && !isLatest && asked.pending.length > 0) return;
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
    for (const asked of this.#addresses.values()) asked.isHoped = true;
  }

  /** The outage is over: gives up all that is under way. */
  end(): void {
    for (const asked of this.#addresses.values()) this.#giveUp(asked);
    this.#addresses.clear();
    this.#knocks = NO_KNOCKS;
  }

  /** Asks or knocks at `address`, if either is due. */
  #askIfDue(address: string): AskedAddress {
    const asked = this.#addresses.get(address) ?? {
      pending: [],
      newest: undefined,
      isHoped: false,
      ending: new AbortController(),
      listeners: new Set(),
    };
    this.#addresses.set(address, asked);
    const { pending, newest, isHoped } = asked;
    const atMonoMs = this.#ports.clock.monoMs();
    asked.isHoped = false;
    const isPending = newest !== undefined && pending.includes(newest);
    const pool = nextProbePool(pending, isPending, atMonoMs, isHoped);
    if (pool !== undefined) this.#background.run(this.#ask(address, asked, pool, atMonoMs));
    const knocks = nextKnock(pending, this.#knocks, atMonoMs, isHoped && pool === undefined);
    if (knocks !== undefined) {
      this.#knocks = knocks;
      this.#knocking.abort();
      this.#knocking = new AbortController();
      this.#background.run(this.#knock(address, asked, this.#knocking.signal));
    }
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
    this.#answered(address, asked, answered, asked.newest === probe);
  }

  #answered(address: string, asked: AskedAddress, answered: boolean, isLatest: boolean): void {
    if (answered) {
      this.#giveUp(asked);
      if (this.#addresses.get(address) === asked) this.#addresses.delete(address);
    }
    for (const listener of [...asked.listeners]) listener(answered, isLatest);
  }

  async #knock(address: string, asked: AskedAddress, signal: AbortSignal): Promise<void> {
    try {
      await this.#ports.probe.knock(address, signal);
      if (signal.aborted) return;
      // It ended: somebody may be there. Whether it is the server, only a question tells; when all are under way and go
      // on waiting, the join itself.
      const questions = asked.pending.length;
      asked.newest = undefined;
      this.#askIfDue(address);
      if (asked.pending.length !== questions) return;
      await this.#ports.clock.sleep(TOGETHER_MS, signal);
      if (asked.pending.length === questions) this.#answered(address, asked, true, true);
    } catch {
      // Aborted, or an address that no socket takes: questions go on without.
    }
  }

  /** What else is under way would only tell the same again. A knock at another address is in the join's way. */
  #giveUp(asked: AskedAddress): void {
    asked.ending.abort();
    this.#knocking.abort();
    asked.pending.length = 0;
  }
}
