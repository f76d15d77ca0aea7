import { readFileSync } from 'node:fs';

function ownVersion(): string {
  // Compiled, this file lies in dist/harness/agent; from source, in harness/agent.
  for (const place of ['../package.json', '../../../harness/package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (name === 'clara-voice-harness' && version !== undefined) return version;
    } catch {
      continue; // not there: the next place
    }
  }
  return 'unknown';
}

/** The version of the harness package, as told to the LiveKit server and to who asks over `lk.agent.session`. */
export const HARNESS_VERSION: string = ownVersion();
