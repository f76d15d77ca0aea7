/**
 * Owns: the Prometheus metrics of one manager.
 * Never: puts a session id, an agent's name or foreign text into a label: each label has one of few values.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { FAILURE_CATEGORIES } from './failure.ts';
import type { ProfileState } from './profiles.ts';
import type { ClaudeSession, CliUpdate, SessionHealthMetrics } from './session-types.ts';

/** What it needs of a manager. */
export interface MetricsSource {
  onUpdate(callback: (session: ClaudeSession, update: CliUpdate) => void): () => void;
  getSessionHealthMetrics(): SessionHealthMetrics;
  getProfiles(): ProfileState[];
}

const DURATION_BUCKETS_S = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 7200];

/** The metrics of a manager, until `stop`. */
export class CliMetrics {
  readonly #registry: Registry;
  readonly #end: () => void;
  /** Sessions that are recovering or have been, by when that began. */
  readonly #isRecovering = new Set<string>();

  /** @param registry of a larger exposition to join; metrics are named `clara_cli_*` */
  constructor(manager: MetricsSource, registry = new Registry()) {
    this.#registry = registry;
    const registers = [registry];
    const starts = new Counter({
      name: 'clara_cli_session_starts_total',
      help: 'CLI sessions that began',
      registers,
    });
    const ends = new Counter({
      name: 'clara_cli_session_ends_total',
      help: 'CLI sessions that ended, by state and category of failure',
      labelNames: ['status', 'category'],
      registers,
    });
    const retries = new Counter({
      name: 'clara_cli_retries_total',
      help: 'Tries that failed and were followed by another, by category',
      labelNames: ['category'],
      registers,
    });
    for (const category of FAILURE_CATEGORIES) retries.inc({ category }, 0);
    const recoveries = new Counter({
      name: 'clara_cli_recoveries_total',
      help: 'Sessions with a failed try, by whether they completed',
      labelNames: ['outcome'],
      registers,
    });
    const limits = new Counter({
      name: 'clara_cli_limit_breaches_total',
      help: 'Processes that were ended for a limit',
      labelNames: ['limit'],
      registers,
    });
    const durations = new Histogram({
      name: 'clara_cli_session_duration_seconds',
      help: 'Length of ended CLI sessions',
      buckets: DURATION_BUCKETS_S,
      registers,
    });
    this.#gauges(manager);
    this.#end = manager.onUpdate((session, update) => {
      if (update.type === 'limit') limits.inc({ limit: update.breach.limit });
      if (update.type === 'recovery') {
        retries.inc({ category: update.category });
        this.#isRecovering.add(session.id);
      }
      if (update.type !== 'status') return;
      if (update.from === undefined) starts.inc();
      if (session.endTime === undefined) return;
      ends.inc({
        status: update.to,
        category: update.to === 'completed' ? '' : (session.error?.category ?? ''),
      });
      durations.observe((session.endTime.getTime() - session.startTime.getTime()) / 1000);
      if (this.#isRecovering.delete(session.id) && update.to !== 'cancelled')
        recoveries.inc({ outcome: update.to === 'completed' ? 'recovered' : 'lost' });
    });
  }

  /** The exposition and its content type. */
  async exposition(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** Ends the counting. */
  stop(): void {
    this.#end();
  }

  #gauges(manager: MetricsSource): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'clara_cli_sessions',
      help: 'CLI sessions that are remembered, by state',
      labelNames: ['status'],
      registers,
      collect() {
        for (const [status, count] of Object.entries(manager.getSessionHealthMetrics().sessionsByStatus))
          this.set({ status }, count);
      },
    });
    const gauge = (name: string, help: string, value: (metrics: SessionHealthMetrics) => number): void => {
      new Gauge({
        name: `clara_cli_${name}`,
        help,
        registers,
        collect() {
          this.set(value(manager.getSessionHealthMetrics()));
        },
      });
    };
    gauge('stale_sessions', 'Active CLI sessions without activity', ({ staleSessions }) => staleSessions);
    gauge(
      'memory_mean_bytes',
      'Mean resident memory of active CLI sessions',
      (one) => one.averageMemoryUsage,
    );
    new Gauge({
      name: 'clara_cli_profile_usable',
      help: '0 while the breaker of a profile is open',
      labelNames: ['profile'],
      registers,
      collect() {
        for (const { name, breaker } of manager.getProfiles())
          this.set({ profile: name }, breaker === 'open' ? 0 : 1);
      },
    });
  }
}
