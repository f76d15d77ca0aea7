/** `clara chaos`: the fault matrix, or a part of it, played and judged. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type * as ChaosModule from '../chaos/chaos.ts';
import type * as MergeModule from '../chaos/merge-reports.ts';
import { CALL_CLIENTS, type CallClient } from '../call/call-result.ts';
import { UsageError } from '../config/usage-error.ts';
import type { ChaosResult, ChaosSummary } from '../scenario/chaos-result.ts';
import { seconds } from '../scenario/report-format.ts';
import { FAULT_WAYS, type FaultWay } from '../faults/fault-way.ts';
import type { ForeignResult } from '../chaos/play-foreign.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { createLogger } from '../log/create-logger.ts';
import { addConfigOptions, configOf } from './config-options.ts';
import { EXIT } from './exit-codes.ts';
import { watchInterrupts } from './interrupts.ts';

interface ChaosFlags {
  readonly only: readonly string[];
  readonly runs?: number;
  readonly seed?: number;
  readonly shard?: { readonly index: number; readonly count: number };
  readonly client: CallClient | 'both';
  readonly report?: string;
  readonly lanes?: number;
  readonly minutes?: number;
  readonly way: FaultWay;
  readonly short?: boolean;
  readonly list?: boolean;
  readonly merge?: readonly string[];
  readonly app?: string;
  readonly start?: string;
  readonly headed?: boolean;
  readonly keepFacts?: boolean;
  readonly json?: boolean;
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`${JSON.stringify(text)} is not ${least} to ${most}.`);
    return value;
  };

function names(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ];
}

function shard(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || count < 1 || index > count)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not like 1/3.`);
  return { index, count };
}

/** For people. */
function describe(result: ChaosResult): string {
  const width = Math.max(0, ...result.summary.map(({ id }) => id.length));
  const pair = ({ p50, p95 }: ChaosSummary['audioBackMs']): string => `${seconds(p50)} / ${seconds(p95)}`;
  return [
    `seed ${result.seed}; each time: middle / 95 of 100`,
    ...result.summary.map(
      (line) =>
        `${line.id.padEnd(width)} ${line.client.padEnd(5)} ${line.passed} of ${line.runs} as promised, told ${pair(line.firstUiStateMs)}, sound back ${pair(line.audioBackMs)}, words lost ${line.wordsLost.toAgent} + ${line.wordsLost.fromAgent}`,
    ),
  ].join('\n');
}

async function list(): Promise<void> {
  const { MATRIX } = await import('../scenario/matrix.ts');
  const width = Math.max(...MATRIX.map(({ id }) => id.length));
  for (const { id, group, story } of MATRIX)
    process.stdout.write(`${id.padEnd(width)}  ${group.padEnd(10)}  ${story}\n`);
}

/** Heavy, so other commands need not wait. Not inside a function with `using`: there TypeScript 6.0 leaves `.ts` as it is. */
function loadChaos(): Promise<typeof ChaosModule> {
  return import('../chaos/chaos.ts');
}

/** Faults on somebody else's app. It has made no promise, so only what could not be played is a failure. */
async function foreign(flags: ChaosFlags, config: ResolvedConfig): Promise<void> {
  const { app, start } = flags;
  if (app === undefined || start === undefined)
    throw new UsageError('--app and --start go together: where the app is, and what to press there');
  if (flags.way === 'N')
    throw new UsageError('--way N plays on our own stack; an app that is not ours is broken at its browser');
  if (!URL.canParse(app) || !/^https?:$/.test(new URL(app).protocol))
    throw new UsageError(`--app ${JSON.stringify(app)} is no http(s) address`);
  const { scenariosFor, writeForeign } = await import('../chaos/foreign-report.ts');
  const { playForeign } = await import('../chaos/play-foreign.ts');
  const log = await createLogger({ level: config.values.logLevel, pretty: false });
  const { result, end } = await untilInterrupted((signal) => {
    const scenarios = scenariosFor(flags.only);
    const { runs = 1, headed } = flags;
    const options = {
      url: app,
      start,
      scenarios,
      runs,
      log,
      tell: say,
      ...(headed !== undefined && { headed }),
    };
    return playForeign(options, signal);
  });
  end();
  if (flags.report !== undefined) {
    await writeForeign(flags.report, result);
    say(`report: ${flags.report}/report.html`);
  }
  process.stdout.write(`${flags.json === true ? JSON.stringify(result) : describeForeign(result)}\n`);
  process.exitCode = result.runs.every(({ played }) => played) ? EXIT.good : EXIT.checkFailed;
}

/** For people. */
function describeForeign({ app, runs, notApplicable }: ForeignResult): string {
  return [
    app,
    ...runs.map((run) =>
      run.played
        ? `${run.id} ${run.run}: first new text ${seconds(run.firstTextMs)}, longest silence ${seconds(run.longestSilenceMs)}, sound back ${seconds(run.soundBackMs)} after the end${run.texts.map(({ atMs, appeared }) => (appeared.length === 0 ? '' : `\n    at ${seconds(atMs)}: ${appeared.join(' | ')}`)).join('')}`
        : `${run.id} ${run.run}: not played: ${run.why ?? ''}`,
    ),
    ...notApplicable.map(({ id, why }) => `${id}: cannot be played on a foreign app: ${why}`),
  ].join('\n');
}

