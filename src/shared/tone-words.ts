/**
 * Words that machines can count: each is a chord of four sines, 250 ms long, numbered 0 to 4095. Owns how a word
 * sounds and how it is recognised again; knows nothing of tracks, files or clocks. Three of the sines carry the
 * number (16 frequencies each), the fourth is a check over them, so that one wrong sine never makes another word.
 * Invariant: a word is reported once, and only when more than half of its sound arrived; what is unclear is not a word.
 */

/** How long a word sounds, ms. */
export const WORD_MS = 250;
/** The silence that speakers leave after a word, ms; two words a second. */
export const GAP_MS = 250;
/** From so much of its sound on a listener may know a word, ms; see `WINDOWS_NEEDED`. */
export const KNOWN_FROM_MS = 140;
/** How many different words there are: 34 minutes at two words a second. */
export const CODEBOOK_SIZE = 4096;

/** A word that was recognised. */
export interface HeardWord {
  /** Its number, 0 to 4095. */
  readonly index: number;
  /** Where it began, samples since the first one pushed, at the rate of the decoder; exact to about 20 ms. */
  readonly atSample: number;
}

const TONES_PER_GROUP = 16;
/**
 * The groups, Hz. Tones lie 34 Hz apart, which is 2.2 bins of the 64 ms window: outside the main lobe of a Hann
 * window. All below 2.6 kHz: Opus at 24 kbit/s blurs pure tones above that (measured with Chromium's encoder).
 */
const TONE_STEP_HZ = 34;
const GROUP_LOW_HZ = [240, 830, 1420, 2010] as const;
/** Amplitude of one sine: four together peak at 0.6 and leave room for what codecs add. */
const TONE_AMPLITUDE = 0.15;
/** Raised cosine at both ends, ms: without it the click spreads over all groups. */
const EDGE_MS = 8;

/** Decoding rate aimed at, Hz: enough for 2.6 kHz, and a quarter of the work at 48 kHz. */
const ANALYSIS_HZ = 12_000;
const WINDOW_MS = 64;
const HOP_MS = 8;
/** Below this mean square (-60 dBFS) a window is silence. */
const SILENCE_POWER = 1e-6;
/** In its group the winner has at least this many times the power of the second. */
const DOMINANCE = 4;
/** The four winners hold at least this share of the window's power: speech and noise do not. */
const PURITY_RATIO = 0.5;
/** The weakest of the winners has at least this part of the power of the strongest. */
const BALANCE_RATIO = 1 / 300;
/**
 * How many windows must agree, in hops of 8 ms: 140 ms of a word give 17, 130 ms do not (measured). So each word
 * survives the loss of four tenths of it, and its two halves never pass both.
 */
const WINDOWS_NEEDED = 17;
/**
 * A reported word is reported again after so long without it, ms (the gap is 250), and not within so long of its
 * start (the next word starts after 500): concealment stretches a torn word and may make both its parts long enough.
 */
const REPEAT_AFTER_MS = 120;
const REPEAT_START_MS = 450;
/** Parts of one word that are further apart than this, ms, are not added up. */
const FORGET_AFTER_MS = 3_000;
/** How much of a word lies in the first window that shows it, ms; measured, for {@link HeardWord.atSample}. */
const FIRST_WINDOW_SHARE_MS = 38;

/** The four tone numbers of a word. Neighbouring words differ in all four. */
function tonesOf(index: number): readonly [number, number, number, number] {
  const low = index & 15;
  const middle = ((index >> 4) + low) & 15;
  const high = ((index >> 8) + 5 * low) & 15;
  return [low, middle, high, checkOf(low, middle, high)];
}

/** Odd weights: any one wrong tone changes the check. */
function checkOf(low: number, middle: number, high: number): number {
  return (low + 3 * middle + 7 * high + 5) & 15;
}

/** The word that four tones make, or undefined when the check fails. */
function indexOf(low: number, middle: number, high: number, check: number): number | undefined {
  if (checkOf(low, middle, high) !== check) return undefined;
  return low | (((middle - low) & 15) << 4) | (((high - 5 * low) & 15) << 8);
}

/**
 * The sound of one word: {@link WORD_MS} of samples in -1 to 1, with soft edges and without the gap after it.
 * Throws RangeError for an index outside the codebook or a rate that cannot hold the tones.
 */
