/** The recording of the run that goes on, if one does, and the time of its events. It records facts, never texts. */
import type { Clock, RecorderPort, SessionRecorder } from '../ports.ts';
import type { RecordedEvent, SessionOutcome } from '../../shared/records.ts';

/** An event without its time. */
type Untimed<E> = E extends RecordedEvent ? Omit<E, 'atMs'> : never;

/** One session's recordings, one after the other. */
export class RunRecording {
  readonly #clock: Clock;
  readonly #port: RecorderPort;
  #recorder: SessionRecorder | undefined;
  #startedMonoMs = 0;

  constructor(clock: Clock, port: RecorderPort) {
    this.#clock = clock;
    this.#port = port;
  }

  begin(): void {
    this.#recorder = this.#port.begin(this.#clock.wallMs());
    this.#startedMonoMs = this.#clock.monoMs();
  }

  /** Adds an event of now; nothing between two runs. */
  event(event: Untimed<RecordedEvent>): void {
    this.#recorder?.event({
      ...event,
      atMs: this.#clock.monoMs() - this.#startedMonoMs,
    });
  }

  end(outcome: SessionOutcome): void {
    this.#recorder?.end(this.#clock.wallMs(), outcome);
    this.#recorder = undefined;
  }
}
