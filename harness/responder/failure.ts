/**
 * Owns: the kinds of failure of a command-line session, and which of them a retry cannot mend. Pure.
 * Never: holds a prompt, an answer or an environment in a message.
 */

/**
 * Why a session or one of its tries failed. `protocol`: what it said is no result, or a result that tells of an error;
 * `budget`: a limit of money or turns that its caller or account set.
 */
export const FAILURE_CATEGORIES = [
  'spawn',
  'exitCode',
  'signal',
  'timeout',
  'stale',
  'memory',
  'cpu',
  'protocol',
  'auth',
  'budget',
  'invalidOptions',
] as const;
export type FailureCategory = (typeof FAILURE_CATEGORIES)[number];

const NEVER_RETRIED: ReadonlySet<FailureCategory> = new Set(['auth', 'budget', 'invalidOptions']);

/** A failed session or try. The message names the value and the limit, never what was said. */
export class ClaudeSessionError extends Error {
  override readonly name = 'ClaudeSessionError';
  readonly category: FailureCategory;
  /** False where the same try would fail the same way: a missing command, a refused login, a spent budget. */
  readonly isRetryable: boolean;

  constructor(
    category: FailureCategory,
    message: string,
    options: ErrorOptions & { readonly isRetryable?: boolean } = {},
  ) {
    super(message, options);
    this.category = category;
    this.isRetryable = options.isRetryable ?? !NEVER_RETRIED.has(category);
  }
}

const AUTH_WORDS =
  /invalid api key|authentication[_ ](?:error|failed)|please run \/login|not logged in|oauth token (?:has )?(?:expired|revoked)|invalid bearer token|\b401 unauthorized\b/i;
const BUDGET_WORDS = /credit balance is too low|billing_error|budget (?:was )?exceeded|usage limit reached/i;

/** What a text that came with a failure says of its cause; undefined when it says nothing that is known. */
export function causeInWords(text: string): 'auth' | 'budget' | undefined {
  if (AUTH_WORDS.test(text)) return 'auth';
  return BUDGET_WORDS.test(text) ? 'budget' : undefined;
}
