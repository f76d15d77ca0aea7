/**
 * Owns: where livekit-server comes from: LIVEKIT_SERVER_BIN, the PATH, our cache, `go install`, the official release.
 * Never: uses a binary that has not told its version; puts a half-made one into the cache.
 */
import { join } from 'node:path';
import { cacheFolder } from '../config/folders.ts';
import { askVersion, findOnPath, isExecutable } from '../parts/executable.ts';
import { parseDisabledWays, tryWays } from '../parts/try-ways.ts';
import type { Report, Way } from '../parts/try-ways.ts';
import { downloadLiveKitServer, releaseBase } from './download-livekit-server.ts';
import { goInstallLiveKitServer } from './go-install-livekit-server.ts';

/** The version that is built, downloaded and tested; an older or newer one on the PATH is taken as it is. */
export const LIVEKIT_SERVER_VERSION = '1.13.5';

/** A livekit-server that has told its version. */
export interface LiveKitServerBinary {
  readonly path: string;
  readonly version: string;
  /** Where it was found: `server-cache`. */
  readonly way: string;
}

/** The cached binary's place; the version is in the path, so that another version never meets it. */
export function cachedServerPath(env: NodeJS.ProcessEnv): string {
  return join(
    cacheFolder(env),
    'livekit-server',
    LIVEKIT_SERVER_VERSION,
    `${process.platform}-${process.arch}`,
    'livekit-server',
  );
}

type Found = { readonly part: LiveKitServerBinary } | { readonly reason: string };

async function verified(path: string, way: string, signal: AbortSignal): Promise<Found> {
  const answer = await askVersion(path, /livekit-server version/i, signal);
  return 'version' in answer ? { part: { path, version: answer.version, way } } : answer;
}

/** The ways that need no network and change nothing: what `clara doctor` looks at. */
export function presentServerWays(env: NodeJS.ProcessEnv): Way<LiveKitServerBinary>[] {
  return [
    {
      id: 'server-env',
      what: 'LIVEKIT_SERVER_BIN',
      find: async (signal) => {
        const path = env['LIVEKIT_SERVER_BIN'];
        return path ? verified(path, 'server-env', signal) : { reason: 'not set' };
      },
    },
    {
      id: 'server-path',
      what: 'livekit-server on the PATH',
      find: async (signal) => {
        const path = await findOnPath(['livekit-server'], env['PATH']);
        return path === undefined ? { reason: 'not there' } : verified(path, 'server-path', signal);
      },
    },
    {
      id: 'server-cache',
      what: cachedServerPath(env),
      find: async (signal) => {
        const path = cachedServerPath(env);
        return (await isExecutable(path))
          ? verified(path, 'server-cache', signal)
          : { reason: 'not there yet' };
      },
    },
  ];
}

function fetchingServerWays(env: NodeJS.ProcessEnv, report: Report): Way<LiveKitServerBinary>[] {
  const target = cachedServerPath(env);
  const taken = async (
    outcome: { readonly reason?: string },
    way: string,
    signal: AbortSignal,
  ): Promise<Found> =>
    outcome.reason === undefined ? verified(target, way, signal) : { reason: outcome.reason };
  return [
    {
      id: 'server-go',
      what: `go install github.com/livekit/livekit-server/cmd/server@v${LIVEKIT_SERVER_VERSION}`,
      find: async (signal) =>
        taken(
          await goInstallLiveKitServer({ env, target, version: LIVEKIT_SERVER_VERSION, report }, signal),
          'server-go',
          signal,
        ),
    },
    {
      id: 'server-download',
      what: `the release archive from ${releaseBase(env, LIVEKIT_SERVER_VERSION)}`,
      find: async (signal) =>
        taken(
          await downloadLiveKitServer({ env, target, version: LIVEKIT_SERVER_VERSION, report }, signal),
          'server-download',
          signal,
        ),
    },
  ];
}

/** Finds livekit-server, or gets it. Rejects with PartMissingError that names every way. */
export function findLiveKitServer(
  options: { readonly env: NodeJS.ProcessEnv; readonly report: Report },
  signal: AbortSignal,
): Promise<LiveKitServerBinary> {
  const { env, report } = options;
  return tryWays(
    {
      name: 'livekit-server',
      neededFor: 'calls on this machine (your own server instead: --livekit-url)',
      how:
        process.platform === 'darwin'
          ? 'brew install livekit, or install Go, or set LIVEKIT_SERVER_BIN to a livekit-server'
          : 'install Go (https://go.dev/dl), or set LIVEKIT_SERVER_BIN to a livekit-server',
      ways: [...presentServerWays(env), ...fetchingServerWays(env, report)],
    },
    parseDisabledWays(env['CLARA_DISABLE']),
    signal,
  );
}
