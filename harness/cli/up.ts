/** `clara up`: everything on this machine, until Ctrl-C. */
import type { Command } from 'commander';
import { addConfigOptions, configOf } from './config-options.ts';

/** Adds the command. */
export function registerUp(program: Command): void {
  const command = program
    .command('up')
    .description('start livekit-server, agent, gateway and app; prints the URL; Ctrl-C stops all');
  addConfigOptions(command).action(async () => {
    const config = configOf(command);
    const { runUntilInterrupted } = await import('../stack/run-until-interrupted.ts'); // heavy: other commands need not wait
    await runUntilInterrupted(config);
  });
}
