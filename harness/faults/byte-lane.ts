/**
 * One direction of one TCP connection: what one socket says is handed to the other in order, under the path's
 * conditions. The end and the death of a socket travel in the same order as its bytes, so that a held path hides
 * them as a black hole does. Bounded: past MAX_WAITING_BYTES the socket is paused, so TCP itself pushes back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'node:net';
import type { TcpConditions } from './tcp-conditions.ts';

const MAX_WAITING_BYTES = 256 * 1024;
/** Slices of a slow link, ms of its rate: short enough that a change of the rate is felt at once. */
const SLICE_MS = 100;

/** How a direction ended: politely, or by the death of the socket. */
export type LaneEnd = 'fin' | 'reset';

type Item = { readonly dueMonoMs: number } & ({ readonly bytes: Buffer } | { readonly end: LaneEnd });

/** Collects what `from` says and gives it out in order. */
export class ByteLane {
  readonly #from: Socket;
  readonly #conditions: TcpConditions;
  readonly #items: Item[] = [];
  #waitingBytes = 0;
  #wake: (() => void) | undefined;

  constructor(from: Socket, conditions: TcpConditions) {
    this.#from = from;
    this.#conditions = conditions;
    let ended = false;
    const end = (how: LaneEnd): void => {
      if (ended) return;
      ended = true;
      this.#push({ end: how, dueMonoMs: this.#dueMonoMs() });
    };
    from.on('data', (bytes: Buffer) => {
      this.#waitingBytes += bytes.byteLength;
      if (this.#waitingBytes > MAX_WAITING_BYTES) from.pause();
      this.#push({ bytes, dueMonoMs: this.#dueMonoMs() });
    });
    from.on('end', () => end('fin'));
    from.on('error', () => end('reset')); // which error does not matter: the other side gets a reset
    from.on('close', () => end('reset'));
  }

  /** The next bytes or the end, once the conditions let them pass; rejects with `signal.reason`. */
  async next(signal: AbortSignal): Promise<Buffer | LaneEnd> {
    const item = await this.#first(signal);
    const waitMs = item.dueMonoMs - performance.now();
    if (waitMs > 0) await sleepUnlessAborted(waitMs, signal);
    await this.#conditions.passable(signal);
    if ('end' in item) return item.end;
    const rate = this.#conditions.bytesPerSecond;
    const most = Math.max(1, Math.floor((rate * SLICE_MS) / 1_000));
    const bytes = item.bytes.byteLength > most ? item.bytes.subarray(0, most) : item.bytes;
    if (Number.isFinite(rate)) await sleepUnlessAborted((bytes.byteLength * 1_000) / rate, signal);
    if (bytes === item.bytes) this.#items.shift();
    else this.#items[0] = { bytes: item.bytes.subarray(most), dueMonoMs: item.dueMonoMs };
    this.#waitingBytes -= bytes.byteLength;
    if (this.#from.isPaused() && this.#waitingBytes <= MAX_WAITING_BYTES / 2) this.#from.resume();
    return bytes;
  }

  #dueMonoMs(): number {
    return performance.now() + this.#conditions.delayMs;
  }

  #push(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  async #first(signal: AbortSignal): Promise<Item> {
    for (;;) {
      signal.throwIfAborted();
      const item = this.#items[0];
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#wake = undefined;
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#wake = done;
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }
}

async function sleepUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted(); // node wraps the reason in an AbortError of its own
    throw error;
  }
}
