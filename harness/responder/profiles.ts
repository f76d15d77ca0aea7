/**
 * Owns: on which of several commands or accounts a try runs: the least busy by weight, none whose breaker is open,
 * none above its limit; who finds none that can be used and one that is full waits for it.
 * Never: gives a try to a profile that failed five times running, until a probe has worked there.
 * Invariant: a place that was taken is given back once, whatever the try came to.
 */
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
} from 'cockatiel';
import type { CircuitBreakerPolicy } from 'cockatiel';
import { z } from 'zod';
import { executionOptionsSchema, problemsOf } from './cli-config.ts';
import { ClaudeSessionError } from './failure.ts';
import type { FailureCategory } from './failure.ts';
import type { ClaudeExecutionOptions } from './session-types.ts';

/** One command, machine account or login that sessions can run on. */
export interface CliProfile {
  readonly name: string;
  /** Its share, above 0. @default 1 */
  readonly weight?: number;
  /** Sessions at once; 0 is no limit. @default 0 */
  readonly maxConcurrent?: number;
  /** Weaker than a session's own options and templates. */
  readonly options?: ClaudeExecutionOptions;
}

const profilesSchema = z.array(
  z.strictObject({
    name: z.string().min(1).max(200),
    weight: z.number().positive().max(1000).exactOptional(),
    maxConcurrent: z.number().int().min(0).exactOptional(),
    options: executionOptionsSchema.exactOptional(),
  }),
);

/** Reads profiles from JSON. @throws ClaudeSessionError invalidOptions */
export function parseProfiles(json: unknown): readonly CliProfile[] {
  const parsed = profilesSchema.safeParse(json);
  if (!parsed.success)
    throw new ClaudeSessionError('invalidOptions', `profiles: ${problemsOf(parsed.error)}`);
  const names = parsed.data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ClaudeSessionError('invalidOptions', `two profiles are named ${twice}`);
  return parsed.data;
}

/** How a profile stands. */
export interface ProfileState {
  readonly name: string;
  readonly weight: number;
  readonly maxConcurrent: number;
  readonly running: number;
  readonly started: number;
  /** `open`: it has failed too often and is left alone; `probing`: one session tries whether it works again. */
  readonly breaker: 'closed' | 'open' | 'probing';
}

/** Those that can take one more, the best first: least busy by weight, then least used by weight. Pure. */
export function orderProfiles(states: readonly ProfileState[]): string[] {
  return states
    .filter(({ maxConcurrent, running }) => maxConcurrent === 0 || running < maxConcurrent)
    .toSorted(
      (a, b) => a.running / a.weight - b.running / b.weight || a.started / a.weight - b.started / b.weight,
    )
    .map(({ name }) => name);
}

/** Failures that speak against the profile; those of the task itself do not. */
const AGAINST_PROFILE: ReadonlySet<FailureCategory> = new Set([
  'spawn',
  'exitCode',
  'auth',
  'budget',
  'protocol',
]);
const FAILURES_TO_OPEN = 5;
/** How long a profile is left alone, ms. */
const OPEN_MS = 30_000;

type ProfileWork = (profile: CliProfile, isProven: () => void) => Promise<ClaudeSessionError | undefined>;

interface Entry {
  readonly profile: CliProfile;
  readonly breaker: CircuitBreakerPolicy | undefined;
  running: number;
  started: number;
}

function isFull({ profile: { maxConcurrent = 0 }, running }: Entry): boolean {
  return maxConcurrent > 0 && running >= maxConcurrent;
}

/** The one that stands for "no profiles are configured". It has no breaker: nothing could be tried instead. */
const DEFAULT_PROFILE: CliProfile = { name: 'default' };

/** The profiles of a manager. */
export class Profiles {
  readonly #entries: readonly Entry[];
  #waiting: (() => void)[] = [];
  /** Places that were given back so far. */
  #freedCount = 0;

  constructor(profiles: readonly CliProfile[] = []) {
    const hasOwn = profiles.length > 0;
    this.#entries = (hasOwn ? profiles : [DEFAULT_PROFILE]).map((profile) => ({
      profile,
      running: 0,
      started: 0,
      breaker: hasOwn
        ? circuitBreaker(
            handleWhenResult(
              (error) => error instanceof ClaudeSessionError && AGAINST_PROFILE.has(error.category),
            ),
            { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
          )
        : undefined,
    }));
  }

  /** How each stands. */
  states(): ProfileState[] {
    return this.#entries.map((entry) => ({
      name: entry.profile.name,
      weight: entry.profile.weight ?? 1,
      maxConcurrent: entry.profile.maxConcurrent ?? 0,
      running: entry.running,
      started: entry.started,
      breaker:
        entry.breaker?.state === CircuitState.HalfOpen
          ? 'probing'
          : entry.breaker?.state === CircuitState.Open
            ? 'open'
            : 'closed',
    }));
  }

  /**
   * Runs a try on the best profile and gives its outcome back: an error is an outcome, undefined is success.
   * Work that lasts calls `isProven` with its first success, so that a probe does not keep its profile from others.
   * Rejects with ClaudeSessionError when no profile can take it, with the signal's reason when aborted while waiting.
   */
  async run(
    wanted: string | undefined,
    signal: AbortSignal,
    work: ProfileWork,
  ): Promise<ClaudeSessionError | undefined> {
    const entries =
      wanted === undefined ? this.#entries : this.#entries.filter(({ profile }) => profile.name === wanted);
    if (entries.length === 0)
      throw new ClaudeSessionError('invalidOptions', `there is no profile ${wanted ?? ''}`);
    for (;;) {
      signal.throwIfAborted();
      const freedBefore = this.#freedCount;
      const names = new Set(entries.map(({ profile }) => profile.name));
      const order = orderProfiles(this.states().filter(({ name }) => names.has(name)));
      for (const name of order) {
        const entry = entries.find(({ profile }) => profile.name === name);
        if (entry === undefined || entry.breaker?.state === CircuitState.HalfOpen) continue;
        if (isFull(entry)) continue; // since then: a breaker that is open is told only later
        try {
          return await this.#runOn(entry, work);
        } catch (error) {
          if (!(error instanceof BrokenCircuitError)) throw error;
        }
      }
      if (this.#freedCount !== freedBefore) continue; // meanwhile, when nobody waited
      if (!entries.some(isFull))
        throw new ClaudeSessionError(
          'spawn',
          `no profile can be used now: each has failed ${FAILURES_TO_OPEN} times`,
        );
      await this.#freed(signal);
    }
  }

  async #runOn(entry: Entry, work: ProfileWork): Promise<ClaudeSessionError | undefined> {
    const counted = async (isProven: () => void): Promise<ClaudeSessionError | undefined> => {
      entry.running += 1;
      entry.started += 1;
      try {
        return await work(entry.profile, isProven);
      } finally {
        entry.running -= 1;
        this.#wakeAll();
      }
    };
    if (entry.breaker === undefined) return counted(() => undefined);
    let whole: Promise<ClaudeSessionError | undefined> | undefined;
    await entry.breaker.execute(() => {
      let prove: () => void = () => undefined;
      const proven = new Promise<undefined>((resolve) => (prove = () => resolve(undefined)));
      whole = counted(() => prove());
      return Promise.race([whole, proven]);
    });
    return whole;
  }

  /** All, in their order: the first may wait for another profile, or find that this one is not to be used now. */
  #wakeAll(): void {
    this.#freedCount += 1;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #freed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== wake);
        resolve();
      };
      this.#waiting.push(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
