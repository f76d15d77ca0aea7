/** `clara config`: every setting, and where it came from. */
import type { Command } from 'commander';
import { describeConfig } from '../config/resolve-config.ts';
import { addConfigOptions, configOf } from './config-options.ts';

/** Adds the command. */
export function registerConfig(program: Command): void {
  const command = program
    .command('config')
    .description('show every setting and where it came from; secrets are masked');
  addConfigOptions(command.option('--json', 'one JSON object on stdout')).action(() => {
    const shown = describeConfig(configOf(command));
    if (command.opts()['json'] === true) {
      process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
      return;
    }
    const width = Math.max(...Object.keys(shown).map((name) => name.length));
    for (const [name, { value, from }] of Object.entries(shown)) {
      process.stdout.write(`${name.padEnd(width)}  ${JSON.stringify(value)}  (${from})\n`);
    }
  });
}
