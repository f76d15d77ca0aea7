/** Looking for commands and asking them who they are. */
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../supervisor/run-command.ts';
import { SpawnError } from '../supervisor/process-group.ts';

/** Longest wait for `--version`, ms; a cold Chromium takes 1 to 2 s. */
const VERSION_LIMIT_MS = 15_000;

/** Whether this file can be run by us. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** First executable of these names on the PATH, undefined when there is none. */
export async function findOnPath(
  names: readonly string[],
  path: string | undefined,
): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of (path ?? '').split(delimiter)) {
      if (folder !== '' && (await isExecutable(join(folder, name)))) return join(folder, name);
    }
  }
  return undefined;
}

/**
 * Runs `file --version` and returns the first `1.2.3` in what it says, or the reason why this is no such program:
 * `expected` must match the output.
 */
export async function askVersion(
  file: string,
  expected: RegExp,
  signal: AbortSignal,
  args: readonly string[] = ['--version'],
): Promise<{ readonly version: string } | { readonly reason: string }> {
  try {
    const result = await runCommand({ command: file, args, limitMs: VERSION_LIMIT_MS }, signal);
    const said = `${result.stdout}${result.stderr}`.trim();
    if (result.timedOut) return { reason: `${file} did not tell its version in ${VERSION_LIMIT_MS} ms` };
    if (result.code !== 0)
      return { reason: `${file} ended with ${result.code ?? result.signal}: ${firstLine(said)}` };
    if (!expected.test(said)) return { reason: `${file} is something else: ${firstLine(said)}` };
    return { version: /\d+(\.\d+)+/.exec(said)?.[0] ?? 'unknown' };
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return { reason: error.message };
  }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200) || 'no output';
}
