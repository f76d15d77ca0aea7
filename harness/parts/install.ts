/** Runs installers: bounded, telling that they go on, and with a reason when they fail. */
import { runCommand } from '../supervisor/run-command.ts';
import { findOnPath } from './executable.ts';
import { installCommands, type PackageNames } from './package-managers.ts';
import type { Report } from './try-ways.ts';

/** Longest installation, ms: 120 to 180 MB to fetch. */
const INSTALL_LIMIT_MS = 5 * 60_000;
const REPORT_EVERY_MS = 5000;

/** Runs an installer, telling every few seconds that it goes on. Resolves with the reason of a failure. */
export async function install(
  command: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly report: Report },
  signal: AbortSignal,
): Promise<string | undefined> {
  const [program = '', ...args] = command;
  const text = [program.split('/').at(-1), ...args.map((arg) => arg.split('/').at(-1))].join(' ');
  const startedMonoMs = performance.now();
  options.report(`running ${text}`);
  const timer = setInterval(() => {
    options.report(`${text} goes on, ${Math.round((performance.now() - startedMonoMs) / 1000)} s`);
  }, REPORT_EVERY_MS);
  try {
    const result = await runCommand(
      { command: program, args, env: options.env, limitMs: INSTALL_LIMIT_MS },
      signal,
    );
    if (result.timedOut) return `${text} did not end in ${INSTALL_LIMIT_MS / 1000} s`;
    const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-3).join(' | ').slice(0, 400);
    return result.code === 0 ? undefined : `${text} ended with ${result.code ?? result.signal}: ${said}`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : 'unknown error';
  } finally {
    clearInterval(timer);
  }
}

/** Installs by the system's package manager; never asks for a password. Resolves with the reason of a failure. */
export async function installPackage(
  names: PackageNames,
  options: { readonly env: NodeJS.ProcessEnv; readonly report: Report },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { env } = options;
  const present = async (name: string) => (await findOnPath([name], env['PATH'])) !== undefined;
  const system = { platform: process.platform, isRoot: process.getuid?.() === 0, present };
  const plan = await installCommands(system, names);
  if ('reason' in plan) return plan.reason;
  const quiet = { ...options, env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  for (const command of plan.commands) {
    const reason = await install(command, quiet, signal);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
