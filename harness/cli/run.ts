/** `clara run`: one supervised command-line session, and how it ended. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { stateFolder } from '../config/folders.ts';
import { UsageError } from '../config/usage-error.ts';
import { createLogger } from '../log/create-logger.ts';
import { ClaudeCliManager } from '../responder/claude-cli-manager.ts';
import { CliWebhooks } from '../responder/cli-webhooks.ts';
import { ClaudeSessionError } from '../responder/failure.ts';
import { parseProfiles } from '../responder/profiles.ts';
import { PROTOCOLS } from '../responder/session-types.ts';
import type {
  ClaudeExecutionOptions,
  ClaudeSession,
  CliUpdate,
  Protocol,
} from '../responder/session-types.ts';
import { parseTemplates } from '../responder/templates.ts';
import { cliSettings } from '../stack/part-settings.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { addConfigOptions, configOf } from './config-options.ts';
import { EXIT } from './exit-codes.ts';
import { watchInterrupts } from './interrupts.ts';

interface RunFlags {
  readonly agent: string;
  readonly template?: string;
  readonly templates?: string;
  readonly profile?: string;
  readonly profiles?: string;
  readonly group?: string;
  readonly prompt: string;
  readonly protocol?: Protocol;
  readonly cwd?: string;
  readonly retryDelay?: number;
  readonly maxMemory?: number;
  readonly maxCpuTime?: number;
  readonly spill?: string;
  readonly json?: boolean;
}

const MB = 1024 * 1024;
/** How long the end of a session may wait for a webhook, ms. */
const WEBHOOK_LIMIT_MS = 5000;

function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text))
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a whole number.`);
  return Number(text);
}

/** Reads and checks a JSON file. Throws UsageError with the path and what is wrong. */
function readFile<T>(path: string, parse: (json: unknown) => T): T {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${path} cannot be read as JSON`, { cause });
  }
  try {
    return parse(json);
  } catch (error) {
    throw error instanceof ClaudeSessionError ? new UsageError(`${path}: ${error.message}`) : error;
  }
}

function optionsOf(flags: RunFlags, commandLine: readonly string[]): ClaudeExecutionOptions {
  const [command, ...args] = commandLine;
  const { template, profile, group, protocol, cwd, retryDelay, maxMemory, maxCpuTime } = flags;
  const limits = {
    ...(maxMemory !== undefined && { maxMemory: maxMemory * MB }),
    ...(maxCpuTime !== undefined && { maxCpuTime }),
  };
  return {
    ...(command !== undefined && { command, args }),
    ...(template !== undefined && { template }),
    ...(profile !== undefined && { profile }),
    ...(group !== undefined && { group }),
    ...(protocol !== undefined && { protocol }),
    ...(cwd !== undefined && { cwd }),
    ...(retryDelay !== undefined && { retryDelay }),
    ...(Object.keys(limits).length > 0 && { resourceLimits: limits }),
  };
}

/** What a person wants to see as it happens: the lines themselves, retries, limits. */
function show(update: CliUpdate): void {
  const say = (text: string): void => void process.stderr.write(`clara: ${text}\n`);
  if (update.type === 'output') for (const line of update.lines) process.stderr.write(`${line}\n`);
  if (update.type === 'recovery')
    say(
      `${update.session.error?.message ?? update.category}; retry ${update.attempt} in ${Math.round(update.delayMs)} ms`,
    );
  if (update.type === 'limit')
    say(`${update.breach.limit} limit: ${Math.round(update.breach.value)} of ${update.breach.allowed}`);
}

function describe(session: ClaudeSession): string {
  const { startTime, endTime, error } = session;
  const tookMs = (endTime?.getTime() ?? Date.now()) - startTime.getTime();
  return [
    `${session.status} after ${tookMs} ms, ${session.retryCount} of ${session.maxRetries} retries (${session.id})`,
    ...(error !== undefined ? [`  ${error.category}: ${error.message}`] : []),
    ...(session.answer !== '' ? [session.answer] : []),
  ].join('\n');
}

