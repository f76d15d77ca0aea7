/**
 * A recorded session as a whole, as it is stored, exported and read back: who it was (hashed), what happened, and its
 * samples in packed chunks. Never audio, text, tokens, device labels or addresses. How a chunk is packed is
 * decided in core/metrics/chunk-codec.ts; here it is bytes.
 */
import type { RecordedEvent, SessionRecord } from './records.ts';

/** What {@link RecordedEvent} does not know: what recordings of samples keep besides. `atMs` as there. */
export type RecordingEvent =
  | RecordedEvent
  /** One try to come back, told when it is over. */
  | {
      readonly kind: 'attempt';
      readonly atMs: number;
      readonly by: 'sdk' | 'rejoin';
      /** From 1 within its outage. */
      readonly attempt: number;
      /** What made it necessary: an error code or a disconnect reason. */
      readonly cause: string;
      readonly result: 'ok' | 'failed' | 'aborted';
      readonly tookMs: number;
    }
  | { readonly kind: 'device'; readonly atMs: number; readonly change: 'input' | 'output' | 'list' }
  | {
      readonly kind: 'page';
      readonly atMs: number;
      readonly state: 'visible' | 'hidden' | 'frozen' | 'resumed';
    }
  /** The agent was heard to answer; `latencyMs` since the user's speech ended, `atMs` is the answer's start. */
  | { readonly kind: 'heard'; readonly atMs: number; readonly latencyMs: number };

/** All kinds of {@link RecordingEvent}. */
export type RecordingEventKind = RecordingEvent['kind'];

/** Where a recording comes from. `recorded` by us; the others were made by other tools and imported. */
export const RECORDING_SOURCES = ['recorded', 'rtcstats', 'webrtcInternals'] as const;
/** One of {@link RECORDING_SOURCES}. */
export type RecordingSource = (typeof RECORDING_SOURCES)[number];

/** A session with what reviews show of its surroundings. */
export interface RecordingSession extends SessionRecord {
  readonly source: RecordingSource;
  /** Salted hashes, hex; the salt stays in the browser that recorded. */
  readonly roomHash?: string;
  readonly identityHash?: string;
  /** The page went away without an end; `endedWallMs` is the time of the last thing kept. */
  readonly interrupted?: true;
}

/** Some samples of one stream, in order. `main` is the call; `track2`, `track3` … further remote tracks. */
export interface SampleChunk {
  readonly stream: string;
  /** Order within the stream; unique there, gaps are fine. */
  readonly seq: number;
  /** How `data` is packed. */
  readonly codec: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** One recorded session. */
export interface Recording {
  readonly session: RecordingSession;
  /** In the order in which they happened. */
  readonly events: readonly RecordingEvent[];
  /** By stream, then by seq. */
  readonly chunks: readonly SampleChunk[];
}

/** What a list shows of a recording without opening it; made when the session is put away. Durations in ms. */
export interface RecordingDigest {
  readonly durationMs: number;
  /** Proven connected. */
  readonly connectedMs: number;
  readonly samples: number;
  readonly outages: number;
  readonly outageMs: number;
  /** Absent where it was not measured. */
  readonly audioLostMs?: number;
  /** Estimate of ITU-T G.107, 1 to 4.5; absent without data. */
  readonly mos?: number;
  readonly worstMinute?: {
    readonly startMs: number;
    readonly mos?: number;
    readonly concealedRatio?: number;
  };
  /** Middle of all answers. */
  readonly heardLatencyMs?: number;
  /** Quality over the call: 1 as good as it gets, 0 cut, null not measured. */
  readonly spark: readonly (number | null)[];
}

/** A session as lists show it. */
export interface ListedRecording extends RecordingSession {
  /** Absent while it runs, and until it has been put away. */
  readonly digest?: RecordingDigest;
  /** What its events and samples take, bytes, as far as known. */
  readonly bytes?: number;
}

/** The stream that every recording with samples has. */
export const MAIN_STREAM = 'main';
