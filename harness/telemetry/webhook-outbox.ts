/**
 * Owns: webhooks on their way: journaled before they are sent, sent until they are taken (2xx), at least once, also by
 * a later process; what nobody takes ends in a dead-letter file.
 * Never: holds a session up; follows a redirect; logs a body, an address's path or the secret.
 * Invariant: an entry is in the journal until it was taken or is in the dead-letter file.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../contracts.ts';
import { bounded } from '../supervisor/bounded.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { LineJournal } from '../supervisor/line-journal.ts';
import { ownFileName } from '../supervisor/supervisor-files.ts';
import { claimDeadFiles } from '../supervisor/claim-dead-files.ts';
import { SIGNATURE_HEADER, signWebhook } from './webhook-signature.ts';

export interface WebhookOutboxOptions {
  /** http(s); must answer 2xx for what it has taken. */
  readonly url: string;
  readonly secret: string;
  /** Where journal and dead letters lie; without one a crash loses what is on its way. */
  readonly folder?: string;
  readonly clock: EngineClock;
  readonly log: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  /** @default fetch */
  readonly fetch?: typeof fetch;
  /** Told of each try. */
  readonly onOutcome?: (outcome: 'delivered' | 'failed' | 'dead') => void;
  /** Tries before an entry is dead. @default 10, some 5 minutes */
  readonly maxTries?: number;
  /** Longest wait for an answer, ms. @default 10000 */
  readonly limitMs?: number;
}

interface Entry {
  readonly id: string;
  readonly body: string;
}

const entrySchema = z.object({ type: z.literal('queued'), id: z.string(), body: z.string() });
const lineSchema = z.discriminatedUnion('type', [
  entrySchema,
  z.object({ type: z.literal('done'), id: z.string() }),
]);

const PREFIX = 'webhooks';
/** Where entries end that nobody takes. */
export const DEAD_LETTERS = 'webhooks-dead.jsonl';
/** Entries that wait at most; the oldest become dead letters. */
const MAX_WAITING = 1000;
const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 60_000;
const COMPACT_ABOVE_BYTES = 1024 * 1024;
/** Answers that may be another one later. */
const WORTH_ANOTHER_TRY = new Set([408, 425, 429]);

/** Entries of a journal that were not done. Pure. */
export function openEntries(lines: readonly unknown[]): { entries: Entry[]; misfits: number } {
  const open = new Map<string, Entry>();
  let misfits = 0;
  for (const line of lines) {
    const parsed = lineSchema.safeParse(line);
    if (!parsed.success) misfits += 1;
    else if (parsed.data.type === 'done') open.delete(parsed.data.id);
    else open.set(parsed.data.id, { id: parsed.data.id, body: parsed.data.body });
  }
  return { entries: [...open.values()], misfits };
}

/** The outbox. Whoever opens it stops it. */
export class WebhookOutbox {
  /** Lines of dead supervisors' journals that could not be understood; they were skipped. */
  readonly corruptLines: number;
  readonly #options: WebhookOutboxOptions;
  readonly #life = new AbortController();
  readonly #waiting = new Map<string, Entry>();
  readonly #journal: LineJournal | undefined;
  #sending: Promise<void> | undefined;

  /** Throws when the folder cannot be used. Sends what a dead supervisor left. */
  constructor(options: WebhookOutboxOptions) {
    this.#options = options;
    const { folder } = options;
    this.corruptLines = 0;
    if (folder !== undefined) {
      this.#journal = new LineJournal(join(folder, ownFileName(PREFIX)));
      this.corruptLines = this.#takeOver(folder);
    }
    this.#sendSoon();
  }

