/** Runs the command of `process.argv` and ends the process with the contract's exit code. */
import { EXIT, exitCodeOf, messageOf } from './exit-codes.ts';
import { createProgram } from './program.ts';

function end(error: unknown): never {
  const message = messageOf(error);
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exit(exitCodeOf(error)); // leftovers of native modules would keep the process alive
}

process.on('uncaughtException', end);
process.on('unhandledRejection', end);
// The reader has closed the pipe: an answer that nobody has is no success, least of all a failed check's.
process.stdout.on('error', () => process.exit(process.exitCode || EXIT.checkFailed));

try {
  const program = createProgram();
  await program.parseAsync(process.argv);
  process.exit(process.exitCode || (process.stdout.errored === null ? EXIT.good : EXIT.checkFailed));
} catch (error) {
  end(error);
}
