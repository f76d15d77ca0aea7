/** Wrong use of a command or a wrong setting. Exit code 2; nothing has been started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
