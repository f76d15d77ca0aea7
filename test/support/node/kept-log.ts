import { pino } from 'pino';
import type { Logger } from '../../../harness/contracts.ts';

/** A log whose lines are kept as objects; `text` is the message. */
export function keptLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'trace', messageKey: 'text', base: null },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  return { log, lines };
}
