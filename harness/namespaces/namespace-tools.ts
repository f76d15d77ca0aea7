/**
 * Whether the kernel may make faults here: the commands, and the right to use them. Owns the one question that tells
 * for certain: a namespace with a link, a rule and forwarding in it, gone again when the question is answered.
 */
import { findOnPath } from '../parts/executable.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { runCommand, type CommandResult } from '../supervisor/run-command.ts';

/** Paths of the commands. */
export type NamespaceTools = Readonly<Record<(typeof COMMANDS)[number], string>>;

const COMMANDS = ['unshare', 'nsenter', 'ip', 'ss'] as const;
/** Where they lie; a user's PATH often lacks these. */
const SYSTEM_FOLDERS = '/usr/sbin:/sbin:/usr/bin:/bin';
const PROBE_LIMIT_MS = 5_000;
const PROBE =
  '"$0" link add clara0 type veth peer name clara1 && "$0" rule add pref 10 iif clara1 ipproto udp blackhole && echo 1 > /proc/sys/net/ipv4/ip_forward';

/** Advice for a machine without. */
export const NAMESPACE_ADVICE =
  'Linux, as root, with iproute2 (ip, ss) and util-linux (unshare, nsenter); --way B needs none of it';

/** Runs one command to its end; the seam for tests. */
export type RunTool = (
  command: string,
  args: readonly string[],
  signal: AbortSignal,
) => Promise<Pick<CommandResult, 'code' | 'stderr' | 'timedOut'>>;

const runTool: RunTool = (command, args, signal) =>
  runCommand({ command, args, limitMs: PROBE_LIMIT_MS }, signal);

/** The commands' paths, or what is missing. */
export async function findNamespaceTools(
  env: NodeJS.ProcessEnv,
): Promise<NamespaceTools | { readonly reason: string }> {
  const path = `${env['PATH'] ?? ''}:${SYSTEM_FOLDERS}`;
  const found = await Promise.all(
    COMMANDS.map(async (name) => [name, await findOnPath([name], path)] as const),
  );
  const missing = found.filter(([, place]) => place === undefined).map(([name]) => name);
  if (missing.length > 0) return { reason: `no command ${missing.join(', ')} is here` };
  return Object.fromEntries(found) as NamespaceTools;
}

/** Finds out whether namespaces can be used: their tools, or the reason why not. Rejects only when aborted. */
export async function examineNamespaces(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  run: RunTool = runTool,
  platform: NodeJS.Platform = process.platform,
): Promise<NamespaceTools | { readonly reason: string }> {
  if (platform !== 'linux') return { reason: `${platform} has no network namespaces` };
  const tools = await findNamespaceTools(env);
  if ('reason' in tools) return tools;
  const probe = await run(tools.unshare, ['--net', '--', 'sh', '-c', PROBE, tools.ip], signal);
  if (probe.code === 0) return tools;
  const said = probe.stderr.trim().split('\n')[0]?.slice(0, 200) ?? '';
  return {
    reason: probe.timedOut
      ? `making one took longer than ${PROBE_LIMIT_MS} ms`
      : `one cannot be made: ${said === '' ? `code ${probe.code ?? 'none'}` : said}`,
  };
}

/** The tools. Throws PartMissingError that says why there are none to be used. */
export async function requireNamespaces(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  examine = examineNamespaces,
): Promise<NamespaceTools> {
  const examined = await examine(env, signal);
  if (!('reason' in examined)) return examined;
  throw new PartMissingError(
    'Network namespaces',
    '--way N, faults made by the kernel',
    [{ id: 'namespaces', what: 'a network namespace of our own', reason: examined.reason }],
    NAMESPACE_ADVICE,
  );
}
