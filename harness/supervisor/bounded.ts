import type { EngineClock } from './engine-clock.ts';

/** Something was not done in time. The message names it and the limit. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly limitMs: number;

  constructor(what: string, limitMs: number) {
    super(`${what}: no end in ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/**
 * The work's outcome, or a {@link DeadlineError} after `limitMs`. The work itself goes on; what it brings late is
 * handed to `late`, so that nothing that was opened stays open.
 */
export function bounded<T>(
  clock: EngineClock,
  limitMs: number,
  what: string,
  work: Promise<T>,
  late: (value: T) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const cancel = clock.after(limitMs, () => {
      over = true;
      reject(new DeadlineError(what, limitMs));
    });
    work.then(
      (value) => {
        if (over) late(value);
        else {
          cancel();
          resolve(value);
        }
      },
      (error: unknown) => {
        cancel();
        reject(error); // nobody hears it when the limit was first
      },
    );
  });
}
