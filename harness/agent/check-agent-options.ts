/**
 * Owns: what options of a ClaraVoiceAgent may be. For who builds one in their own program; the command checks its own.
 * Invariant: everything that is wrong is told in one error, by option, value and range, before anything is started.
 */
import { UsageError } from '../config/usage-error.ts';
import type { ClaraVoiceAgentOptions } from './agent-options.ts';

/** What one option may be. */
interface Rule {
  readonly range: string;
  readonly fits: (value: unknown) => boolean;
  /** Its value is never shown. */
  readonly isSecret?: boolean;
}

/** Longest wait of a Node timer, ms: 24.8 days. */
const MAX_TIMER_MS = 2_147_483_647;

const from = (min: number, max: number): Rule => ({
  range: `a whole number from ${min} to ${max}`,
  fits: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
});
const oneOf = (...words: readonly string[]): Rule => ({
  range: `one of ${words.join(', ')}`,
  fits: (value) => words.includes(value as string),
});
const aFunction: Rule = { range: 'a function', fits: (value) => typeof value === 'function' };
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const objectWith = (...methods: readonly string[]): Rule => ({
  range: `an object with ${methods.join(', ')}`,
  fits: (value) => isObject(value) && methods.every((name) => value[name] !== undefined),
});

const RULES: Readonly<Record<keyof ClaraVoiceAgentOptions, Rule>> = {
  livekit: {
    range: 'an object with url (ws://, wss://), publicUrl, apiKey, apiSecret',
    isSecret: true,
    fits: (value) =>
      isObject(value) &&
      /^wss?:\/\/./.test(String(value['url'])) &&
      ['publicUrl', 'apiKey', 'apiSecret'].every((name) => typeof value[name] === 'string'),
  },
  agentName: {
    range: '1 to 64 letters, digits, dots, hyphens',
    fits: (value) => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value),
  },
  log: objectWith('info', 'warn', 'error', 'debug'),
  graceMs: from(0, MAX_TIMER_MS),
  leftMs: from(0, MAX_TIMER_MS),
  contextTtlMs: from(0, MAX_TIMER_MS),
  roomTimeouts: objectWith('emptyTimeoutS', 'departureTimeoutS'),
  responder: objectWith('begin', 'take', 'abandon', 'end'),
  voice: oneOf('auto', 'espeak-ng', 'flite', 'none'),
  warmChildren: from(0, 50),
  maxSessions: from(1, 1000),
  maxPerUser: from(0, 1000),
  whenUserIsFull: oneOf('replaceOldest', 'refuse'),
  warnMs: from(0, MAX_TIMER_MS),
  maxSessionMs: from(0, MAX_TIMER_MS),
  idleMs: from(0, MAX_TIMER_MS),
  maxErrors: from(0, 1000),
  maxRssBytes: from(0, Number.MAX_SAFE_INTEGER),
  maxCpuMs: from(0, Number.MAX_SAFE_INTEGER),
  supervisor: objectWith('launch', 'watch', 'deadlines'),
  store: objectWith('acquire', 'renew', 'release'),
  machineId: {
    range: '1 to 200 characters',
    fits: (value) => typeof value === 'string' && value !== '' && value.length <= 200,
  },
  memory: aFunction,
  watcher: objectWith('note'),
  runFolder: objectWith('environment', 'addGroup'),
  rooms: objectWith('ensure', 'remove'),
  spawnChild: aFunction,
  clock: objectWith('monoMs', 'wallMs', 'sleep'),
  random: aFunction,
};
const REQUIRED: readonly (keyof ClaraVoiceAgentOptions)[] = ['livekit', 'agentName', 'log'];

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object'; // may hold anything
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
}

/** Throws one {@link UsageError} that tells all that is wrong. */
export function checkAgentOptions(options: ClaraVoiceAgentOptions): void {
  if (!isObject(options)) throw new UsageError(`the options of an agent: ${shown(options)} is not an object`);
  const problems = Object.entries(options).flatMap(([name, value]): string[] => {
    if (!Object.hasOwn(RULES, name)) return [`there is no option "${name}"`];
    const { fits, range, isSecret } = RULES[name as keyof ClaraVoiceAgentOptions];
    if (value === undefined || fits(value)) return [];
    return [`${name}: ${isSecret === true ? 'the value' : shown(value)} is not ${range}`];
  });
  const missing = REQUIRED.filter((name) => options[name] === undefined);
  problems.push(...missing.map((name) => `${name} is missing: ${RULES[name].range}`));
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
}
