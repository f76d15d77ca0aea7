/** `clara up`: everything on this machine, until Ctrl-C. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { createLogger } from '../log/create-logger.ts';
import { startStack } from '../stack/start-stack.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { addConfigOptions, configOf } from './config-options.ts';
import { InterruptedError, watchInterrupts } from './interrupts.ts';

function tell(line: string): void {
  process.stderr.write(`clara: ${line}\n`);
}

async function up(config: ResolvedConfig): Promise<void> {
  const startedMonoMs = performance.now();
  using interrupts = watchInterrupts(process, (code) => process.exit(code));
  const { signal } = interrupts;
  const prettyByDefault = config.origins.pretty === 'default' && process.stderr.isTTY;
  const log = await createLogger({
    level: config.values.logLevel,
    pretty: config.values.pretty || prettyByDefault,
  });
  await using parts = new StopStack(log);
  try {
    const runFolder = parts.own('run folder', await createRunFolder({ log, adopt: process.env }), 15_000);
    const stack = parts.own(
      'stack',
      await startStack(config, { runFolder, log, report: tell }, signal),
      20_000,
    );
    tell(`ready in ${Math.round(performance.now() - startedMonoMs)} ms; Ctrl-C stops`);
    process.stdout.write(`${stack.url}\n`);
    if (stack.server === undefined) await untilAborted(signal);
    else await Promise.race([untilAborted(signal), serverEnd(stack.server.exited, signal)]);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
  tell('stopping');
  await parts.stop();
  tell('stopped');
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Rejects when the server ends while nobody asked it to. */
async function serverEnd(
  exited: Promise<{ code: number | null; signal: string | null }>,
  signal: AbortSignal,
): Promise<void> {
  const { code, signal: by } = await exited;
  if (!signal.aborted) throw new Error(`livekit-server has ended by itself (${code ?? by})`);
}

/** Adds the command. */
export function registerUp(program: Command): void {
  const command = program
    .command('up')
    .description('start livekit-server, agent, gateway and app; prints the URL; Ctrl-C stops all');
  addConfigOptions(command).action(() => up(configOf(command)));
}
