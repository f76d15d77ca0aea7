/** The harness's log: one JSON object a line on stderr, or short lines for people. stdout belongs to answers. */
import { pino } from 'pino';
import type { Logger } from '../contracts.ts';

/** Levels in order of loudness. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a log line looks like. */
export interface LogOptions {
  readonly level: LogLevel;
  /** Short lines for people instead of JSON. */
  readonly pretty: boolean;
}

/** A logger on stderr, written at once so that nothing is lost when the process is killed. */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const settings = {
    level: options.level,
    messageKey: 'text',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!options.pretty) return pino(settings, pino.destination({ dest: 2, sync: true }));
  const { default: pretty } = await import('pino-pretty'); // only people wait for it
  const stream = pretty({
    destination: 2,
    sync: true,
    messageKey: 'text',
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'event,session',
    singleLine: true,
    colorize: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
  });
  return pino(settings, stream);
}
