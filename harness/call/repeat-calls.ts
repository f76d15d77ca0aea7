/**
 * A program of its own: several calls in a row and what they have in common, against the bars of a call.
 * `npm run build && node dist/harness/call/repeat-calls.js [--calls 10] [--seconds 5] [--client clara] [--answers 20]`
 * makes `--calls` counted calls, then parrot calls until `--answers` utterances were answered (0: none). One line a
 * call on stderr, one JSON object on stdout, exit 1 when a call was not good or a bar was missed.
 */
import { parseArgs } from 'node:util';
import { UsageError } from '../config/usage-error.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { Logger, Pipeline } from '../contracts.ts';
import { createLogger } from '../log/create-logger.ts';
import { CALL_CLIENTS, type CallClient } from './call-result.ts';
import type { JudgedCall } from './judge-call.ts';
import { percentile } from './percentile.ts';
import { runCall } from './run-call.ts';

/** The bars on loopback, ms at the 95th percentile. */
const BARS_MS = { connectMs: 1_000, agentHeardMs: 1_200, answerMs: 900 } as const;
/** One parrot call lasts so long, s: seven sentences with their pauses. */
const PARROT_SECONDS = 45;

interface Wanted {
  readonly calls: number;
  readonly answers: number;
  readonly seconds: number;
  readonly client: CallClient;
}

function wanted(): Wanted {
  const { values } = parseArgs({
    options: {
      calls: { type: 'string', default: '10' },
      answers: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '5' },
      client: { type: 'string', default: 'clara' },
    },
  });
  const count = (name: 'calls' | 'answers' | 'seconds', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least || value > 1_000)
      throw new UsageError(`--${name} ${values[name]} is not ${least} to 1000`);
    return value;
  };
  const client = CALL_CLIENTS.find((known) => known === values.client);
  if (client === undefined)
    throw new UsageError(`--client ${values.client} is not ${CALL_CLIENTS.join(' or ')}`);
  return { calls: count('calls', 0), answers: count('answers', 0), seconds: count('seconds', 1), client };
}

async function oneCall(
  pipeline: Pipeline,
  seconds: number,
  client: CallClient,
  log: Logger,
  signal: AbortSignal,
): Promise<JudgedCall> {
  const config = resolveConfig({ flags: {}, env: process.env, defaults: { port: 0, pipeline } });
  const judged: JudgedCall[] = [];
  await runCall(
    { client, pipeline, seconds, config, log, report: () => undefined, onJudged: (all) => judged.push(all) },
    signal,
  );
  const [call] = judged;
  if (call === undefined) throw new Error('the call gave no result');
  const { result, why, utterances } = call;
  const answers = utterances.map(({ latencyMs }) =>
    latencyMs === undefined ? 'none' : Math.round(latencyMs),
  );
  process.stderr.write(
    `${pipeline}: ${result.ok ? 'good' : `NOT good: ${why.join('; ')}`} connect ${result.connectMs} ms, heard ${result.agentHeardMs} ms, words ${result.wordsHeardByAgent.length}/${result.wordsSpoken.length} ${result.wordsHeardBack.length}/${result.wordsSpokenByAgent.length}${answers.length > 0 ? `, answers ${answers.join(' ')} ms` : ''}\n`,
  );
  return call;
}

/** Count, median, 95th percentile and bar of one measure. */
function summary(values: readonly number[], barMs: number) {
  const p95 = percentile(values, 0.95);
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p95,
    barMs,
    ok: p95 === undefined || p95 <= barMs,
  };
}

async function main(): Promise<void> {
  const { calls, answers, seconds, client } = wanted();
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const log = await createLogger({ level: 'warn', pretty: false });
  const counted: JudgedCall[] = [];
  while (counted.length < calls)
    counted.push(await oneCall('count', seconds, client, log, interrupted.signal));
  const parrot: JudgedCall[] = [];
  const latencies = () =>
    parrot.flatMap((call) =>
      call.utterances.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [Math.round(latencyMs)])),
    );
  // A parrot that answers nothing must not be asked for ever.
  while (latencies().length < answers && parrot.length < answers)
    parrot.push(await oneCall('parrot', PARROT_SECONDS, client, log, interrupted.signal));
  const sum = (of: (call: JudgedCall) => number) => counted.reduce((total, call) => total + of(call), 0);
  const report = {
    client,
    calls: counted.length + parrot.length,
    good: [...counted, ...parrot].filter((call) => call.result.ok).length,
    wordsSaid: sum(({ toAgent, fromAgent }) => toAgent.spoken.length + fromAgent.spoken.length),
    wordsLost: sum(({ toAgent, fromAgent }) => toAgent.lost.length + fromAgent.lost.length),
    wordsTwice: sum(({ toAgent, fromAgent }) => toAgent.twice.length + fromAgent.twice.length),
    connectMs: summary(
      counted.flatMap(({ result }) => result.connectMs ?? []),
      BARS_MS.connectMs,
    ),
    agentHeardMs: summary(
      counted.flatMap(({ result }) => result.agentHeardMs ?? []),
      BARS_MS.agentHeardMs,
    ),
    answerMs: summary(latencies().slice(0, answers), BARS_MS.answerMs),
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode =
    report.good === report.calls && report.connectMs.ok && report.agentHeardMs.ok && report.answerMs.ok
      ? 0
      : 1;
}

await main();
process.exit(); // native modules keep the process alive
