/** `clara bench`: the measured bars of every part. Figures mean something on a quiet machine only. */
import type { Command } from 'commander';
import { BENCH_PARTS } from '../bench/bench-parts.ts';
import { thisMachine } from '../bench/bench-result.ts';
import type { BenchResult } from '../bench/bench-result.ts';
import { UsageError } from '../config/usage-error.ts';
import { createLogger } from '../log/create-logger.ts';
import { EXIT } from './exit-codes.ts';

/** For people. */
function describe({ id, value, unit, bar, ok, base, ratio }: BenchResult): string {
  const compared = ratio === undefined ? '' : `, ${ratio} times ${base}`;
  return `${ok ? 'good' : 'MISS'}  ${id.padEnd(28)} ${value} ${unit}${compared} (bar ${bar})`;
}

async function bench(flags: { readonly only?: string; readonly json?: boolean }): Promise<void> {
  const names = flags.only?.split(',') ?? Object.keys(BENCH_PARTS);
  const unknown = names.filter((name) => !Object.hasOwn(BENCH_PARTS, name));
  if (unknown.length > 0)
    throw new UsageError(
      `there is no part ${unknown.join(', ')}; there are ${Object.keys(BENCH_PARTS).join(', ')}`,
    );
  const log = await createLogger({ level: 'error', pretty: process.stderr.isTTY });
  const machine = thisMachine();
  const results: BenchResult[] = [];
  for (const name of names) {
    const part = await BENCH_PARTS[name]?.();
    await part?.(log, (result) => {
      results.push(result);
      process.stderr.write(`${describe(result)}\n`);
    });
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ machine, results })}\n`);
  const missed = results.filter(({ ok }) => !ok).length;
  if (flags.json !== true)
    process.stdout.write(`${results.length - missed} of ${results.length} bars hold\n`);
  process.exitCode = missed === 0 ? EXIT.good : EXIT.checkFailed;
}

/** Adds the command. */
export function registerBench(program: Command): void {
  program
    .command('bench')
    .description('the measured bars of every part; wants a quiet machine')
    .option('--only <parts>', `parts, separated by commas: ${Object.keys(BENCH_PARTS).join(', ')}`)
    .option('--json', 'one JSON object on stdout')
    .action(bench);
}
