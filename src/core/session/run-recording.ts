/**
 * The recording of the run that goes on, if one does, and the time of its events. It records facts, never texts.
 * Invariant: a recorder that throws is told of and disturbs nobody.
 */
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
  readonly #onThrow: (error: unknown) => void;

  constructor(clock: Clock, port: RecorderPort, onThrow: (error: unknown) => void) {
    this.#clock = clock;
    this.#port = port;
    this.#onThrow = onThrow;
  }

  begin(): void {
    this.#startedMonoMs = this.#clock.monoMs();
    this.#guard(() => (this.#recorder = this.#port.begin(this.#clock.wallMs())));
  }

  /** Adds an event of now; nothing between two runs. */
  event(event: Untimed<RecordedEvent>): void {
    const atMs = this.#clock.monoMs() - this.#startedMonoMs;
    this.#guard(() => this.#recorder?.event({ ...event, atMs }));
  }

  end(outcome: SessionOutcome): void {
    this.#guard(() => this.#recorder?.end(this.#clock.wallMs(), outcome));
    this.#recorder = undefined;
  }

  #guard(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      this.#onThrow(error);
    }
  }
}
