import type { RecordingEvent } from '../../shared/recording.ts';
import type { RecorderPort, SessionRecorder } from '../ports.ts';
import type { MetricsSample } from './columns.ts';

/** A {@link SessionRecorder} that keeps samples too. Never throws, and nothing of it is awaited. */
export interface SampleRecorder extends SessionRecorder {
  /** Under which the session is stored. */
  readonly sessionId: string;
  event(event: RecordingEvent): void;
  /** `stream` is `main`, or `track2` and so on. */
  sample(stream: string, sample: MetricsSample): void;
  /** Where the session takes place; kept as hashes. The first that is told counts. */
  surroundings(names: { readonly room: string; readonly identity: string }): void;
}

/** A {@link RecorderPort} whose recorders keep samples. */
export interface SampleRecorderPort extends RecorderPort {
  begin(startedWallMs: number): SampleRecorder;
}
