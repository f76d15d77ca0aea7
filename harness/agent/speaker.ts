/**
 * Hands sound to LiveKit's audio source in real time, by its own clock: never more than `leadMs` ahead, so that a
 * pause or an interruption is heard at once, and never a gap in a word when this process was late. It owns the
 * pace, not the source.
 */
import type { AudioOut } from './pipeline.ts';
import type { Clock } from './clock.ts';
import { FRAME_MS } from './pcm.ts';
import { within } from './deferred.ts';

/** The source behind it: rtc-node's AudioSource, or a fake. */
export interface AudioSink {
  /** Takes one frame of 20 ms; resolves when there is room for more. */
  write(frame: Int16Array): Promise<void>;
  /** Drops what is queued. */
  clear(): void;
}

/** How far ahead of the listener's time frames are handed over, ms; a busy machine stalls a process for 50 to 100 ms. */
const LEAD_MS = 140;
/** A source that takes no frame for this long is stuck, ms; its queue holds 300. */
const WRITE_LIMIT_MS = 1_000;

/** {@link AudioOut} over an {@link AudioSink}. */
export class Speaker implements AudioOut {
  readonly #sink: AudioSink;
  readonly #clock: Clock;
  /** Play calls wait for the one before: two voices never mix. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(sink: AudioSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  async play(frames: Iterable<Int16Array>, signal: AbortSignal, onFirstFrame?: () => void): Promise<boolean> {
    const mine = this.#last.then(() => this.#play(frames, signal, onFirstFrame));
    this.#last = mine;
    return mine;
  }

  async #play(
    frames: Iterable<Int16Array>,
    signal: AbortSignal,
    onFirstFrame?: () => void,
  ): Promise<boolean> {
    let startedMonoMs = this.#clock.monoMs();
    let sentMs = 0;
    try {
      for (const frame of frames) {
        if (signal.aborted) break;
        await within(WRITE_LIMIT_MS, this.#sink.write(frame));
        if (sentMs === 0) onFirstFrame?.();
        sentMs += FRAME_MS;
        const aheadMs = sentMs - (this.#clock.monoMs() - startedMonoMs);
        // Late: what the listener missed is not hurried after; the rest keeps its pace from here.
        if (aheadMs < 0)
          startedMonoMs -= aheadMs; // aheadMs is negative: the start moves later
        else if (aheadMs > LEAD_MS) await this.#clock.sleep(aheadMs - LEAD_MS, signal);
      }
      const restMs = sentMs - (this.#clock.monoMs() - startedMonoMs);
      if (restMs > 0 && !signal.aborted) await this.#clock.sleep(restMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) this.#sink.clear();
    return !signal.aborted;
  }
}
