/**
 * Tries to come back, as events of the recording. Owns their count within an outage and what made each necessary; sees
 * tickets, joins and the SDK's repairs from outside and changes none of them. A first join is no try.
 */
import { isSessionError } from '../errors.ts';
import type { RoomEvent } from '../ports.ts';
import type { RecordingEvent } from '../../shared/recording.ts';

/** An attempt without its time. */
export type AttemptEvent = Omit<RecordingEvent & { kind: 'attempt' }, 'atMs'>;
type Result = AttemptEvent['result'];

/** One session's. */
export class AttemptLog {
  readonly #tell: (event: AttemptEvent) => void;
  #wasUp = false;
  #count = 0;
  #cause = 'mediaLost';
  #repair: { readonly sinceMonoMs: number; readonly attempt: number; readonly cause: string } | undefined;

  constructor(tell: (event: AttemptEvent) => void) {
    this.#tell = tell;
  }

  /** The session is proven to be up: the next try is the first of another outage. */
  up(): void {
    this.#wasUp = true;
    this.#count = 0;
    this.#cause = 'mediaLost';
  }

  /** A join begins; the returned function is told how it went. `error` undefined: it succeeded. */
  join(nowMonoMs: number): (error: unknown, isAborted: boolean, atMonoMs: number) => void {
    this.#endRepair('aborted', nowMonoMs);
    if (!this.#wasUp) return () => {};
    const attempt = ++this.#count;
    const cause = this.#cause;
    return (error, isAborted, atMonoMs) => {
      const result: Result = error === undefined ? 'ok' : isAborted ? 'aborted' : 'failed';
      if (result === 'failed') this.#cause = codeOf(error);
      this.#told({ by: 'rejoin', attempt, cause, result }, atMonoMs - nowMonoMs);
    };
  }

  /** A ticket could not be had: the try ended before its join. */
  ticketFailed(error: unknown, tookMs: number): void {
    if (!this.#wasUp) return;
    const cause = this.#cause;
    this.#cause = codeOf(error);
    this.#told({ by: 'rejoin', attempt: ++this.#count, cause, result: 'failed' }, tookMs);
  }

  /** What the room told. */
  room(event: RoomEvent, atMonoMs: number): void {
    switch (event.type) {
      case 'repairing':
        this.#repair ??= {
          sinceMonoMs: atMonoMs,
          attempt: ++this.#count,
          cause: event.scope === 'signal' ? 'signalLost' : 'mediaLost',
        };
        return;
      case 'repaired':
        return this.#endRepair('ok', atMonoMs);
      case 'disconnected':
        this.#endRepair('failed', atMonoMs);
        this.#cause = event.reason;
        return;
      default:
    }
  }

  #endRepair(result: Result, atMonoMs: number): void {
    const repair = this.#repair;
    if (repair === undefined) return;
    this.#repair = undefined;
    const { attempt, cause, sinceMonoMs } = repair;
    this.#told({ by: 'sdk', attempt, cause, result }, atMonoMs - sinceMonoMs);
  }

  #told(event: Pick<AttemptEvent, 'by' | 'attempt' | 'cause' | 'result'>, tookMs: number): void {
    this.#tell({ kind: 'attempt', ...event, tookMs: Math.max(0, Math.round(tookMs)) });
  }
}

function codeOf(error: unknown): string {
  return isSessionError(error) ? error.code : 'internal';
}
