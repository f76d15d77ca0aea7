/**
 * Owns: every option of the harness, in one table, and the one schema made of it.
 * Never: reads anything; resolve-config.ts does.
 */
import { z } from 'zod';
import { PIPELINES, RESPONDERS } from '../contracts.ts';
import { LOG_LEVELS } from '../log/create-logger.ts';
import {
  isHost,
  isHostAndPort,
  isListOf,
  isRedisServer,
  isWebAddress,
  isWebOrigin,
  isWebSocketServer,
} from './addresses.ts';
import { oneOf, text, wholeNumber, yesOrNo } from './option-kinds.ts';
import type { Option } from './option-kinds.ts';
import { CLI_OPTIONS } from './cli-options.ts';

/** The options by name. `graceS` is `--grace-s`, `CLARA_GRACE_S`, and `graceS` in clara.config.json. */
export const OPTIONS = {
  host: text(isHost, 'a host name or address', '127.0.0.1', 'address that the gateway listens on'),
  port: wholeNumber(0, 65535, 7890, 'port of the gateway; 0 takes a free one'),
  livekitUrl: text(
    isWebSocketServer,
    'a ws:// or wss:// address of a host and perhaps a port, without a path, a query or credentials',
    '',
    'your own LiveKit server instead of one started here',
  ),
  livekitApiKey: text(/^\S{1,200}$/, 'a key without spaces', '', 'key of your own server', {
    otherEnv: ['LIVEKIT_API_KEY'],
  }),
  livekitApiSecret: text(/^\S{1,500}$/, 'a secret without spaces', '', 'secret of your own server', {
    secret: true,
    otherEnv: ['LIVEKIT_API_SECRET'],
  }),
  livekitPort: wholeNumber(0, 65535, 0, 'HTTP port of the livekit-server started here; 0 takes a free one'),
  udpPort: wholeNumber(0, 65535, 0, 'media port of the livekit-server started here; 0 takes a free one'),
  agentName: text(
    /^[\w.-]{1,64}$/,
    '1 to 64 letters, digits, dots, hyphens',
    'clara-voice',
    'name the agent registers by',
  ),
  pipeline: oneOf(PIPELINES, 'parrot', 'voice pipeline of sessions that ask for none'),
  responder: oneOf(
    RESPONDERS,
    'none',
    'what answers typed messages: the pipeline itself, or claudeCommand as a command-line session',
  ),
  voice: oneOf(
    ['auto', 'espeak-ng', 'flite', 'none'],
    'auto',
    'voice that speaks texts; auto takes what is there',
  ),
  graceS: wholeNumber(1, 86_400, 150, 'how long a session waits for a user who vanished, s'),
  emptyTimeoutS: wholeNumber(1, 86_400, 300, 'how long a room waits for its first user, s'),
  joinTokenTtlS: wholeNumber(10, 3600, 60, 'how long a join token is good for, s'),
  contextTtlS: wholeNumber(
    0,
    86_400,
    1800,
    'how long a conversation is kept for a user who comes back after that, s',
  ),
  resumeTtlS: wholeNumber(
    0,
    604_800,
    0,
    'how long a session can be come back to after its last token, s; 0: maxSessionS (or 2 h), graceS and contextTtlS together',
  ),
  allowedHosts: text(
    isListOf(isHostAndPort),
    'host names, with or without a port, separated by commas',
    '',
    'names beside loopback that the gateway answers to',
  ),
  allowedOrigins: text(
    isListOf(isWebOrigin),
    'origins as browsers send them, like https://example.org, separated by commas',
    '',
    'other pages that may ask for tokens',
  ),
  trustProxy: yesOrNo(false, 'believe X-Forwarded-* headers; only behind a proxy that sets them'),
  tokenRateMax: wholeNumber(1, 100_000, 60, 'token requests that one address may send in a window'),
  tokenRateWindowS: wholeNumber(1, 3600, 60, 'length of that window, s'),
  maxSessions: wholeNumber(1, 1000, 50, 'sessions of this machine at a time'),
  maxSessionsPerUser: wholeNumber(0, 1000, 1, 'sessions of one user at a time; 0: no limit'),
  whenUserIsFull: oneOf(
    ['replaceOldest', 'refuse'],
    'replaceOldest',
    'what a further session of such a user does',
  ),
  warnS: wholeNumber(0, 86_400, 1800, 'age at which a session is told of as long, s; 0: never'),
  maxSessionS: wholeNumber(0, 604_800, 7200, 'age at which a session ends, s; 0: never'),
  idleS: wholeNumber(
    0,
    86_400,
    300,
    'how long nothing may come from a session process, s; a quiet user is not idle; 0: no limit',
  ),
  maxErrors: wholeNumber(0, 1000, 5, 'errors in a row at which a session ends; 0: never'),
  maxRssMb: wholeNumber(0, 1_000_000, 512, 'memory of the processes of one session, MiB; 0: no limit'),
  maxCpuS: wholeNumber(
    0,
    604_800,
    0,
    'CPU time of the process of one session before it is replaced, s; 0: no limit',
  ),
  drainS: wholeNumber(
    0,
    86_400,
    0,
    'how long sessions may go on after the first Ctrl-C while no new ones are taken, s; 0: they end at once',
  ),
  redisUrl: text(
    isRedisServer,
    'a redis:// or rediss:// address',
    '',
    'Redis in which several supervisors share their sessions; needs the package ioredis',
    { secret: true },
  ),
  webhookUrl: text(
    isWebAddress,
    'an http:// or https:// address',
    '',
    'where alerts are sent, and the states of what clara run runs',
    {
      secret: true, // many such addresses are passwords themselves
    },
  ),
  webhookSecret: text(
    /^\S{16,500}$/,
    '16 to 500 characters without spaces',
    '',
    'what alerts are signed with',
    { secret: true },
  ),
  operatorToken: text(
    /^\S{16,500}$/,
    '16 to 500 characters without spaces',
    '',
    'lets who is not on this machine see metrics and the dashboard, and end sessions',
    { secret: true },
  ),
  logLevel: oneOf(LOG_LEVELS, 'info', 'what is logged'),
  pretty: yesOrNo(false, 'log lines for people instead of JSON'),
  ...CLI_OPTIONS,
} as const satisfies Record<string, Option<never> | Option<string> | Option<number> | Option<boolean>>;

/** Name of an option. */
export type OptionName = keyof typeof OPTIONS;

/** The names in the order of the table. */
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** All settings, checked. */
export type Config = { readonly [Name in OptionName]: z.infer<(typeof OPTIONS)[Name]['schema']> };

/** The schema of a whole configuration; unknown names are refused. */
export const configSchema = z.strictObject(
  Object.fromEntries(OPTION_NAMES.map((name) => [name, OPTIONS[name].schema])),
);

function words(name: string): string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** `graceS` -> `--grace-s`. */
export function flagOf(name: OptionName): string {
  return `--${words(name).join('-')}`;
}

/** `graceS` -> `CLARA_GRACE_S` and what else it is read from, strongest first. */
export function environmentNamesOf(name: OptionName): string[] {
  return [`CLARA_${words(name).join('_').toUpperCase()}`, ...OPTIONS[name].otherEnv];
}
