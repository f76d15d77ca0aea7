/**
 * Owns: where a Chromium comes from: CHROME_PATH, the system, playwright's own, the system's package manager.
 * Never: asks for a password or installs system packages as anyone but root (Homebrew excepted).
 */
import { execPath } from 'node:process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { askVersion, findOnPath, isExecutable } from '../parts/executable.ts';
import { parseDisabledWays, tryWays } from '../parts/try-ways.ts';
import type { Report, Way } from '../parts/try-ways.ts';
import { install, installPackage } from '../parts/install.ts';
import type { PackageNames } from '../parts/package-managers.ts';

/** A Chromium that has told its version. */
export interface ChromiumBinary {
  readonly path: string;
  readonly version: string;
  /** Where it was found: `chromium-system`. */
  readonly way: string;
}

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_PATHS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const PACKAGES: PackageNames = {
  brew: ['--cask', 'chromium'],
  'apt-get': 'chromium',
  dnf: 'chromium',
  pacman: 'chromium',
  apk: 'chromium',
};

type Found = { readonly part: ChromiumBinary } | { readonly reason: string };

async function verified(path: string, way: string, signal: AbortSignal): Promise<Found> {
  const answer = await askVersion(path, /chrom/i, signal);
  return 'version' in answer ? { part: { path, version: answer.version, way } } : answer;
}

async function onSystem(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const onPath = await findOnPath(COMMANDS, env['PATH']);
  if (onPath !== undefined || process.platform !== 'darwin') return onPath;
  for (const path of MAC_PATHS) if (await isExecutable(path)) return path;
  return undefined;
}

/** The ways that need no network and change nothing: what `clara doctor` looks at. */
export function presentChromiumWays(env: NodeJS.ProcessEnv): Way<ChromiumBinary>[] {
  return [
    {
      id: 'chromium-env',
      what: 'CHROME_PATH',
      find: async (signal) => {
        const path = env['CHROME_PATH'];
        return path ? verified(path, 'chromium-env', signal) : { reason: 'not set' };
      },
    },
    {
      id: 'chromium-system',
      what: `${COMMANDS.join(', ')} on this system`,
      find: async (signal) => {
        const path = await onSystem(env);
        return path === undefined ? { reason: 'none is there' } : verified(path, 'chromium-system', signal);
      },
    },
  ];
}

function playwrightWay(env: NodeJS.ProcessEnv, report: Report): Way<ChromiumBinary> {
  return {
    id: 'chromium-playwright',
    what: 'playwright install chromium',
    find: async (signal) => {
      const path = chromium.executablePath();
      if (!(await isExecutable(path))) {
        const cli = join(
          dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')),
          'cli.js',
        );
        const reason = await install([execPath, cli, 'install', 'chromium'], { env, report }, signal);
        if (reason !== undefined) return { reason };
      }
      return verified(path, 'chromium-playwright', signal);
    },
  };
}

function packageWay(env: NodeJS.ProcessEnv, report: Report): Way<ChromiumBinary> {
  return {
    id: 'chromium-package',
    what: "the system's package manager",
    find: async (signal) => {
      const reason = await installPackage(PACKAGES, { env, report }, signal);
      if (reason !== undefined) return { reason };
      const path = await onSystem(env);
      return path === undefined
        ? { reason: 'installed, but not found' }
        : verified(path, 'chromium-package', signal);
    },
  };
}

/** Finds a Chromium, or gets one. Rejects with PartMissingError that names every way. */
export function findChromium(
  options: { readonly env: NodeJS.ProcessEnv; readonly report: Report },
  signal: AbortSignal,
): Promise<ChromiumBinary> {
  const { env, report } = options;
  return tryWays(
    {
      name: 'Chromium',
      neededFor: 'clara call and the tests',
      how: 'install chromium or Google Chrome, or set CHROME_PATH to one',
      ways: [...presentChromiumWays(env), playwrightWay(env, report), packageWay(env, report)],
    },
    parseDisabledWays(env['CLARA_DISABLE']),
    signal,
  );
}
