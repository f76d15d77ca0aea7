/** Where this machine's cache and state live, by the XDG rules. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

function xdgFolder(wanted: string | undefined, fallback: string): string {
  // The XDG specification: a relative path is invalid and to be ignored.
  const base = wanted !== undefined && isAbsolute(wanted) ? wanted : join(homedir(), fallback);
  return join(base, 'clara-voice');
}

/** Downloads and builds that can be had again. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return xdgFolder(env['XDG_CACHE_HOME'], '.cache');
}

/** Journals of processes and sessions: what has to be known after a crash. Private to its user. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return xdgFolder(env['XDG_STATE_HOME'], join('.local', 'state'));
}
