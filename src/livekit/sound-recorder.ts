/**
 * Records what is said and heard, as one mix, in WebM with Opus. Owns its tap on the page's audio and the MediaRecorder,
 * from `record` until its last piece. A muted microphone is silent here too: the mix reads the track that mute
 * switches off. Loaded only when a user switches it on.
 */
import type { SoundPort, TakeListener } from '../core/keeping/keeper.ts';
import type { PageAudio } from './page-audio.ts';

/** Length of a piece, ms: what a crash costs at most. */
const PIECE_MS = 8000;
const TYPE = 'audio/webm;codecs=opus';
const BITS_PER_SECOND = 32_000;

/** A {@link SoundPort} over MediaRecorder. */
export function soundRecorder(audio: PageAudio): SoundPort {
  return { record: (listener) => record(audio, listener) };
}

function record(audio: PageAudio, listener: TakeListener): (() => void) | undefined {
  const Recorder = (globalThis as { MediaRecorder?: typeof MediaRecorder }).MediaRecorder;
  const tap = Recorder?.isTypeSupported(TYPE) ? audio.tap() : undefined;
  if (Recorder === undefined || tap === undefined) return undefined;
  try {
    const recorder = new Recorder(tap.stream, { mimeType: TYPE, audioBitsPerSecond: BITS_PER_SECOND });
    // One after the other: bytes of a later piece must not come before those of an earlier one.
    let order = Promise.resolve();
    let isAsked = false;
    recorder.ondataavailable = ({ data }) => {
      order = order.then(async () => {
        const bytes = new Uint8Array(await data.arrayBuffer());
        if (bytes.length > 0) listener.piece({ type: 'audio/webm', data: bytes });
      });
      order.catch(() => listener.failed());
    };
    recorder.onerror = () => listener.failed();
    recorder.onstop = () => {
      tap.close();
      if (isAsked) return;
      // By itself, as when its track has ended: it tells no error then. After the last piece.
      order.then(
        () => listener.failed(),
        () => {}, // told already
      );
    };
    recorder.start(PIECE_MS);
    return () => {
      isAsked = true;
      if (recorder.state !== 'inactive') recorder.stop();
    };
  } catch {
    tap.close();
    return undefined;
  }
}
