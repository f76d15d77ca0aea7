/** Where this machine's state and cache live, by the XDG rules. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

function xdg(value: string | undefined, fallback: string): string {
  // The XDG specification: a relative path is invalid and to be ignored.
  return join(value !== undefined && isAbsolute(value) ? value : join(homedir(), fallback), 'clara-voice');
}

/** Downloads and builds that can be had again. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return xdg(env['XDG_CACHE_HOME'], '.cache');
}

/** What shall outlive a run: the journal. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return xdg(env['XDG_STATE_HOME'], '.local/state');
}
