/**
 * Owns: precedence (flags, environment, clara.config.json, defaults), and where each value came from.
 * Never: starts anything; shows a secret.
 * Invariant: every wrong value is told in one error, each with its name, value, range and origin.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPTIONS, OPTION_NAMES, configSchema, environmentNamesOf, flagOf } from './options.ts';
import type { Config, OptionName } from './options.ts';
import { UsageError } from './usage-error.ts';

/** The file that is read in the working folder. */
export const CONFIG_FILE = 'clara.config.json';

/** Where a value came from: `--port`, `CLARA_PORT`, `clara.config.json`, `default`. */
export type Origin = string;

/** Settings and where each came from. */
export interface ResolvedConfig {
  readonly values: Config;
  readonly origins: Readonly<Record<OptionName, Origin>>;
}

/** Where settings are looked for. */
export interface ConfigSources {
  /** Values of flags that were given. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  /** The parsed {@link CONFIG_FILE}; undefined when there is none. */
  readonly file?: unknown;
  /** Other defaults of one command, `{ port: 0 }` for a call. */
  readonly defaults?: Partial<Config>;
}

/** Reads {@link CONFIG_FILE} of a folder. Throws UsageError when it is there and no JSON. */
export function readConfigFile(folder: string): unknown {
  const path = join(folder, CONFIG_FILE);
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return JSON.parse(content);
  } catch {
    throw new UsageError(`${path} is not JSON`); // the parser's message would quote the file, and with it a secret
  }
}

function fileEntries(file: unknown, problems: string[]): Record<string, unknown> {
  if (file === undefined) return {};
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    problems.push(`${CONFIG_FILE} is not an object`);
    return {};
  }
  for (const name of Object.keys(file)) {
    if (!OPTION_NAMES.includes(name as OptionName))
      problems.push(`${CONFIG_FILE}: there is no option "${name}"`);
  }
  return file as Record<string, unknown>;
}

/** One setting: as it was given, as it is understood, and from where. */
interface Setting {
  readonly given: unknown;
  readonly value: unknown;
  readonly origin: Origin;
}

function lookUp(name: OptionName, sources: ConfigSources, file: Record<string, unknown>): Setting {
  const { fromText } = OPTIONS[name];
  const setting = (given: unknown, origin: Origin): Setting => {
    const isText = typeof given === 'string' && origin !== CONFIG_FILE; // JSON has numbers of its own
    return { given, value: isText ? fromText(given) : given, origin };
  };
  if (sources.flags[name] !== undefined) return setting(sources.flags[name], flagOf(name));
  for (const variable of environmentNamesOf(name)) {
    const value = sources.env[variable];
    if (value !== undefined && value !== '') return setting(value, variable);
  }
  if (Object.hasOwn(file, name)) return setting(file[name], CONFIG_FILE);
  return setting(sources.defaults?.[name] ?? OPTIONS[name].default, 'default');
}

/** What must hold between options. */
function crossChecks(values: Config): string[] {
  const problems: string[] = [];
  if (values.livekitUrl !== '' && (values.livekitApiKey === '' || values.livekitApiSecret === '')) {
    problems.push('livekitUrl is set: LIVEKIT_API_KEY and LIVEKIT_API_SECRET are needed with it');
  }
  if (values.livekitUrl !== '' && (values.livekitPort !== 0 || values.udpPort !== 0)) {
    problems.push('livekitUrl is set: livekitPort and udpPort belong to a server started here');
  }
  if (values.webhookUrl !== '' && values.webhookSecret === '') {
    problems.push('webhookUrl is set: CLARA_WEBHOOK_SECRET is needed with it');
  }
  return problems;
}

/** Resolves all options. Throws one {@link UsageError} that tells all that is wrong. */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const problems: string[] = [];
  const file = fileEntries(sources.file, problems);
  const found = OPTION_NAMES.map((name) => [name, lookUp(name, sources, file)] as const);
  const result = configSchema.safeParse(Object.fromEntries(found.map(([name, { value }]) => [name, value])));
  const wrong = new Set(result.error?.issues.map((issue) => issue.path[0]));
  for (const [name, { given, origin }] of found) {
    if (!wrong.has(name)) continue;
    const shown = OPTIONS[name].secret ? 'the value' : JSON.stringify(given);
    problems.push(`${name}: ${shown} from ${origin} is not ${OPTIONS[name].range}`);
  }
  if (problems.length === 0) problems.push(...crossChecks(result.data as unknown as Config));
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    values: result.data as unknown as Config, // the schema is made of the same table as the type
    origins: Object.fromEntries(found.map(([name, { origin }]) => [name, origin])) as Record<
      OptionName,
      Origin
    >,
  };
}

/** What `clara config --json` and `GET /config` show; a secret is `"***"` when set. */
export function describeConfig(
  resolved: ResolvedConfig,
): Record<OptionName, { value: unknown; from: Origin }> {
  const shown = (name: OptionName): unknown => {
    const value = resolved.values[name];
    return OPTIONS[name].secret && value !== '' ? '***' : value;
  };
  return Object.fromEntries(
    OPTION_NAMES.map((name) => [name, { value: shown(name), from: resolved.origins[name] }]),
  ) as Record<OptionName, { value: unknown; from: Origin }>;
}
