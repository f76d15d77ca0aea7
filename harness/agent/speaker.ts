/**
 * Hands sound to LiveKit's audio source in real time and without a pause, by its own clock: what is played, or
 * silence. Never silent by sending nothing: RTP time stands still then, and the listener's jitter buffer takes the
 * next word for a late one and grows by half a second. Never more than a lead ahead, so that an interruption is heard
 * at once. It owns the pace, not the source.
 */
import type { AudioOut } from './pipeline.ts';
import type { Clock } from './clock.ts';
import { FRAME_MS, FRAME_SAMPLES } from './pcm.ts';
import { within } from './deferred.ts';

/** The source behind it: rtc-node's AudioSource, or a fake. */
export interface AudioSink {
  /** Takes one frame of 20 ms; resolves when there is room for more. */
  write(frame: Int16Array): Promise<void>;
  /** Drops what is queued. */
  clear(): void;
}

/** How far ahead of the listener's time speech is handed over, ms; a busy machine stalls a process for 50 to 100 ms. */
const SPEECH_LEAD_MS = 140;
/** The same for silence, ms: a word that begins waits behind it. */
const SILENCE_LEAD_MS = 40;
/** What a source's queue may hold, ms: silence that is older has been heard. */
export const QUEUE_LIMIT_MS = 300;
/** A source that takes no frame for this long is stuck, ms. */
const WRITE_LIMIT_MS = 1_000;

const SILENCE = new Int16Array(FRAME_SAMPLES);

interface Play {
  readonly frames: Iterator<Int16Array, unknown>;
  readonly onFirstFrame: (() => void) | undefined;
  begun: boolean;
  /** Ends the call: true when all frames were handed over. */
  readonly settle: (whole: boolean) => void;
}

/** {@link AudioOut} over an {@link AudioSink}; `run` it. */
export class Speaker implements AudioOut {
  readonly #sink: AudioSink;
  readonly #clock: Clock;
  readonly #plays: Play[] = [];
  #startedMonoMs = 0;
  #handedMs = 0;
  #sentMs = 0;
  /** `#sentMs` after the last frame of speech. */
  #speechSentMs = -Infinity;

  constructor(sink: AudioSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Sound handed over since the start, silence too, ms: it grows for as long as this runs. */
  get handedMs(): number {
    return this.#handedMs;
  }

  /** Feeds the source until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    this.#restart();
    while (!signal.aborted) {
      const play = this.#plays[0];
      await within(WRITE_LIMIT_MS, this.#sink.write(this.#nextFrame(play)));
      this.#sentMs += FRAME_MS;
      this.#handedMs += FRAME_MS;
      const aheadMs = this.#aheadMs();
      const leadMs = play === undefined ? SILENCE_LEAD_MS : SPEECH_LEAD_MS;
      // Late: what the listener missed is not hurried after; the rest keeps its pace from here.
      if (aheadMs < 0) this.#startedMonoMs -= aheadMs;
      else if (aheadMs > leadMs) await this.#clock.sleep(aheadMs - leadMs, signal).catch(() => {}); // aborted: the loop ends
    }
    for (const play of this.#plays.splice(0)) play.settle(false);
  }

  async play(frames: Iterable<Int16Array>, signal: AbortSignal, onFirstFrame?: () => void): Promise<boolean> {
    if (signal.aborted) return false;
    const whole = await new Promise<boolean>((resolve) => {
      const settle = (handedOver: boolean): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(handedOver);
      };
      const play: Play = { frames: frames[Symbol.iterator](), onFirstFrame, begun: false, settle };
      const onAbort = (): void => {
        this.#plays.splice(this.#plays.indexOf(play), 1);
        if (play.begun) {
          this.#sink.clear();
          this.#restart();
        }
        settle(false);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#plays.push(play);
    });
    if (!whole || signal.aborted) return false;
    // All is handed over; the listener still hears the rest of the queue.
    const restMs = Math.max(0, this.#aheadMs());
    try {
      await this.#clock.sleep(restMs, signal);
    } catch {
      this.#sink.clear();
      this.#restart();
      return false; // stopped in its last words
    }
    return true;
  }

  /** The next frame of `play`, or silence when it is over or there is none. */
  #nextFrame(play: Play | undefined): Int16Array {
    if (play === undefined) return SILENCE;
    const next = play.frames.next();
    if (next.done === true) {
      this.#plays.splice(this.#plays.indexOf(play), 1);
      play.settle(true);
      return SILENCE;
    }
    if (!play.begun) this.#begin(play);
    this.#speechSentMs = this.#sentMs + FRAME_MS;
    return next.value;
  }

  /**
   * Drops silence that waits in the source before a first word. From here to the listener's ear it took 220 ms with
   * it and 273 without (p50 of 24 each, in turn, two rtc-node participants on a busy machine).
   */
  #begin(play: Play): void {
    if (this.#sentMs - this.#speechSentMs >= QUEUE_LIMIT_MS) {
      this.#sink.clear();
      this.#restart();
    }
    play.begun = true;
    play.onFirstFrame?.();
  }

  #aheadMs(): number {
    return this.#sentMs - (this.#clock.monoMs() - this.#startedMonoMs);
  }

  #restart(): void {
    this.#startedMonoMs = this.#clock.monoMs();
    this.#sentMs = 0;
    this.#speechSentMs = -Infinity;
  }
}
