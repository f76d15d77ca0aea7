/**
 * Reads the samples of an audio track as mono floats. Owns the processor and its reader; never stops the track, which
 * is the page's. Uses MediaStreamTrackProcessor (Chromium): no worklet, so nothing for the page's CSP to allow.
 */

/** Samples and when they were read. */
export interface TrackBlock {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
  /** performance.now() when they arrived, ms. */
  readonly monoMs: number;
}

/** What lib.dom has not (https://www.w3.org/TR/mediacapture-transform/, audio as Chromium has it). */
interface AudioTrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}
declare const MediaStreamTrackProcessor: new (init: {
  track: MediaStreamTrack;
  maxBufferSize: number;
}) => AudioTrackProcessor;

/** Blocks of 10 ms that may wait while the page's thread is busy; more are lost, so 10 s of them. */
const MAX_WAITING_BLOCKS = 1000;

/** Calls `onBlock` with everything that the track yields; fulfils when the track has ended. */
export async function readTrack(
  track: MediaStreamTrack,
  onBlock: (block: TrackBlock) => void,
): Promise<void> {
  const reader = new MediaStreamTrackProcessor({
    track,
    maxBufferSize: MAX_WAITING_BLOCKS,
  }).readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const monoMs = performance.now();
    try {
      onBlock({ samples: monoOf(value), sampleRateHz: value.sampleRate, monoMs });
    } finally {
      value.close();
    }
  }
}

function monoOf(data: AudioData): Float32Array {
  const first = new Float32Array(data.numberOfFrames);
  data.copyTo(first, { planeIndex: 0, format: 'f32-planar' });
  return first; // speech comes alike on both sides, and adding them could cancel
}
