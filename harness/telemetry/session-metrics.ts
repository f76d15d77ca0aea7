/**
 * Owns: the Prometheus metrics of sessions, counted from the board's facts.
 * Never: puts a session id, a user or foreign text into a label; a label has one of few values.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { BoardEvent, SessionBoard } from './session-board.ts';
import type { SessionEvent } from './session-event.ts';

/** States of the gateway's and agent's surroundings, asked for at each scrape. */
export interface Surroundings {
  /** The worker is registered at the LiveKit server. */
  readonly isLinkUp: () => boolean;
  /** Limits hold across supervisors; absent without a shared store. */
  readonly isStoreShared?: () => boolean;
  /** Processes that wait for a session. */
  readonly warmProcesses: () => number;
}

/** Label values told apart for one label; more are `other`. */
const MAX_LABELS = 40;
/** Seconds; the bars of agent.md (0.9 s to the first audio, some 0.4 s to join) lie between two of them. */
const LATENCY_BUCKETS_S = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.2, 2, 3, 5, 10];

/** Keeps a label to few plain values. */
class LabelGuard {
  readonly #known = new Set<string>();

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (!/^[\w.:-]{1,40}$/.test(value) || this.#known.size >= MAX_LABELS) return 'other';
    this.#known.add(value);
    return value;
  }
}

/** The metrics of one process. Nothing to close: `stop` ends the counting. */
export class SessionMetrics {
  readonly #registry = new Registry();
  readonly #reasons = new LabelGuard();
  readonly #codes = new LabelGuard();
  readonly #causes = new LabelGuard();
  readonly #end: () => void;
  readonly #starts: Counter<'kind'>;
  readonly #ends: Counter<'kind' | 'reason' | 'outcome'>;
  readonly #hangs: Counter<'kind' | 'how'>;
  readonly #kills: Counter<'kind'>;
  readonly #recoveries: Counter<'kind' | 'why'>;
  readonly #reconnections: Counter<'kind'>;
  readonly #errors: Counter<'kind' | 'code'>;
  readonly #alerts: Counter<'code'>;
  readonly #webhooks: Counter<'outcome'>;
  readonly #latencies: Readonly<Record<'join' | 'answer' | 'audio', Histogram<'kind'>>>;
  readonly #durations: Histogram<'kind'>;

  constructor(board: SessionBoard, surroundings?: Surroundings) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name: `clara_${name}`, help, labelNames, registers });
    const histogram = (name: string, help: string, buckets: number[]): Histogram<'kind'> =>
      new Histogram({ name: `clara_${name}`, help, labelNames: ['kind'], buckets, registers });
    this.#starts = counter('session_starts_total', 'Sessions that began', 'kind');
    this.#ends = counter('session_ends_total', 'Sessions that ended', 'kind', 'reason', 'outcome');
    this.#hangs = counter('session_hangs_total', 'Processes that were found hung', 'kind', 'how');
    this.#kills = counter('session_kills_total', 'Processes that needed SIGKILL', 'kind');
    this.#recoveries = counter('session_recoveries_total', 'New processes for lost ones', 'kind', 'why');
    this.#reconnections = counter('session_reconnections_total', 'Lost and rebuilt connections', 'kind');
    this.#errors = counter('session_errors_total', 'What sessions could not do', 'kind', 'code');
    this.#alerts = counter('alerts_total', 'Alerts', 'code');
    this.#webhooks = counter('webhook_deliveries_total', 'Webhook requests by outcome', 'outcome');
    this.#latencies = {
      join: histogram('join_seconds', 'From being asked for to being in the room', LATENCY_BUCKETS_S),
      answer: histogram(
        'answer_seconds',
        'End of speech to the first audio of the answer',
        LATENCY_BUCKETS_S,
      ),
      audio: histogram('audio_latency_seconds', 'Half a round trip and the jitter buffer', LATENCY_BUCKETS_S),
    };
    this.#durations = histogram(
      'session_duration_seconds',
      'Length of ended sessions',
      [10, 60, 300, 600, 1800, 3600, 7200],
    );
    this.#gauges(board, surroundings);
    this.#end = board.facts.on((event) => this.#count(event));
  }

  /** The exposition and its content type. */
  async exposition(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  alerted(code: string): void {
    this.#alerts.inc({ code: this.#codes.of(code) });
  }

  webhook(outcome: 'delivered' | 'failed' | 'dead'): void {
    this.#webhooks.inc({ outcome });
  }

  /** Ends the counting. */
  stop(): void {
    this.#end();
    this.#registry.clear();
  }

  #gauges(board: SessionBoard, surroundings: Surroundings | undefined): void {
    const registers = [this.#registry];
    const sum = (name: string, help: string, of: 'rssBytes' | 'cpuMs', divisor: number): void => {
      new Gauge({
        name: `clara_${name}`,
        help,
        labelNames: ['kind'],
        registers,
        collect() {
          this.reset();
          for (const view of board.sessions()) this.inc({ kind: view.kind }, (view[of] ?? 0) / divisor);
        },
      });
    };
    new Gauge({
      name: 'clara_sessions',
      help: 'Sessions that run, by state',
      labelNames: ['kind', 'state'],
      registers,
      collect() {
        this.reset();
        this.set({ kind: 'voice', state: 'connected' }, 0); // a sum over nothing would be no data
        for (const { kind, state } of board.sessions()) this.inc({ kind, state });
      },
    });
    sum('session_rss_bytes', 'Resident memory of the process trees of sessions that run', 'rssBytes', 1);
    sum('session_cpu_seconds', 'CPU time so far of the process trees of sessions that run', 'cpuMs', 1000);
    if (surroundings === undefined) return;
    const asked = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name: `clara_${name}`,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    asked('server_link_up', '1 while the worker is registered at the LiveKit server', () =>
      Number(surroundings.isLinkUp()),
    );
    asked('warm_processes', 'Session processes that wait', () => surroundings.warmProcesses());
    const { isStoreShared } = surroundings;
    if (isStoreShared !== undefined)
      asked('store_shared', '1 while limits hold across supervisors', () => Number(isStoreShared()));
  }

  #count(event: BoardEvent): void {
    if (event.type === 'over') {
      const { kind, reason, outcome, durationMs } = event.ended;
      this.#ends.inc({ kind, reason: this.#reasons.of(reason), outcome });
      this.#durations.observe({ kind }, durationMs / 1000);
    } else this.#countFact(event.event);
  }

  #countFact(event: SessionEvent): void {
    const { kind } = event;
    switch (event.type) {
      case 'started':
        return this.#starts.inc({ kind });
      case 'hung':
        return this.#hangs.inc({ kind, how: event.how });
      case 'killed':
        return this.#kills.inc({ kind });
      case 'recovery':
        return this.#recoveries.inc({ kind, why: this.#causes.of(event.why) });
      case 'reconnection':
        return this.#reconnections.inc({ kind });
      case 'error':
        return this.#errors.inc({ kind, code: this.#codes.of(event.code) });
      case 'latency':
        return this.#latencies[event.of].observe({ kind }, event.tookMs / 1000);
      default:
        return;
    }
  }
}
