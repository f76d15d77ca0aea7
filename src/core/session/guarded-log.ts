/** The log that a host gave, made safe to call in the middle of anything. Decides nothing, keeps nothing. */
import type { Log } from '../ports.ts';

/** `log`, with what it throws dropped: the one who would be told of it is the log itself. */
export function guardedLog(log: Log): Log {
  const guarded =
    (level: keyof Log): Log['info'] =>
    (event, text, facts) => {
      try {
        log[level](event, text, facts);
      } catch {
        // A line is lost. A call is worth more.
      }
    };
  return { info: guarded('info'), warn: guarded('warn') };
}
