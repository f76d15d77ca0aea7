/** Work that nobody awaits, and defects of ours: where they go instead of into nothing. Neither ever throws. */
import { isSessionError } from '../errors.ts';
import type { Log } from '../ports.ts';

/** One session's. */
export class Background {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Lets `work` go on by itself. It ends with its signal; anything else that it throws is a defect of ours. */
  run(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!isAbort(error)) this.defect('backgroundThrew', error);
    });
  }

  /** Warns of a defect by what kind of error it is; its message may hold anything and is not told. */
  defect(event: string, error: unknown): void {
    const detail = isSessionError(error) ? error.code : error instanceof Error ? error.name : typeof error;
    this.#log.warn(event, `a defect: ${detail}`);
  }
}

/** A controller that has ended, for what has not begun yet. */
export function aborted(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}

/** An abort without a reason of its own; all of ours are. */
function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'AbortError';
}
