/**
 * Tells when a stream of samples is loud and when it is silent. Pure: counts samples, knows no clock. Sound begins
 * with its first loud 10 ms; it stops with the last one, which is known only after a hangover of silence.
 */

/** A change, at a sample counted from the first pushed one. */
export interface SoundChange {
  readonly on: boolean;
  readonly atSample: number;
}

/** How to tell sound from silence. */
export interface SoundActivityOptions {
  readonly sampleRateHz: number;
  /** Root mean square of 10 ms from which they are loud, 0 to 1; 0.005 is -46 dBFS. @default 0.005 */
  readonly loudRms?: number;
  /** So many loud blocks in a row are sound: a click is not. @default 2 */
  readonly onsetBlocks?: number;
  /** Silence shorter than this belongs to the sound, ms. @default 400 */
  readonly hangoverMs?: number;
}

/** Watches one stream; nothing to close. */
export class SoundActivity {
  readonly #blockLength: number;
  readonly #loudRms: number;
  readonly #onsetBlocks: number;
  readonly #hangoverSamples: number;
  #on = false;
  #loudRun = 0;
  #lastLoudEnd = 0;
  #pushed = 0;
  #blockPower = 0;

  constructor(options: SoundActivityOptions) {
    this.#blockLength = Math.round(options.sampleRateHz / 100);
    this.#loudRms = options.loudRms ?? 0.005;
    this.#onsetBlocks = options.onsetBlocks ?? 2;
    this.#hangoverSamples = ((options.hangoverMs ?? 400) / 1000) * options.sampleRateHz;
  }

  /** Takes the next samples, mono, and tells the changes in them, in order. */
  push(samples: Float32Array): SoundChange[] {
    const changes: SoundChange[] = [];
    for (const sample of samples) {
      this.#blockPower += sample * sample;
      this.#pushed++;
      if (this.#pushed % this.#blockLength !== 0) continue;
      const loud = this.#blockPower > this.#loudRms ** 2 * this.#blockLength;
      this.#blockPower = 0;
      this.#judge(loud, changes);
    }
    return changes;
  }

  #judge(loud: boolean, changes: SoundChange[]): void {
    if (loud) {
      this.#loudRun++;
      this.#lastLoudEnd = this.#pushed;
      if (this.#on || this.#loudRun < this.#onsetBlocks) return;
      this.#on = true;
      changes.push({ on: true, atSample: this.#pushed - this.#loudRun * this.#blockLength });
      return;
    }
    this.#loudRun = 0;
    if (!this.#on || this.#pushed - this.#lastLoudEnd < this.#hangoverSamples) return;
    this.#on = false;
    changes.push({ on: false, atSample: this.#lastLoudEnd });
  }
}
