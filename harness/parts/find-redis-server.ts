/** Owns: where the tests' redis-server comes from: the system, or its package manager. */
import { askVersion, findOnPath } from './executable.ts';
import { installPackage } from './install.ts';
import type { PackageNames } from './package-managers.ts';
import { parseDisabledWays, tryWays, type Report } from './try-ways.ts';

/** A redis-server that has told its version. */
export interface RedisBinary {
  readonly path: string;
  readonly version: string;
}

const PACKAGES: PackageNames = {
  brew: ['redis'],
  'apt-get': 'redis-server',
  dnf: 'redis',
  pacman: 'redis',
  apk: 'redis',
};

/** Finds a redis-server, or gets one. Rejects with PartMissingError that names every way. */
export function findRedisServer(
  options: { readonly env: NodeJS.ProcessEnv; readonly report: Report },
  signal: AbortSignal,
): Promise<RedisBinary> {
  const { env } = options;
  const look = async (missing: string) => {
    const path = await findOnPath(['redis-server'], env['PATH']);
    if (path === undefined) return { reason: missing };
    const answer = await askVersion(path, /redis|valkey/i, signal);
    return 'version' in answer ? { part: { path, version: answer.version } } : answer;
  };
  return tryWays<RedisBinary>(
    {
      name: 'redis-server',
      neededFor: 'the tests of several machines as one',
      how: 'install redis-server',
      ways: [
        { id: 'redis-system', what: 'redis-server on this system', find: () => look('none is there') },
        {
          id: 'redis-package',
          what: "the system's package manager",
          find: async () => {
            const reason = await installPackage(PACKAGES, options, signal);
            return reason === undefined ? look('installed, but not found') : { reason };
          },
        },
      ],
    },
    parseDisabledWays(env['CLARA_DISABLE']),
    signal,
  );
}
