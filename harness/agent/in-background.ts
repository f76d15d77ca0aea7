import type { Logger } from '../contracts.ts';

/** Lets work go on that nobody waits for; what it throws becomes a log line and never an unhandled rejection. */
export function inBackground(work: Promise<unknown>, log: Logger, what: string): void {
  work.catch((error: unknown) => {
    const why = error instanceof Error ? error.message : 'unknown';
    log.error({ event: 'backgroundFailed', what, why }, `${what} failed: ${why}`);
  });
}
