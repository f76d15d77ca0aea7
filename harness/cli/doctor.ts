/** `clara doctor`: what is here, what each part is for, how to get what is missing. Installs nothing. */
import type { Command } from 'commander';
import { EXIT } from './exit-codes.ts';

/** Adds the command. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what is here, what each part is for, and how to get it')
    .option('--json', 'one JSON object on stdout')
    .action(async (options: { readonly json?: boolean }) => {
      const { examineParts } = await import('../doctor/examine-parts.ts'); // loads playwright; other commands need not wait
      const report = await examineParts(process.env, AbortSignal.timeout(60_000));
      process.exitCode = report.ok ? EXIT.good : EXIT.partMissing;
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
        return;
      }
      for (const { id, found, version, neededFor, how } of report.parts) {
        const state = found ? `yes${version === undefined ? '' : ` (${version})`}` : 'no';
        process.stdout.write(`${id.padEnd(16)} ${state.padEnd(28)} ${neededFor}\n`);
        if (!found && how !== undefined) process.stdout.write(`${' '.repeat(17)}${how}\n`);
      }
    });
}
