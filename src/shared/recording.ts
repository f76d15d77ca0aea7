/**
 * A recorded session as a whole, as it is stored, exported and read back: who it was (hashed), what happened, and its
 * samples in packed chunks. Never tokens, device labels or addresses; text and sound only in {@link KeptPiece}s, which are
 * kept when the user asks for it, and stand apart. How a chunk is packed is
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

/** What a user may have kept of a session besides. */
export const KEPT_KINDS = ['text', 'sound'] as const;
/** One of {@link KEPT_KINDS}. */
export type KeptKind = (typeof KEPT_KINDS)[number];

/** One finished line of the conversation. Plain text, never to be rendered as markup. */
export interface KeptLine {
  readonly kind: 'text';
  /** Order within its kind. */
  readonly seq: number;
  /** When it was finished, ms since the session's start. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly from: 'user' | 'agent';
  readonly by: 'speech' | 'text';
  /** Segment or message id. */
  readonly id: string;
  readonly text: string;
}

/** A stretch of sound, both sides mixed. Those of one take are one file when they are put together in their order. */
export interface KeptSound {
  readonly kind: 'sound';
  /** Order within its kind. */
  readonly seq: number;
  /** Counts from 0; a new one begins whenever the user switches sound on. */
  readonly take: number;
  /** When its take began, ms since the session's start. */
  readonly atMs: number;
  /** MIME type. */
  readonly type: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Something that was kept because the user asked for it. */
export type KeptPiece = KeptLine | KeptSound;

/** One recorded session. */
export interface Recording {
  readonly session: RecordingSession;
  /** In the order in which they happened. */
  readonly events: readonly RecordingEvent[];
  /** By stream, then by seq. */
  readonly chunks: readonly SampleChunk[];
  /** Text and sound, by kind and seq. Only where somebody asked for them: no store gives them with the rest. */
  readonly kept?: readonly KeptPiece[];
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
  /** What it takes, bytes, as far as known; what was kept of text and sound included. */
  readonly bytes?: number;
  /** What was kept of text and sound, bytes; absent where nothing was. */
  readonly keptBytes?: KeptBytes;
}

/** Bytes by kind; 0 where there is nothing. */
export type KeptBytes = Readonly<Record<KeptKind, number>>;

/** The stream that every recording with samples has. */
export const MAIN_STREAM = 'main';

/** `before` with what `pieces` take added. */
export function withKept(before: KeptBytes | undefined, pieces: readonly KeptPiece[]): KeptBytes {
  const sum = { text: 0, sound: 0, ...before };
  for (const piece of pieces) sum[piece.kind] += keptSize(piece);
  return sum;
}

/** About what a piece takes on disk, bytes. */
function keptSize(piece: KeptPiece): number {
  return piece.kind === 'sound' ? piece.data.length : JSON.stringify(piece).length;
}
