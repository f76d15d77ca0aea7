/**
 * Media facts of one moment, as the room adapter reads them from getStats. Counters are cumulative; they may
 * start again at 0 when a peer connection is rebuilt, which shows as another `id`. What a browser does not know is absent.
 */

/** A selected candidate pair. One per peer connection. */
export interface PairSample {
  /** Another id means that counters began anew. */
  readonly id: string;
  /** Payload on the pair, STUN not counted, bytes. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Connectivity checks and their answers, counts. */
  readonly requestsSent?: number;
  readonly responsesReceived?: number;
  /** Latest round trip of a check, ms. */
  readonly rttMs?: number;
}

/** Our published microphone (outbound-rtp and its remote-inbound-rtp). */
export interface UpSample {
  /** SSRC or report id: another one means that counters began anew. */
  readonly id: string;
  readonly packetsSent: number;
  /** The track is muted by us: nothing need flow. */
  readonly muted: boolean;
  /** When the latest receiver report of the far side came, as `timestamp` of remote-inbound-rtp, ms; only compared with itself. */
  readonly remoteReportMs?: number;
  readonly fractionLostRatio?: number;
  /** Our packets that the far side missed since the stream began, as that report has it; may shrink when late ones come. */
  readonly remotePacketsLost?: number;
}

/** The agent's audio (inbound-rtp). */
export interface DownSample {
  readonly id: string;
  readonly packetsReceived: number;
  readonly packetsLost?: number;
  /** Samples that were made up, count, and all samples. */
  readonly concealedSamples?: number;
  readonly totalSamples?: number;
}

/** One reading. */
export interface MediaSample {
  /** When it was taken, monotonic ms of the Clock port. */
  readonly monoMs: number;
  /** Selected pairs of all peer connections that are meant to be up. */
  readonly pairs: readonly PairSample[];
  /** Absent when no microphone is published, or its track has ended. */
  readonly up?: UpSample;
  /** Absent when no audio track of the agent is subscribed. */
  readonly down?: DownSample;
  /** Whether the signal connection is open as the SDK sees it. */
  readonly signalUp: boolean;
  /**
   * Somebody on the far side told over the signal connection within the last 2 s that our packets arrive (our
   * agent's attribute, a speaker update for us). Absent when nobody tells such things.
   */
  readonly upConfirmed?: boolean;
}
