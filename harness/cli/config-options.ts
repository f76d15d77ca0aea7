/** The options of the table as flags of a command, and the configuration that a command runs with. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { OPTIONS, OPTION_NAMES, environmentNamesOf, flagOf } from '../config/options.ts';
import type { Config, OptionName } from '../config/options.ts';
import { readConfigFile, resolveConfig } from '../config/resolve-config.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { unknownVariables } from '../config/unknown-variables.ts';

/** Gives a command the flags of these options (all, when none are named). Secrets have no flag: `ps` shows flags. */
export function addConfigOptions(command: Command, names: readonly OptionName[] = OPTION_NAMES): Command {
  for (const name of names) {
    const { about, range, secret, isSwitch, default: fallback } = OPTIONS[name];
    if (secret) continue;
    const shown = fallback === '' ? '' : `, default ${fallback}`;
    const flag = isSwitch ? flagOf(name) : `${flagOf(name)} <value>`;
    command.addOption(new Option(flag, `${about} (${range}${shown}; ${environmentNamesOf(name)[0] ?? ''})`));
    if (isSwitch) command.addOption(new Option(`--no-${flagOf(name).slice(2)}`).hideHelp());
  }
  return command;
}

/** The configuration of this invocation; tells on stderr of CLARA_* names that nobody reads. Throws UsageError. */
export function configOf(command: Command, defaults: Partial<Config> = {}): ResolvedConfig {
  const unknown = unknownVariables(process.env);
  if (unknown.length > 0)
    process.stderr.write(`clara: nothing reads ${unknown.join(', ')} (clara config shows what can be set)\n`);
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === 'cli',
  );
  return resolveConfig({
    flags: Object.fromEntries(given),
    env: process.env,
    file: readConfigFile(process.cwd()),
    defaults,
  });
}
