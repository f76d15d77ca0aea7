/** Builds livekit-server with Go into a temporary folder, then moves it into the cache in one step. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findOnPath } from '../parts/executable.ts';
import type { Report } from '../parts/try-ways.ts';
import { runCommand } from '../supervisor/run-command.ts';

/** Longest build, ms: a cold one on two cores takes 2 to 4 min, with the modules to fetch first. */
const BUILD_LIMIT_MS = 15 * 60_000;
/** How often people hear that it goes on, ms. */
const REPORT_EVERY_MS = 5000;

/** What is wanted, and where it goes. */
export interface FetchOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The file in the cache that shall be there afterwards. */
  readonly target: string;
  readonly version: string;
  readonly report: Report;
}

/** Builds it. Resolves with a reason when that does not work; rejects only when aborted. Leaves no temporary folder. */
export async function goInstallLiveKitServer(
  options: FetchOptions,
  signal: AbortSignal,
): Promise<{ reason?: string }> {
  const { env, target, version, report } = options;
  const go = await findOnPath(['go'], env['PATH']);
  if (go === undefined) return { reason: 'there is no go on the PATH' };
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(dirname(target), '.go-')); // beside the target: a rename there is atomic
  const startedMonoMs = performance.now();
  const elapsedS = () => Math.round((performance.now() - startedMonoMs) / 1000);
  const timer = setInterval(
    () => report(`building livekit-server with Go, ${elapsedS()} s`),
    REPORT_EVERY_MS,
  );
  report(`building livekit-server ${version} with Go (once; some minutes when Go has nothing cached)`);
  try {
    const result = await runCommand(
      {
        command: go,
        args: ['install', `github.com/livekit/livekit-server/cmd/server@v${version}`],
        cwd: folder, // no go.mod here
        env: {
          ...env,
          GOBIN: folder,
          GOFLAGS: '',
          GO111MODULE: 'on',
          GOOS: '',
          GOARCH: '',
          CGO_ENABLED: '0',
        },
        limitMs: BUILD_LIMIT_MS,
      },
      signal,
    );
    if (result.timedOut) return { reason: `not built in ${BUILD_LIMIT_MS / 60_000} min` };
    if (result.code !== 0) return { reason: lastLine(result.stderr) };
    await rename(join(folder, 'server'), target);
    return {};
  } catch (error) {
    signal.throwIfAborted();
    return { reason: error instanceof Error ? error.message : 'unknown error' };
  } finally {
    clearInterval(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? 'go said nothing';
}
