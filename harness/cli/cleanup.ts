/** `clara cleanup`: finds session processes that are stuck, and ends them with all that they started. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { DURATION_RANGE, parseDurationMs } from '../config/duration.ts';
import { stateFolder } from '../config/folders.ts';
import { cleanUp } from '../supervisor/clean-up.ts';
import type { CleanUpReport } from '../supervisor/clean-up.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import { systemProcessSource } from '../supervisor/process-sample.ts';
import { EXIT } from './exit-codes.ts';

interface CleanupFlags {
  readonly dryRun?: boolean;
  readonly maxAge: number;
  readonly json?: boolean;
}

const DEFAULT_MAX_AGE_MS = 2 * 3_600_000;

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(`${JSON.stringify(text)} is not ${DURATION_RANGE}.`);
  return ms;
}

/** For people. */
function describe({ found, left }: CleanUpReport, dryRun: boolean): string {
  if (found.length === 0) return 'nothing is stuck';
  const lines = found.map(({ pid, sessionId, ageMs, state, ended }) => {
    const fate = ended ? 'ended' : dryRun ? 'would be ended' : 'could not be ended';
    return `${pid}  ${sessionId}  ${Math.round(ageMs / 1000)} s old, ${state}: ${fate}`;
  });
  return [...lines, `${left} left`].join('\n');
}

/** Adds the command. */
export function registerCleanup(program: Command): void {
  program
    .command('cleanup')
    .description(
      'find session processes that are stuck (orphaned, stopped, dead and not collected, or too old) and end their whole groups',
    )
    .option('--dry-run', 'only tell; exit 1 when something is stuck')
    .option(
      '--max-age <duration>',
      `sessions older than this are stuck too (${DURATION_RANGE}; 0s: no limit)`,
      duration,
      DEFAULT_MAX_AGE_MS,
    )
    .option('--json', 'one JSON object on stdout')
    .action(async ({ dryRun = false, maxAge, json }: CleanupFlags) => {
      const report = await cleanUp({
        stateFolder: stateFolder(process.env),
        maxAgeMs: maxAge,
        dryRun,
        clock: systemEngineClock,
        processes: systemProcessSource(),
      });
      const { found, left, corruptLines } = report;
      if (corruptLines > 0)
        process.stderr.write(`clara: ${corruptLines} journal lines could not be read and were skipped\n`);
      process.stdout.write(`${json === true ? JSON.stringify({ found, left }) : describe(report, dryRun)}\n`);
      process.exitCode = left === 0 ? EXIT.good : EXIT.checkFailed;
    });
}
