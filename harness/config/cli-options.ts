/** Options of command-line sessions; names and defaults of the source document (seed 004), times in ms. */
import { text, wholeNumber, yesOrNo } from './option-kinds.ts';

/** setTimeout's longest, ms. */
const MAX_MS = 2 ** 31 - 1;

/** The rows of the table of options. */
export const CLI_OPTIONS = {
  claudeCommand: text(
    /^[^\0\n]{1,200}$/,
    'a command or the path of one',
    'claude',
    'assistant that CLI sessions run',
  ),
  sessionTimeout: wholeNumber(0, MAX_MS, 300_000, 'longest try of a CLI session, ms; 0 is none'),
  maxRetries: wholeNumber(0, 100, 3, 'tries of a CLI session after the first'),
  healthCheckInterval: wholeNumber(1, MAX_MS, 30_000, 'between two health checks of CLI sessions, ms'),
  cleanupInterval: wholeNumber(1, MAX_MS, 300_000, 'between two cleanups of ended CLI sessions, ms'),
  enableRecovery: yesOrNo(true, 'try a CLI session again when it failed'),
} as const;
