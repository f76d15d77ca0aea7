/** Where this machine's cache lives, by the XDG rules. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Downloads and builds that can be had again. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const wanted = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is invalid and to be ignored.
  const base = wanted !== undefined && isAbsolute(wanted) ? wanted : join(homedir(), '.cache');
  return join(base, 'clara-voice');
}
