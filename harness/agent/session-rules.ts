/**
 * Owns: what is due for a session at a look: a warning, or its end. Pure.
 * Never: holds against a session what nobody configured: a limit of 0 is off.
 */

/** The clocks of seed 003; each can be set, 0 is off. */
export interface SessionRules {
  /** A session is told of once when it is this old, ms. */
  readonly warnMs: number;
  /** And ended when it is this old, ms. */
  readonly maxSessionMs: number;
  /** So many errors without a good turn in between. */
  readonly maxErrors: number;
}

/** What is looked at. */
export interface SessionCondition {
  readonly ageMs: number;
  readonly wasWarned: boolean;
  readonly consecutiveErrors: number;
  /** A process serves it, or is on its way. */
  readonly hasProcess: boolean;
}

export type SessionVerdict = 'well' | 'warn' | 'maxDuration' | 'tooManyErrors' | 'noProcess';

/** What is due; the strongest first. */
export function judgeSession(condition: SessionCondition, rules: SessionRules): SessionVerdict {
  const { ageMs, consecutiveErrors } = condition;
  if (rules.maxSessionMs > 0 && ageMs >= rules.maxSessionMs) return 'maxDuration';
  if (rules.maxErrors > 0 && consecutiveErrors >= rules.maxErrors) return 'tooManyErrors';
  if (!condition.hasProcess) return 'noProcess';
  return rules.warnMs > 0 && ageMs > rules.warnMs && !condition.wasWarned ? 'warn' : 'well';
}

/** Codes that a child tells and that a user does not suffer from: our own way back, an attribute, the watchdog. */
const NO_ERRORS = new Set(['joinFailed', 'stateNotSent', 'watchdogLost', 'requestLost']);

/** Whether a child's error is something that it could not do for its user. */
export function isUsersError(code: string): boolean {
  return !NO_ERRORS.has(code);
}
