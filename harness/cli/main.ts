/** Runs the command of `process.argv` and ends the process with the contract's exit code. */
import { exitCodeOf, messageOf } from './exit-codes.ts';
import { createProgram } from './program.ts';

function end(error: unknown): never {
  const message = messageOf(error);
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exit(exitCodeOf(error)); // leftovers of native modules would keep the process alive
}

process.on('uncaughtException', end);
process.on('unhandledRejection', end);
process.stdout.on('error', () => process.exit(0)); // the reader has closed the pipe

try {
  const program = createProgram();
  await program.parseAsync(process.argv);
  process.exit(process.exitCode ?? 0);
} catch (error) {
  end(error);
}
