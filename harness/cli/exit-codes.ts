/** What each end of a command means to a script, and the line it gives to a person. */
import { CommanderError } from 'commander';
import { UsageError } from '../config/usage-error.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';

/** The contract of the command line. */
export const EXIT = { good: 0, checkFailed: 1, wrongUse: 2, partMissing: 3, killed: 130 } as const;

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.wrongUse;
  if (error instanceof UsageError) return EXIT.wrongUse;
  if (error instanceof PartMissingError) return EXIT.partMissing;
  return EXIT.checkFailed;
}

/** What is said of an error: its message and its causes', no stack. Empty where commander has spoken already. */
export function messageOf(error: unknown): string {
  if (error instanceof CommanderError) return '';
  const messages: string[] = [];
  for (let cause = error; cause !== undefined && cause !== null && messages.length < 4;) {
    messages.push(cause instanceof Error ? cause.message || cause.name : 'unknown error');
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return `clara: ${messages.join(': ')}`.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '<token>');
}