/** Runs `work` with an abort signal for Ctrl-C. */
async function untilInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly result: T; readonly end: () => void }> {
  const interrupts = watchInterrupts(process, (code) => process.exit(code));
  const end = (): void => interrupts[Symbol.dispose]();
  try {
    return { result: await work(interrupts.signal), end };
  } catch (error) {
    end();
    throw error;
  }
}

function say(line: string): void {
  process.stderr.write(`clara: ${line}\n`);
}

function loadMerge(): Promise<typeof MergeModule> {
  return import('../chaos/merge-reports.ts');
}

async function chaos(command: Command): Promise<void> {
  const flags = command.opts<ChaosFlags>();
  if (flags.list === true) return list();
  const config = configOf(command, { port: 0, pipeline: 'count', logLevel: 'warn' });
  if (config.values.pipeline !== 'count')
    throw new UsageError('words are counted with the pipeline count only');
  if (flags.app !== undefined || flags.start !== undefined) return foreign(flags, config);
  const { runChaos, reportFrame } = await loadChaos();
  if (flags.merge !== undefined) {
    if (flags.report === undefined) throw new UsageError('--merge needs --report: where the whole goes');
    const { mergeReports } = await loadMerge();
    return tellResult(await mergeReports(flags.merge, flags.report, reportFrame), flags);
  }
  using interrupts = watchInterrupts(process, (code) => process.exit(code));
  const { report, ...rest } = flags;
  const result = await runChaos(
    { ...rest, ...(report !== undefined && { report }), config, tell: say },
    interrupts.signal,
  );
  tellResult(result, flags);
}

/** Prints a result and sets the exit code by it. */
function tellResult(result: ChaosResult, { report, json }: ChaosFlags): void {
  for (const { soak, why } of result.runs) {
    if (soak === undefined) continue;
    say(`soak: ${JSON.stringify({ ...soak, pageErrors: soak.pageErrors.length })}`);
    for (const each of why ?? []) say(`soak: ${each}`);
  }
  if (report !== undefined) say(`report: ${report}/report.html`);
  process.stdout.write(`${json === true ? JSON.stringify(result) : describe(result)}\n`);
  process.exitCode = isGood(result) ? EXIT.good : EXIT.checkFailed;
}

/** Ours keeps its promises; stock made none, but has to have been played. */
export function isGood({ runs }: Pick<ChaosResult, 'runs'>): boolean {
  return runs.every(({ client, pass, unplayed }) => (client === 'clara' ? pass : unplayed !== true));
}

/** Adds the command. */
export function registerChaos(program: Command): void {
  const command = program
    .command('chaos')
    .description(
      'real calls under faults of network, server, agent and page, judged; stock livekit-client beside ours',
    )
    .option(
      '--only <names>',
      'these faults or groups, with commas between; all by default; soak: one long call under random faults',
      names,
      [],
    )
    .addOption(new Option('--minutes <number>', 'length of a soak, 30 by default').argParser(whole(1, 720)))
    .option('--list', 'the faults by name, and what happens in each')
    .addOption(
      new Option(
        '--runs <number>',
        'calls for each fault and client, instead of 20, 5 or 3 by its length',
      ).argParser(whole(1, 1_000)),
    )
    .addOption(new Option('--seed <number>', 'chance to be played again').argParser(whole(0, 2 ** 32 - 1)))
    .addOption(new Option('--shard <i/n>', 'the i-th of n parts, for several machines').argParser(shard))
    .addOption(
      new Option('--client <name>', 'who calls: clara, stock livekit-client, or both')
        .choices([...CALL_CLIENTS, 'both'])
        .default('clara'),
    )
    .option('--report <folder>', 'where a report is written, run by run; goes on where it stopped')
    .addOption(
      new Option('--lanes <number>', 'calls side by side; 3 on 2 cores by default').argParser(whole(1, 32)),
    )
    .addOption(
      new Option(
        '--way <name>',
        'what makes the faults of the path: our relay, led to by address (A, Linux) or by rewritten candidates (B), or the kernel (N, Linux and root)',
      )
        .choices(FAULT_WAYS)
        .default('B'),
    )
    .option('--short', 'the form of npm test: long faults shortened under a budget of 20 s')
    .option('--merge <folders>', 'put reports of --shard together into --report, with commas between', names)
    .option('--app <url>', 'break this web app instead of ours; reports its sound and its texts')
    .option('--start <selector>', 'what to press in it to begin a call (CSS, or text=...)')
    .option('--keep-facts', 'keep what both ends saw and logged of each call in the report folder')
    .option('--headed', 'show the browsers')
    .option('--json', 'one JSON object on stdout');
  addConfigOptions(command, ['logLevel', 'agentName']);
  command.action(() => chaos(command));
}
