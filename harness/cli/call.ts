/** `clara call`: one real call by a headless Chromium, and what came of it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { CALL_CLIENTS, type CallClient, type CallResult } from '../call/call-result.ts';
import type { JudgedCall } from '../call/judge-call.ts';
import type { CallRig } from '../call/call-rig.ts';
import { runCall } from '../call/run-call.ts';
import { saveRecording } from '../call/save-recording.ts';
import { inspectWav } from '../call/wav-file.ts';
import { createLogger } from '../log/create-logger.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Logger } from '../contracts.ts';
import { FAULT_WAYS, type FaultWay } from '../faults/fault-way.ts';
import { addConfigOptions, configOf } from './config-options.ts';
import { EXIT } from './exit-codes.ts';
import { watchInterrupts } from './interrupts.ts';

interface CallFlags {
  readonly wav?: string;
  readonly seconds: number;
  readonly client: CallClient;
  readonly fault?: string;
  readonly way?: FaultWay;
  readonly record?: string;
  readonly headed?: boolean;
  readonly json?: boolean;
}

/** Longest call, s: the tone words' numbers begin again after 34 min. */
const MAX_SECONDS = 1_800;

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 1 || value > MAX_SECONDS)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not 1 to ${MAX_SECONDS} seconds.`);
  return value;
}

/** For people. */
function describe(result: CallResult, judged: JudgedCall | undefined): string {
  const ms = (value: number | null) => (value === null ? 'never' : `${value} ms`);
  const answered =
    judged?.utterances.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [Math.round(latencyMs)])) ??
    [];
  return [
    `${result.ok ? 'good' : 'NOT good'} (${result.client})`,
    ...(judged?.why ?? []).map((why) => `  - ${why}`),
    `connected after ${ms(result.connectMs)}, agent heard after ${ms(result.agentHeardMs)}`,
    ...(judged !== undefined && judged.utterances.length > 0
      ? [`utterances ${judged.utterances.length}, answered after ${answered.join(', ')} ms`]
      : [
          `words to the agent: ${result.wordsSpoken.length} said, ${result.wordsHeardByAgent.length} heard`,
          `words from the agent: ${result.wordsSpokenByAgent.length} said, ${result.wordsHeardBack.length} heard`,
        ]),
    `phases: ${result.phases.map(({ atMs, phase, reason }) => `${phase}${reason === undefined ? '' : ` (${reason})`} ${atMs} ms`).join(', ')}`,
    `joins ${result.joins}, agents ${result.agents}`,
    ...result.faults.map(
      (fault) =>
        `${fault.id} from ${fault.atMs} to ${fault.healedMs} ms: told after ${ms(fault.firstUiStateMs)}; after its end sound back ${ms(fault.audioBackMs)}, shown as back ${ms(fault.shownBackMs)}; words lost ${fault.wordsLost.toAgent} to the agent, ${fault.wordsLost.fromAgent} from it`,
    ),
  ].join('\n');
}

async function call(command: Command): Promise<void> {
  const flags = command.opts<CallFlags>();
  // A call has its own ports, so that it runs beside `clara up`, and speaks little unless asked.
  const config = configOf(command, { port: 0, pipeline: 'count', logLevel: 'warn' });
  if (flags.wav !== undefined) await inspectWav(flags.wav);
  if (flags.record !== undefined && flags.client !== 'clara')
    throw new UsageError('--record saves what our page has recorded; the stock page records nothing');
  if (flags.way !== undefined && flags.fault === undefined)
    throw new UsageError('--way says what makes the fault of --fault; without one there is nothing to make');
  using interrupts = watchInterrupts(process, (code) => process.exit(code));
  const prettyByDefault = config.origins.pretty === 'default' && process.stderr.isTTY;
  const log = await createLogger({
    level: config.values.logLevel,
    pretty: config.values.pretty || prettyByDefault,
  });
  const report = (line: string): void => void process.stderr.write(`clara: ${line}\n`);
  if (flags.fault !== undefined) {
    const { run, result } = await faultedCall(flags, flags.fault, config, log, report, interrupts.signal);
    for (const why of run.why ?? []) report(why);
    process.stdout.write(`${flags.json === true ? JSON.stringify(result) : describe(result, undefined)}\n`);
    process.exitCode = result.ok ? EXIT.good : EXIT.checkFailed;
    return;
  }
  let judged: JudgedCall | undefined;
  const result = await runCall(
    {
      client: flags.client,
      pipeline: config.values.pipeline,
      seconds: flags.seconds,
      ...(flags.wav !== undefined && { wavFile: flags.wav }),
      ...(flags.headed !== undefined && { headed: flags.headed }),
      config,
      log,
      report,
      ...(flags.record !== undefined && {
        afterHangUp: (rig: CallRig) => recordedTo(rig, flags.record ?? '', report),
      }),
      onJudged: (all) => {
        judged = all;
      },
    },
    interrupts.signal,
  );
  for (const why of judged?.why ?? []) if (flags.json === true) process.stderr.write(`clara: ${why}\n`);
  process.stdout.write(`${flags.json === true ? JSON.stringify(result) : describe(result, judged)}\n`);
  process.exitCode = result.ok ? EXIT.good : EXIT.checkFailed;
}

async function recordedTo(rig: CallRig, file: string, report: (line: string) => void): Promise<void> {
  await saveRecording(rig, file);
  report(`recording: ${file}`);
}

/** A call under one fault of the matrix; how long it lasts and what it has to keep stands there. */
async function faultedCall(
  flags: CallFlags,
  fault: string,
  config: ResolvedConfig,
  log: Logger,
  report: (line: string) => void,
  signal: AbortSignal,
) {
  const { callOf, playFaultedCall, scenarioOf } = await import('../chaos/faulted-call.ts');
  const scenario = scenarioOf(fault);
  if (flags.wav !== undefined)
    throw new UsageError('--fault counts words, so the microphone cannot be --wav');
  if (config.values.pipeline !== 'count')
    throw new UsageError(`--fault counts words, so the pipeline is count and not ${config.values.pipeline}`);
  report(scenario.story);
  const { client, headed = false, record, way = 'B' } = flags;
  const seed = Math.floor(Math.random() * 2 ** 31);
  const run = await playFaultedCall(
    {
      scenario,
      client,
      run: 1,
      seed,
      way,
      headed,
      ...(record !== undefined && { recordFile: resolve(record) }),
      config,
      log,
      report,
    },
    signal,
  );
  return { run, result: callOf(run) };
}

/** Adds the command. */
export function registerCall(program: Command): void {
  const command = program
    .command('call')
    .description(
      'one real call: a headless Chromium with a file as its microphone, the real server, the real agent',
    )
    .option(
      '--wav <file>',
      '16-bit PCM WAV as the microphone; tone words, or speech for other pipelines, by default',
    )
    .addOption(
      new Option('--seconds <number>', `how long, from the agent's hearing the user, 1 to ${MAX_SECONDS}`)
        .argParser(seconds)
        .default(10),
    )
    .addOption(
      new Option('--client <name>', 'which page calls: clara, or stock livekit-client')
        .choices(CALL_CLIENTS)
        .default('clara'),
    )
    .option(
      '--fault <id>',
      'break the call as this fault of clara chaos --list does, and judge it by its promise',
    )
    .addOption(
      new Option('--way <name>', 'what makes the fault, as in clara chaos; B by default').choices(FAULT_WAYS),
    )
    .option(
      '--record <file>',
      'save what the page recorded of the call, as an archive to import on its sessions page',
    )
    .option('--headed', 'show the browser')
    .option('--json', 'one JSON object on stdout');
  addConfigOptions(command, [
    'pipeline',
    'voice',
    'livekitUrl',
    'livekitApiKey',
    'livekitPort',
    'udpPort',
    'port',
    'agentName',
    'logLevel',
    'pretty',
  ]);
  command.action(() => call(command));
}
