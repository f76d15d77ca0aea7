import type { Log } from '../core/ports.ts';

/** Lines to the page's console: transitions as debug (hidden by default in a host's console), warnings as warnings. */
export const consoleLog: Log = {
  /* eslint-disable no-console -- the one place that writes to a console */
  info: (event, text, facts) => console.debug(`[clara-voice] ${text}`, { event, ...facts }),
  warn: (event, text, facts) => console.warn(`[clara-voice] ${text}`, { event, ...facts }),
  /* eslint-enable no-console */
};
