/** Reviews of recordings that are handed over: for the door `clara-voice/review`. No storage, no network. */
import { reviewModelOf } from '../core/review/review-model.ts';
import type { ReviewModel } from '../core/review/review-model.ts';
import type { Recording } from '../shared/recording.ts';

/** The review of a recording. Never throws for what is in it. */
export function reviewOf(recording: Recording): ReviewModel {
  return reviewModelOf(recording);
}

/**
 * The recordings in a file: a Clara archive, an rtcstats or a webrtc-internals dump, plain or gzip. Throws ImportError,
 * which names the line or field; the readers are loaded with the first file.
 */
export async function recordingsIn(file: Blob): Promise<Recording[]> {
  const { readRecordingFile } = await import('./read-recording-file.ts');
  return readRecordingFile(file);
}
