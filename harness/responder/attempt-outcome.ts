/**
 * Owns: what a try came to, from how its processes ended and what it had said. Pure.
 * Invariant: a good result counts whatever happened after it; without one nothing is called good but a plain command's
 * exit code 0.
 */
import type { GroupEndCause } from '../supervisor/watched-group.ts';
import type { Exit } from '../supervisor/process-group.ts';
import { ClaudeSessionError, causeInWords } from './failure.ts';
import type { ReaderFacts } from './protocol-reader.ts';
import type { Protocol } from './session-types.ts';

/** How its processes ended. */
export type ProcessEnd = GroupEndCause & { readonly exit: Exit | undefined; readonly isGone: boolean };

/** Why we ended it ourselves. */
export const END_REASONS = [
  'cancelled',
  'stale',
  'lingers',
  'turnTimeout',
  'turnStuck',
  'closed',
  'stopped',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What is known of a try. */
export interface AttemptFacts {
  readonly protocol: Protocol;
  readonly end: ProcessEnd;
  readonly said: ReaderFacts;
  /** The last of stderr. */
  readonly errorText: string;
  /** The limit that was set, ms; for the message. */
  readonly timeoutMs: number;
  readonly staleAfterMs: number;
}

const MB = 1024 * 1024;

function limitError(end: Extract<ProcessEnd, { cause: 'limit' }>): ClaudeSessionError {
  const { limit, value, allowed } = end.breach;
  switch (limit) {
    case 'memory':
      return new ClaudeSessionError(
        'memory',
        `used ${Math.round(value / MB)} MB, its limit is ${Math.round(allowed / MB)} MB`,
      );
    case 'cpu':
      return new ClaudeSessionError(
        'cpu',
        `used ${Math.round(value)} ms of CPU time, its limit is ${allowed} ms`,
      );
    case 'age':
      return new ClaudeSessionError('timeout', `no end in ${allowed} ms`);
    case 'idle':
      return new ClaudeSessionError('stale', `no activity in ${allowed} ms`);
  }
}

/** The error of a result that tells of one. */
export function resultError({
  result,
  errorCause,
}: Pick<ReaderFacts, 'result' | 'errorCause'>): ClaudeSessionError | undefined {
  if (result === undefined || !result.isError) return undefined;
  const { subtype, words } = result;
  const known = causeInWords(words) ?? errorCause;
  if (known === 'auth')
    return new ClaudeSessionError('auth', 'the assistant is not logged in or its key is refused');
  if (known === 'budget' || subtype === 'error_max_budget_usd' || subtype === 'error_max_turns')
    return new ClaudeSessionError(
      'budget',
      `the assistant reached a limit of its caller or account (${subtype})`,
    );
  return new ClaudeSessionError('protocol', `the result tells of an error (${subtype})`);
}

function exitError(exit: Exit | undefined, facts: AttemptFacts): ClaudeSessionError {
  const known = causeInWords(facts.errorText) ?? facts.said.errorCause;
  if (known === 'auth')
    return new ClaudeSessionError('auth', 'the command was refused: not logged in, or a wrong key');
  if (known === 'budget')
    return new ClaudeSessionError('budget', 'the account of the command has no budget left');
  if (exit === undefined) return new ClaudeSessionError('signal', 'its process is gone, nobody knows how');
  if (exit.signal !== null) return new ClaudeSessionError('signal', `ended by ${exit.signal}`);
  if (exit.code !== 0) return new ClaudeSessionError('exitCode', `ended with exit code ${exit.code}`);
  return new ClaudeSessionError(
    'protocol',
    `ended without a result (${facts.said.badLines} lines were no JSON)`,
  );
}

/** The error of a try, undefined when it was good. */
export function judgeAttempt(facts: AttemptFacts): ClaudeSessionError | undefined {
  const { protocol, end, said } = facts;
  if (protocol === 'streamJson' && said.result !== undefined) return resultError(said);
  switch (end.cause) {
    case 'limit':
      return limitError(end);
    case 'hung':
    case 'stale':
      return new ClaudeSessionError('stale', `no activity in ${facts.staleAfterMs} ms`);
    case 'asked':
      if (end.reason === 'turnTimeout')
        return new ClaudeSessionError('timeout', `no result in ${facts.timeoutMs} ms`);
      return end.reason === 'stale'
        ? new ClaudeSessionError('stale', `no activity in ${facts.staleAfterMs} ms`)
        : new ClaudeSessionError('signal', `ended by us: ${end.reason}`);
    case 'exited':
      if (protocol === 'plain' && end.exit?.code === 0) return undefined;
      return exitError(end.exit, facts);
  }
}
