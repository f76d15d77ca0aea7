/** What a host may choose of a session, its defaults, and the one error for a wrong choice. Pure. */
import {
  POLICY_NAMES,
  reconnectPolicy,
  type PolicyChoice,
  type ReconnectPolicy,
} from '../reconnect/policy.ts';
import { DEFAULT_MAX_LINES } from './transcript.ts';

/** Choices of a host, all optional. */
export interface SessionOptions extends PolicyChoice {
  /** Lines of transcript that are kept, 10 to 100,000. @default 2000 */
  readonly maxTranscriptLines?: number;
}

/** Choices that have been checked. */
export interface CheckedOptions {
  readonly policy: ReconnectPolicy;
  readonly maxTranscriptLines: number;
}

/** Checks and fills in. Throws RangeError or TypeError that names the option, its value and what is allowed. */
export function checkedOptions(options: SessionOptions): CheckedOptions {
  if (options.policy !== undefined && !POLICY_NAMES.includes(options.policy))
    throw new RangeError(`policy is ${JSON.stringify(options.policy)}; allowed: ${POLICY_NAMES.join(', ')}`);
  number('budgetMs', options.budgetMs, 5000, 3_600_000);
  number('maxTranscriptLines', options.maxTranscriptLines, 10, 100_000);
  boolean('resumeWhenBack', options.resumeWhenBack);
  boolean('textOnly', options.textOnly);
  return {
    policy: reconnectPolicy(options),
    maxTranscriptLines: options.maxTranscriptLines ?? DEFAULT_MAX_LINES,
  };
}

function number(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`${name} is ${JSON.stringify(value)}; allowed: whole numbers from ${min} to ${max}`);
}

function boolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw new TypeError(`${name} is ${JSON.stringify(value)}; allowed: true, false`);
}
