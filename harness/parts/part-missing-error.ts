/** A needed part cannot be had: says what it is for, each way that was tried and why it failed. Exit code 3. */

/** One way that did not work. */
export interface FailedWay {
  /** The id by which CLARA_DISABLE switches it off, `server-go`. */
  readonly id: string;
  /** What was tried, for people. */
  readonly what: string;
  readonly reason: string;
}

/** Ends a command with exit code 3. */
export class PartMissingError extends Error {
  override readonly name = 'PartMissingError';
  readonly part: string;
  readonly failedWays: readonly FailedWay[];

  constructor(part: string, neededFor: string, failedWays: readonly FailedWay[], how: string) {
    const tried = failedWays.map(({ id, what, reason }) => `\n  - ${what} [${id}]: ${reason}`);
    super(`${part} is missing; it is needed for ${neededFor}.${tried.join('')}\n  What helps: ${how}`);
    this.part = part;
    this.failedWays = failedWays;
  }
}
