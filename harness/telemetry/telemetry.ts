/**
 * Owns: everything that looks at sessions from outside, put together: board, journal of the ended, metrics, alerts.
 * Runners (voice, command line) tell it facts by `note`; the gateway reads it.
 * Never: ends a session, or lets its own failure reach one.
 */
import type { Logger, Running } from '../contracts.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { NO_ALERTS, judgeAlerts } from './alert-rules.ts';
import type { Alert } from './alert-rules.ts';
import { EndedJournal } from './ended-journal.ts';
import { SessionBoard } from './session-board.ts';
import type { SessionFact } from './session-event.ts';
import { SessionMetrics } from './session-metrics.ts';
import type { Surroundings } from './session-metrics.ts';
import { WebhookOutbox } from './webhook-outbox.ts';

export interface TelemetryOptions {
  readonly log: Logger;
  /** Where journals lie; without one nothing outlives the process. */
  readonly stateFolder?: string;
  readonly webhook?: { readonly url: string; readonly secret: string };
  readonly surroundings?: Surroundings;
  readonly clock?: EngineClock;
  readonly random?: () => number;
  readonly fetch?: typeof fetch;
}

/** See the file's comment. */
export class Telemetry implements Running {
  readonly board: SessionBoard;
  readonly metrics: SessionMetrics;
  readonly #log: Logger;
  readonly #clock: EngineClock;
  readonly #journal: EndedJournal;
  readonly #outbox: WebhookOutbox | undefined;
  readonly #endAlerts: () => void;
  #alerts = NO_ALERTS;

  /** Throws when the state folder cannot be used. */
  constructor(options: TelemetryOptions) {
    const { log, stateFolder, webhook, clock = systemEngineClock } = options;
    this.#log = log;
    this.#clock = clock;
    const onError = (error: unknown): void =>
      log.error({ event: 'telemetryFailed', err: error }, 'A watcher of sessions failed; sessions go on');
    this.#journal = new EndedJournal(stateFolder, onError);
    this.board = new SessionBoard({ clock, journal: this.#journal, onError });
    this.metrics = new SessionMetrics(this.board, options.surroundings);
    if (webhook !== undefined)
      this.#outbox = new WebhookOutbox({
        ...webhook,
        clock,
        log,
        random: options.random ?? Math.random,
        onOutcome: (outcome) => this.metrics.webhook(outcome),
        ...(stateFolder !== undefined && { folder: stateFolder }),
        ...(options.fetch !== undefined && { fetch: options.fetch }),
      });
    const corruptLines = this.#journal.corruptLines + (this.#outbox?.corruptLines ?? 0);
    if (corruptLines > 0)
      log.warn({ event: 'journalCorrupt', corruptLines }, `${corruptLines} journal lines were skipped`);
    this.#endAlerts = this.board.facts.on((event) => {
      const judged = judgeAlerts(this.#alerts, event);
      this.#alerts = judged.state;
      for (const alert of judged.alerts) this.alert(alert);
    });
  }

  /** Takes in what happened to a session. Never throws. */
  note(sessionId: string, kind: string, fact: SessionFact): void {
    this.board.note(sessionId, kind, fact);
  }

  /** Tells people: log, metric, webhook. Never throws. */
  alert({ code, text, sessionId, facts }: Alert): void {
    this.#log.warn(
      { event: 'alert', code, ...(sessionId !== undefined && { session: sessionId }), facts },
      text,
    );
    this.metrics.alerted(code);
    this.#outbox?.send({ type: 'alert', code, text, sessionId, facts, atWallMs: this.#clock.wallMs() });
  }

  /** Bounded, idempotent. What was not delivered is sent by the next process. */
  async stop(): Promise<void> {
    this.#endAlerts();
    this.metrics.stop();
    await this.#outbox?.stop();
    this.#journal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
