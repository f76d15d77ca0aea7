/** The command line's grammar; what each command does stands in its own file. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerBench } from './bench.ts';
import { registerCall } from './call.ts';
import { registerChaos } from './chaos.ts';
import { registerConfig } from './config.ts';
import { registerDoctor } from './doctor.ts';
import { registerUp } from './up.ts';

function ownVersion(): string {
  for (const place of ['../../package.json', '../../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as {
        version?: string;
      };
      if (version !== undefined) return version;
    } catch {
      // compiled and source files stand at different depths
    }
  }
  return 'unknown';
}

/** The `clara` command. Errors are thrown, never exited on. */
export function createProgram(): Command {
  const program = new Command('clara')
    .description(
      'A real LiveKit server, a token gateway and a voice agent on this machine, and calls that prove them.',
    )
    .version(ownVersion())
    .showHelpAfterError('(clara --help tells more)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 good, 1 the check failed, 2 wrong use, 3 a needed part is missing.',
    );
  registerUp(program);
  registerCall(program);
  registerChaos(program);
  registerBench(program);
  registerDoctor(program);
  registerConfig(program);
  return program;
}