function exitCodeOf({ status, error }: ClaudeSession): number {
  if (status === 'completed') return EXIT.good;
  if (error?.category === 'invalidOptions') return EXIT.wrongUse;
  return error?.category === 'spawn' && !error.isRetryable ? EXIT.partMissing : EXIT.checkFailed;
}

async function run(commandLine: readonly string[], flags: RunFlags, config: ResolvedConfig): Promise<void> {
  const templates = flags.templates === undefined ? {} : readFile(flags.templates, parseTemplates);
  const profiles = flags.profiles === undefined ? [] : readFile(flags.profiles, parseProfiles);
  const prompt = flags.prompt === '-' ? readFileSync(0, 'utf8') : flags.prompt;
  using interrupts = watchInterrupts(process, (code) => process.exit(code));
  const { values } = config;
  const { logLevel: level, pretty } = values;
  const log = await createLogger({ level, pretty });
  // Its processes can be found by `clara cleanup`; sessions of other runs are none of its business.
  await using supervisor = new Supervisor({ log, stateFolder: stateFolder(process.env) });
  await using manager = new ClaudeCliManager({
    log,
    supervisor,
    templates,
    profiles,
    ...(flags.spill !== undefined && { spillFolder: flags.spill }),
    config: cliSettings(values),
  });
  const { webhookUrl: url, webhookSecret: secret } = values;
  const folder = join(stateFolder(process.env), 'run-webhooks');
  await using webhooks =
    url === '' ? undefined : new CliWebhooks(manager, { webhooks: [{ url, secret }], log, folder });
  if (flags.json !== true) manager.onUpdate((_session, update) => show(update));
  const { session, ended } = manager.startClaudeSession(flags.agent, prompt, optionsOf(flags, commandLine));
  const stop = (): void => void manager.cancelSession(session.id);
  interrupts.signal.addEventListener('abort', stop, { once: true });
  if (interrupts.signal.aborted) stop();
  await ended;
  process.stdout.write(`${flags.json === true ? JSON.stringify(session) : describe(session)}\n`);
  process.exitCode = exitCodeOf(session);
  await webhooks?.settled(WEBHOOK_LIMIT_MS); // what is not taken by then, the next run sends
}

/** Adds the command. */
export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('one supervised command-line session: a command after --, or claude when there is none')
    .argument('[command...]', 'the command and its arguments, after --')
    .option('--agent <id>', 'name it is counted under', 'clara-run')
    .option('--template <name>', 'options to start from')
    .option('--templates <file>', 'JSON file with templates')
    .option('--profile <name>', 'the one profile to run on')
    .option('--profiles <file>', 'JSON file with commands or accounts that share the tries')
    .option('--group <name>', 'group it is counted in')
    .option('--prompt <text>', 'what stdin gets; - takes it from our own stdin', '')
    .addOption(
      new Option('--protocol <name>', 'how the command speaks; plain when one is given').choices(PROTOCOLS),
    )
    .option('--cwd <folder>', 'working folder')
    .addOption(new Option('--retry-delay <ms>', 'wait before the first retry, ms').argParser(whole))
    .addOption(new Option('--max-memory <mb>', 'resident memory of all its processes, MB').argParser(whole))
    .addOption(new Option('--max-cpu-time <ms>', 'CPU time of all its processes, ms').argParser(whole))
    .option('--spill <folder>', 'where output goes that is too long to keep')
    .option('--json', 'the session as one JSON object on stdout');
  addConfigOptions(command, [
    'claudeCommand',
    'sessionTimeout',
    'maxRetries',
    'healthCheckInterval',
    'cleanupInterval',
    'enableRecovery',
    'logLevel',
    'pretty',
  ]);
  command.action((commandLine: string[]) =>
    run(commandLine, command.opts<RunFlags>(), configOf(command, { logLevel: 'warn' })),
  );
}
