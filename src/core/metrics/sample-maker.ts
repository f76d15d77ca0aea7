/**
 * Makes samples out of readings. Owns the epochs: counters that belong to another peer connection, stream or pair than
 * the last ones have begun anew, and only this place sees it happen. Also which stream a further track gets.
 */
import { MAIN_STREAM } from '../../shared/recording.ts';
import type { MetricsSample } from './columns.ts';
import type { MetricValues, RoomMetrics } from './room-metrics.ts';

const EPOCHS = { down: 'downEpoch', up: 'upEpoch', path: 'pathEpoch' } as const;
type Group = keyof typeof EPOCHS;
const GROUPS = Object.keys(EPOCHS) as Group[];
/** Tracks beyond this are not recorded: a room of a thousand is no voice session. */
const MAX_TRACKS = 8;

/** A sample and where it belongs. */
export interface StreamSample {
  readonly stream: string;
  readonly sample: MetricsSample;
}

/** One session's. */
export class SampleMaker {
  readonly #keys = new Map<string, string>();
  readonly #epochs = new Map<string, number>();
  readonly #streams = new Map<string, string>();

  /**
   * The samples of one moment.
   * @param room undefined while there is no room to read: the time is told all the same
   * @param facts values that the room does not know
   */
  make(atMs: number, room: RoomMetrics | undefined, facts: MetricValues): StreamSample[] {
    const at = Math.max(0, Math.round(atMs));
    const epochs: { [name in (typeof EPOCHS)[Group]]?: number } = {};
    for (const group of GROUPS) {
      const epoch = this.#epochOf(group, room?.keys[group]);
      if (epoch !== undefined) epochs[EPOCHS[group]] = epoch;
    }
    const main = { ...room?.values, ...facts, ...epochs, atMs: at };
    const tracks = (room?.tracks ?? []).flatMap(({ key, values }): StreamSample[] => {
      const stream = this.#streamOf(key);
      return stream === undefined ? [] : [{ stream, sample: { ...values, downEpoch: 0, atMs: at } }];
    });
    return [{ stream: MAIN_STREAM, sample: main }, ...tracks];
  }

  /** The epoch of a group; the last one while its key is not known, undefined before the first. */
  #epochOf(group: Group, key: string | undefined): number | undefined {
    const before = this.#keys.get(group);
    if (key !== undefined && key !== before) {
      this.#keys.set(group, key);
      this.#epochs.set(group, before === undefined ? 0 : (this.#epochs.get(group) ?? 0) + 1);
    }
    return this.#epochs.get(group);
  }

  /** A track of other counters is another stream. */
  #streamOf(key: string): string | undefined {
    const known = this.#streams.get(key);
    if (known !== undefined || this.#streams.size >= MAX_TRACKS) return known;
    const stream = `track${this.#streams.size + 2}`;
    this.#streams.set(key, stream);
    return stream;
  }
}
