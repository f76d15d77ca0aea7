/**
 * Owns: telling others by webhook what happens to sessions: signed, journaled before it is sent, sent until it is taken
 * or given up into the dead-letter file, one outbox and one breaker for each address.
 * Never: sends what was said, a command or an environment; holds a session up.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { Logger } from '../contracts.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { WebhookOutbox } from '../telemetry/webhook-outbox.ts';
import type { ClaudeSession, CliUpdate } from './session-types.ts';

/** Updates that can be sent. */
export const WEBHOOK_EVENTS = ['status', 'recovery', 'limit', 'health'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** One address. */
export interface CliWebhook {
  readonly url: string;
  /** Key of the signature, `clara-signature`. */
  readonly secret: string;
  /** @default all */
  readonly events?: readonly WebhookEvent[];
}

export interface CliWebhooksOptions {
  readonly webhooks: readonly CliWebhook[];
  readonly log: Logger;
  /** Where journals and dead letters lie, a folder for each address; without it a crash loses what is on its way. */
  readonly folder?: string;
  readonly clock?: EngineClock;
  readonly random?: () => number;
  /** @default fetch */
  readonly fetch?: typeof fetch;
}

/** Failures in a row after which an address is left alone. */
const FAILURES_TO_OPEN = 5;
/** How long it is left alone, ms; longer than the outbox's longest pause would cost tries for nothing. */
const OPEN_MS = 30_000;
/** Tries while the breaker is open are no requests, so there are more than the outbox's own default. */
const MAX_TRIES = 20;

/** What is told of an update; undefined for one that is not sent. Pure. */
export function webhookBody(session: ClaudeSession, update: CliUpdate, atWallMs: number) {
  const facts = (): Record<string, unknown> | undefined => {
    switch (update.type) {
      case 'status':
        return { from: update.from, to: update.to, reason: update.reason };
      case 'recovery':
        return { category: update.category, attempt: update.attempt, delayMs: Math.round(update.delayMs) };
      case 'limit':
        return { ...update.breach };
      case 'health':
        return update.isStale ? { isStale: true } : undefined;
      default:
        return undefined;
    }
  };
  const more = facts();
  if (more === undefined) return undefined;
  const { id, agentId, status, retryCount, group, template, profile, error } = session;
  return {
    type: `cli.${update.type}`,
    atWallMs,
    session: { id, agentId, status, retryCount, group, template, profile, category: error?.category },
    ...more,
  };
}

/** A fetch that fails at once while its address is known to be down. */
export function breakingFetch(request: typeof fetch): typeof fetch {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });
  return (input, init) =>
    breaker.execute(async () => {
      const response = await request(input, init);
      if (response.status < 500) return response;
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    });
}

/** The webhooks of a manager, until `stop`. */
export class CliWebhooks implements AsyncDisposable {
  readonly #targets: { readonly events: ReadonlySet<string>; readonly outbox: WebhookOutbox }[];
  readonly #end: () => void;

  /** Throws when the folder cannot be used. Sends what an earlier process has left. */
  constructor(
    manager: { onUpdate(callback: (session: ClaudeSession, update: CliUpdate) => void): () => void },
    options: CliWebhooksOptions,
  ) {
    const { log, clock = systemEngineClock, random = Math.random } = options;
    this.#targets = options.webhooks.map(({ url, secret, events = WEBHOOK_EVENTS }) => {
      const folder =
        options.folder === undefined
          ? undefined
          : join(options.folder, `webhook-${createHash('sha256').update(url).digest('hex').slice(0, 12)}`);
      if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
      const outbox = new WebhookOutbox({
        url,
        secret,
        clock,
        log,
        random,
        maxTries: MAX_TRIES,
        fetch: breakingFetch(options.fetch ?? fetch),
        ...(folder !== undefined && { folder }),
      });
      return { events: new Set<string>(events), outbox };
    });
    this.#end = manager.onUpdate((session, update) => {
      const body = webhookBody(session, update, clock.wallMs());
      if (body === undefined) return;
      for (const { events, outbox } of this.#targets) if (events.has(update.type)) outbox.send(body);
    });
  }

  /** Messages that nobody has taken yet. */
  get waiting(): number {
    return this.#targets.reduce((sum, { outbox }) => sum + outbox.waiting, 0);
  }

  /** Fulfils when all that was told is taken or given up, or after `limitMs`: for a process that is about to end. Never rejects. */
  async settled(limitMs: number): Promise<void> {
    await Promise.all(this.#targets.map(({ outbox }) => outbox.settled(limitMs)));
  }

  /** Ends the sending; what was not taken is sent by the next process. Bounded, never rejects. */
  async stop(): Promise<void> {
    this.#end();
    await Promise.all(this.#targets.map(({ outbox }) => outbox.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