export function wordSamples(index: number, sampleRateHz: number): Float32Array<ArrayBuffer> {
  if (!Number.isInteger(index) || index < 0 || index >= CODEBOOK_SIZE)
    throw new RangeError(`tone word ${index} is not 0 to ${CODEBOOK_SIZE - 1}`);
  checkRate(sampleRateHz);
  const tones = tonesOf(index);
  const samples = new Float32Array(Math.round((sampleRateHz * WORD_MS) / 1000));
  const edge = Math.round((sampleRateHz * EDGE_MS) / 1000);
  for (let at = 0; at < samples.length; at++) {
    let sum = 0;
    // Phases a quarter turn apart keep the four from peaking together at the start.
    GROUP_LOW_HZ.forEach((lowHz, number) => {
      const hz = lowHz + TONE_STEP_HZ * (tones[number] ?? 0);
      sum += Math.sin((2 * Math.PI * hz * at) / sampleRateHz + (number * Math.PI) / 2);
    });
    const fromEnd = Math.min(at, samples.length - 1 - at);
    const gain = fromEnd < edge ? 0.5 - 0.5 * Math.cos((Math.PI * fromEnd) / edge) : 1;
    samples[at] = TONE_AMPLITUDE * gain * sum;
  }
  return samples;
}

function checkRate(sampleRateHz: number): void {
  if (!(sampleRateHz >= 11_025 && sampleRateHz <= 192_000))
    throw new RangeError(`sample rate ${sampleRateHz} Hz is not 11025 to 192000`);
}

/** What was gathered for one word. */
interface Evidence {
  windows: number;
  firstStart: number;
  lastEnd: number;
  reported: boolean;
}

/** Recognises words in a stream of mono samples. Holds 100 ms of sound; nothing to close. */
export class ToneWordDecoder {
  readonly #filter: Float64Array;
  readonly #factor: number;
  readonly #history: Float64Array;
  readonly #window: Float64Array;
  readonly #shape: Float64Array;
  readonly #shaped: Float64Array;
  readonly #powers = new Float64Array(TONES_PER_GROUP);
  readonly #shapePower: number;
  /** 2 cos(w) of each tone, group after group. */
  readonly #turns: Float64Array;
  readonly #hop: number;
  readonly #msToInput: number;
  readonly #evidence = new Map<number, Evidence>();
  #historyAt = 0;
  #pushed = 0;
  #filled = 0;

