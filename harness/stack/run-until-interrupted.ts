/** All parts in a run of their own, until Ctrl-C; what `clara up` does. stdout gets the URL and nothing else. */
import { once } from 'node:events';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { createLogger } from '../log/create-logger.ts';
import { startStack } from './start-stack.ts';
import type { Stack } from './start-stack.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { InterruptedError, watchInterrupts } from '../cli/interrupts.ts';

function tell(line: string): void {
  process.stderr.write(`clara: ${line}\n`);
}

/** Starts all and returns when all has stopped. Rejects when a part cannot start or livekit-server ends by itself. */
export async function runUntilInterrupted(config: ResolvedConfig): Promise<void> {
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
    await drain(stack, config.values.drainS);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
  tell('stopping');
  await parts.stop();
  tell('stopped');
}

/** Lets the sessions that run go on for a while; a second Ctrl-C ends them. */
async function drain({ agent }: Stack, limitS: number): Promise<void> {
  if (limitS === 0 || agent.sessions.size === 0) return;
  tell(`no new sessions; waiting for ${agent.sessions.size} to end, ${limitS} s at most (Ctrl-C ends them)`);
  await agent.drain(limitS * 1000);
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