  /** Entries that were not taken yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Sends `payload` as JSON with an id; returns at once. Never throws. */
  send(payload: Readonly<Record<string, unknown>>): void {
    if (this.#life.signal.aborted) return;
    const id = randomUUID();
    this.#queue({ id, body: JSON.stringify({ id, ...payload }) });
    this.#sendSoon();
  }

  /** Fulfils when nothing is on its way any more, or after `limitMs`. Never rejects. */
  async settled(limitMs: number): Promise<void> {
    const { clock } = this.#options;
    await bounded(clock, limitMs, 'webhooks', this.#sending ?? Promise.resolve()).catch(() => undefined); // told at each try
  }

  /** Ends the sending; what was not taken stays in the journal. Idempotent, bounded, never rejects. */
  async stop(): Promise<void> {
    this.#life.abort(new Error('the outbox was stopped'));
    await this.#sending;
    this.#journal?.close();
    if (this.#waiting.size === 0 && this.#journal !== undefined)
      this.#guard(() => rmSync(this.#journal?.path ?? '', { force: true }));
  }

  #takeOver(folder: string): number {
    let corruptLines = 0;
    for (const { path, lines, corruptLines: torn } of claimDeadFiles(folder, PREFIX)) {
      const { entries, misfits } = openEntries(lines);
      corruptLines += torn + misfits;
      for (const entry of entries) this.#queue(entry);
      rmSync(path, { force: true });
    }
    return corruptLines;
  }

  #queue(entry: Entry): void {
    this.#waiting.set(entry.id, entry);
    this.#guard(() => this.#journal?.append({ type: 'queued', ...entry }));
    const [oldest] = this.#waiting.values();
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) this.#bury(oldest, 'too many wait');
  }

  #sendSoon(): void {
    if (this.#sending !== undefined || this.#waiting.size === 0 || this.#life.signal.aborted) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
      this.#sendSoon(); // what came after the last look
    });
  }

  /** One after the other, in order. Never rejects. */
  async #sendAll(): Promise<void> {
    const { maxTries = 10, random } = this.#options;
    for (const entry of this.#waiting.values()) {
      for (let tries = 1; !this.#life.signal.aborted && this.#waiting.has(entry.id); tries += 1) {
        const answer = await this.#try(entry);
        if (answer === 'taken') this.#done(entry);
        else if (this.#life.signal.aborted) return;
        else if (answer === 'refused' || tries >= maxTries)
          this.#bury(entry, `${answer} after ${tries} tries`);
        else
          await this.#pause(
            Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + random() / 2),
          );
      }
    }
  }

  /** `refused`: it will never be taken. */
  async #try({ id, body }: Entry): Promise<'taken' | 'refused' | 'failed'> {
    const { url, secret, clock, limitMs = 10_000, log, onOutcome } = this.#options;
    let why: string;
    try {
      const response = await (this.#options.fetch ?? fetch)(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          'clara-delivery': id,
          [SIGNATURE_HEADER]: signWebhook(secret, body, clock.wallMs()),
        },
        body,
        signal: AbortSignal.any([this.#life.signal, AbortSignal.timeout(limitMs)]),
      });
      await response.body?.cancel();
      if (response.ok) {
        onOutcome?.('delivered');
        return 'taken';
      }
      why = `status ${response.status}`;
      const isFinal =
        response.status >= 300 && response.status < 500 && !WORTH_ANOTHER_TRY.has(response.status);
      if (isFinal) {
        log.warn({ event: 'webhookRefused', delivery: id, why }, 'A webhook was refused');
        return 'refused';
      }
    } catch (error) {
      why =
        error instanceof Error
          ? ((error.cause as { code?: string } | undefined)?.code ?? error.name)
          : 'unknown';
    }
    if (this.#life.signal.aborted) return 'failed';
    onOutcome?.('failed');
    log.warn({ event: 'webhookFailed', delivery: id, why }, 'A webhook was not taken and is sent again');
    return 'failed';
  }

  #done(entry: Entry): void {
    this.#waiting.delete(entry.id);
    this.#guard(() => {
      this.#journal?.append({ type: 'done', id: entry.id });
      if ((this.#journal?.bytes ?? 0) > COMPACT_ABOVE_BYTES)
        this.#journal?.rewrite([...this.#waiting.values()].map((one) => ({ type: 'queued', ...one })));
    });
  }

  #bury(entry: Entry, why: string): void {
    const { folder, log, onOutcome, clock } = this.#options;
    log.error({ event: 'webhookDead', delivery: entry.id, why }, 'A webhook is given up');
    onOutcome?.('dead');
    this.#guard(() => {
      if (folder === undefined) return;
      const letters = new LineJournal(join(folder, DEAD_LETTERS));
      try {
        letters.append({ ...entry, why, atWallMs: clock.wallMs() });
      } finally {
        letters.close();
      }
    });
    this.#done(entry);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#life;
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.error({ event: 'webhookJournalFailed', err: error }, 'The webhook journal failed');
    }
  }
}