  /** @param sampleRateHz of what is pushed, 11025 to 192000; RangeError outside. */
  constructor(sampleRateHz: number) {
    checkRate(sampleRateHz);
    this.#factor = Math.max(1, Math.floor(sampleRateHz / ANALYSIS_HZ));
    const rateHz = sampleRateHz / this.#factor;
    this.#filter = lowPass(this.#factor);
    this.#history = new Float64Array(this.#filter.length);
    const length = Math.round((rateHz * WINDOW_MS) / 1000);
    this.#window = new Float64Array(length);
    this.#shape = Float64Array.from(
      { length },
      (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / length),
    );
    this.#shaped = new Float64Array(length);
    this.#shapePower = this.#shape.reduce((sum, gain) => sum + gain * gain, 0);
    this.#hop = Math.round((rateHz * HOP_MS) / 1000);
    this.#msToInput = sampleRateHz / 1000;
    this.#turns = Float64Array.from(
      GROUP_LOW_HZ.flatMap((lowHz) =>
        Array.from(
          { length: TONES_PER_GROUP },
          (_, tone) => 2 * Math.cos((2 * Math.PI * (lowHz + TONE_STEP_HZ * tone)) / rateHz),
        ),
      ),
    );
  }

  /** Takes the next samples, any number of them, and gives the words that became certain. The array is not kept. */
  push(samples: Float32Array): HeardWord[] {
    const words: HeardWord[] = [];
    for (const sample of samples) {
      this.#history[this.#historyAt] = sample;
      this.#historyAt = (this.#historyAt + 1) % this.#history.length;
      this.#pushed++;
      if (this.#pushed % this.#factor !== 0) continue;
      this.#window[this.#filled++] = this.#filtered();
      if (this.#filled < this.#window.length) continue;
      this.#judge(words);
      this.#window.copyWithin(0, this.#hop);
      this.#filled -= this.#hop;
    }
    return words;
  }

  #filtered(): number {
    if (this.#factor === 1)
      return this.#history[(this.#historyAt + this.#history.length - 1) % this.#history.length] ?? 0;
    let sum = 0;
    let at = this.#historyAt;
    for (const tap of this.#filter) {
      sum += tap * (this.#history[at] ?? 0);
      at = at + 1 === this.#history.length ? 0 : at + 1;
    }
    return sum;
  }

  #judge(words: HeardWord[]): void {
    const end = this.#pushed - (this.#filter.length >> 1); // the filter delays by half its length
    for (const [index, seen] of this.#evidence) {
      const silentMs = (end - seen.lastEnd) / this.#msToInput;
      const ageMs = (end - seen.firstStart) / this.#msToInput;
      const isOver = seen.reported
        ? silentMs > REPEAT_AFTER_MS && ageMs > REPEAT_START_MS
        : silentMs > FORGET_AFTER_MS;
      if (isOver) this.#evidence.delete(index);
    }
    const index = this.#recognise();
    if (index === undefined) return;
    const seen = this.#evidence.get(index) ?? {
      windows: 0,
      firstStart: end - FIRST_WINDOW_SHARE_MS * this.#msToInput,
      lastEnd: end,
      reported: false,
    };
    this.#evidence.set(index, seen);
    seen.windows++;
    seen.lastEnd = end;
    if (seen.reported || seen.windows < WINDOWS_NEEDED) return;
    seen.reported = true;
    words.push({ index, atSample: Math.max(0, Math.round(seen.firstStart)) });
  }

  /** The word that the present window shows, if it is clear. */
  #recognise(): number | undefined {
    let power = 0;
    for (let at = 0; at < this.#window.length; at++) {
      const sample = (this.#window[at] ?? 0) * (this.#shape[at] ?? 0);
      this.#shaped[at] = sample;
      power += sample * sample;
    }
    if (power < SILENCE_POWER * this.#shapePower) return undefined;
    const winners: [number, number, number, number] = [0, 0, 0, 0];
    let together = 0;
    let strongest = 0;
    let weakest = Infinity;
    for (let group = 0; group < GROUP_LOW_HZ.length; group++) {
      let best = 0;
      let second = 0;
      tonePowers(
        this.#shaped,
        this.#turns.subarray(group * TONES_PER_GROUP, (group + 1) * TONES_PER_GROUP),
        this.#powers,
      );
      for (let tone = 0; tone < TONES_PER_GROUP; tone++) {
        const tonePower = this.#powers[tone] ?? 0;
        if (tonePower > best) {
          second = best;
          best = tonePower;
          winners[group as 0 | 1 | 2 | 3] = tone;
        } else if (tonePower > second) {
          second = tonePower;
        }
      }
      if (best < DOMINANCE * second) return undefined;
      together += best;
      strongest = Math.max(strongest, best);
      weakest = Math.min(weakest, best);
    }
    if (weakest < BALANCE_RATIO * strongest) return undefined;
    // A sine of power p gives |X|^2 = p * (sum of the shape)^2 / 2, and the shape's sum is half its length; its
    // share of `power` is p * shapePower. So the sine's part of the window's power is this:
    const share = (together * 2 * this.#shapePower) / ((this.#shape.length / 2) ** 2 * power);
    return share < PURITY_RATIO ? undefined : indexOf(...winners);
  }
}

/**
 * Goertzel: |X|^2 at each frequency, `turns` being 2 cos(w). Two at a time: each is a chain of dependent additions,
 * and two chains side by side take hardly longer than one.
 */
function tonePowers(samples: Float64Array, turns: Float64Array, powers: Float64Array): void {
  for (let tone = 0; tone < turns.length; tone += 2) {
    const turnA = turns[tone] ?? 0;
    const turnB = turns[tone + 1] ?? 0;
    let lastA = 0;
    let beforeA = 0;
    let lastB = 0;
    let beforeB = 0;
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      const nextA = sample + turnA * lastA - beforeA;
      const nextB = sample + turnB * lastB - beforeB;
      beforeA = lastA;
      lastA = nextA;
      beforeB = lastB;
      lastB = nextB;
    }
    powers[tone] = lastA * lastA + beforeA * beforeA - turnA * lastA * beforeA;
    powers[tone + 1] = lastB * lastB + beforeB * beforeB - turnB * lastB * beforeB;
  }
}

/** A windowed sinc that keeps what the lower rate can hold, for taking every `factor`-th sample. */
function lowPass(factor: number): Float64Array {
  if (factor === 1) return new Float64Array(1).fill(1);
  const length = 10 * factor + 1;
  const cutoff = 0.45 / factor; // of the input rate: 5.4 kHz of 48
  const taps = Float64Array.from({ length }, (_, at) => {
    const from = at - (length - 1) / 2;
    const sinc = from === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * from) / (Math.PI * from);
    return sinc * (0.54 - 0.46 * Math.cos((2 * Math.PI * at) / (length - 1)));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
