/**
 * Finds where an utterance starts and ends in a stream of 20 ms frames that somebody else has judged voiced or not.
 * Pure: time is counted in frames. Invariant: every `started` is followed by exactly one `ended` or `dropped`, and
 * an utterance never holds more than `maxMs` of sound.
 */
import { FRAME_MS, rmsOf } from './pcm.ts';

/** When speech counts as begun and as over. */
export interface EndpointPolicy {
  /** Voiced frames among the last {@link ONSET_WINDOW} that begin an utterance. */
  readonly onsetFrames: number;
  /** The same while the agent speaks: an echo must not stop it. */
  readonly bargeInFrames: number;
  /** Silence that ends an utterance, ms. */
  readonly hangoverMs: number;
  /** Sound kept from before the first voiced frame, ms: plosives come before the voice. */
  readonly preRollMs: number;
  /** Silence kept after the last voiced frame, ms. */
  readonly tailMs: number;
  /** Less voice than this is a click, ms. */
  readonly minVoicedMs: number;
  /** The longest utterance, ms. */
  readonly maxMs: number;
}

/**
 * A hangover of 360 ms is longer than most pauses within a sentence. From the end of speech to the first audio in the
 * page it made 537 to 607 ms on a busy machine (3 answers; 738 to 838 in 4 before the silence in front of an answer was
 * left out); 372 to 392 of it were the hangover and its last frame.
 */
export const DEFAULT_ENDPOINT: EndpointPolicy = {
  onsetFrames: 3,
  bargeInFrames: 6,
  hangoverMs: 360,
  preRollMs: 60,
  tailMs: 100,
  minVoicedMs: 80,
  maxMs: 60_000,
};

/** Frames that are looked back upon for an onset. */
export const ONSET_WINDOW = 8;

/** -70 dBFS: no plosive and no breath is as quiet; a browser's noise suppression is. */
const DEAD_RMS = 0.0003;

/** What a frame brought about. */
export type EndpointEvent =
  | { readonly type: 'started' }
  /** `silentMs` lie between the last voiced frame and now. */
  | {
      readonly type: 'ended';
      readonly frames: readonly Int16Array[];
      readonly voicedMs: number;
      readonly silentMs: number;
    }
  | { readonly type: 'dropped' };

interface Kept {
  readonly frame: Int16Array;
  readonly voiced: boolean;
}

type State =
  | { readonly phase: 'quiet' }
  | { readonly phase: 'speaking'; readonly frames: Kept[]; silentFrames: number; voicedFrames: number }
  /** An utterance reached its longest; nothing new begins before a silence. */
  | { readonly phase: 'spent'; silentFrames: number };

/** Collects utterances. */
export class UtteranceDetector {
  readonly #policy: EndpointPolicy;
  #recent: Kept[] = [];
  #state: State = { phase: 'quiet' };

  constructor(policy: EndpointPolicy = DEFAULT_ENDPOINT) {
    this.#policy = policy;
  }

  /** Takes the next frame; `agentSpeaks` raises the bar for an onset. */
  push(frame: Int16Array, voiced: boolean, agentSpeaks: boolean): EndpointEvent | undefined {
    const state = this.#state;
    if (state.phase === 'speaking') return this.#collect(state, frame, voiced);
    if (state.phase === 'spent') {
      state.silentFrames = voiced ? 0 : state.silentFrames + 1;
      if (state.silentFrames * FRAME_MS >= this.#policy.hangoverMs) this.#state = { phase: 'quiet' };
      return undefined;
    }
    const keepFrames = ONSET_WINDOW + Math.ceil(this.#policy.preRollMs / FRAME_MS);
    this.#recent = [...this.#recent, { frame, voiced }].slice(-keepFrames);
    const window = this.#recent.slice(-ONSET_WINDOW);
    const voicedFrames = window.filter((kept) => kept.voiced).length;
    if (voicedFrames < (agentSpeaks ? this.#policy.bargeInFrames : this.#policy.onsetFrames))
      return undefined;
    const firstVoiced = this.#recent.length - window.length + window.findIndex((kept) => kept.voiced);
    const from = Math.max(0, firstVoiced - Math.ceil(this.#policy.preRollMs / FRAME_MS));
    this.#state = { phase: 'speaking', frames: this.#recent.slice(from), silentFrames: 0, voicedFrames };
    this.#recent = [];
    return { type: 'started' };
  }

  #collect(
    state: Extract<State, { phase: 'speaking' }>,
    frame: Int16Array,
    voiced: boolean,
  ): EndpointEvent | undefined {
    const { hangoverMs, maxMs, minVoicedMs, tailMs } = this.#policy;
    state.frames.push({ frame, voiced });
    state.silentFrames = voiced ? 0 : state.silentFrames + 1;
    if (voiced) state.voicedFrames++;
    const silentMs = state.silentFrames * FRAME_MS;
    const full = state.frames.length * FRAME_MS >= maxMs;
    if (silentMs < hangoverMs && !full) return undefined;
    this.#state = full ? { phase: 'spent', silentFrames: state.silentFrames } : { phase: 'quiet' };
    const voicedMs = state.voicedFrames * FRAME_MS;
    if (voicedMs < minVoicedMs) return { type: 'dropped' };
    const surplus = Math.max(0, state.silentFrames - Math.ceil(tailMs / FRAME_MS));
    // What is said back begins with its first sound and not with the silence before it.
    const firstSound = state.frames.findIndex(({ frame, voiced }) => voiced || rmsOf(frame) > DEAD_RMS);
    const frames = state.frames
      .slice(Math.max(0, firstSound - 1), state.frames.length - surplus)
      .map((kept) => kept.frame);
    return { type: 'ended', frames, voicedMs, silentMs };
  }
}
