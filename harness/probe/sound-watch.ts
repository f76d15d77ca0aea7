/**
 * Makes happenings of a track's samples: tone words and sound activity, on the page's clock. Pure but for the clock
 * that comes with each block. A new sample rate starts new decoders (a device change does that).
 */
import { ToneWordDecoder } from '../../src/shared/tone-words.ts';
import type { ProbeHappening, SoundSide } from '../../src/shared/probe-report.ts';
import { SoundActivity } from './sound-activity.ts';
import type { TrackBlock } from './track-reader.ts';

/** Watches one track and calls `report` with what happened and the page's monotonic time of it, ms. */
export class SoundWatch {
  readonly #side: SoundSide;
  readonly #report: (happening: ProbeHappening, monoMs: number) => void;
  #sampleRateHz = 0;
  #words: ToneWordDecoder | undefined;
  #activity: SoundActivity | undefined;
  #pushed = 0;

  constructor(side: SoundSide, report: (happening: ProbeHappening, monoMs: number) => void) {
    this.#side = side;
    this.#report = report;
  }

  /** Takes the next block of the track. */
  push(block: TrackBlock): void {
    if (block.sampleRateHz !== this.#sampleRateHz) {
      this.#sampleRateHz = block.sampleRateHz;
      this.#words = new ToneWordDecoder(block.sampleRateHz);
      this.#activity = new SoundActivity({ sampleRateHz: block.sampleRateHz });
      this.#pushed = 0;
    }
    this.#pushed += block.samples.length;
    // The last sample of a block is as old as its arrival; what came before it, as much older.
    const timeOf = (atSample: number) =>
      block.monoMs - ((this.#pushed - atSample) / this.#sampleRateHz) * 1000;
    for (const change of this.#activity?.push(block.samples) ?? [])
      this.#report({ kind: 'sound', side: this.#side, on: change.on }, timeOf(change.atSample));
    for (const word of this.#words?.push(block.samples) ?? [])
      this.#report({ kind: 'word', side: this.#side, index: word.index }, timeOf(word.atSample));
  }
}
