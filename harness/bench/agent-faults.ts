/**
 * Owns: the bars of a lost agent, each measured in a real call: real server, real agent, real browser. When the page
 * says so, when words flow again, what is left. The faults that the matrix has are played as it has them.
 */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { playRun } from '../chaos/play-run.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { FaultSpec } from '../faults/create-fault.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';
import { MATRIX } from '../scenario/matrix.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { BenchContext } from './bench-context.ts';
import { atMost } from './bench-result.ts';
import { untilNoneLeft, untilServingGone } from './leftovers.ts';

/** Longest watch on a broken process, ms. */
const GONE_LIMIT_MS = 40_000;

interface Trial {
  /** In result ids. */
  readonly name: string;
  readonly scenario: Scenario;
  /** s. */
  readonly toldBar: number;
  readonly backBar: number;
  /** s; of the process that is broken and still there. */
  readonly goneBar?: number;
}

function fromMatrix(id: string): Scenario {
  const found = MATRIX.find((scenario) => scenario.id === id);
  if (found === undefined) throw new Error(`the matrix has no ${id}`);
  return found;
}

/** Like `agent-hang`, with another fault. */
function likeHang(id: string, story: string, fault: FaultSpec, watchMs: number): Scenario {
  return { ...fromMatrix('agent-hang'), id, story, fault, watchMs };
}

const TRIALS = (): readonly Trial[] => [
  { name: 'agentKill', scenario: fromMatrix('agent-kill'), toldBar: 5, backBar: 6 },
  { name: 'agentHang', scenario: fromMatrix('agent-hang'), toldBar: 5, backBar: 10, goneBar: 15 },
  {
    name: 'agentBusy',
    scenario: likeHang(
      'agent-busy',
      'The agent process is caught in a loop.',
      { kind: 'processInject', process: 'agent', what: 'busyLoop' },
      20_000,
    ),
    toldBar: 5,
    backBar: 10,
    goneBar: 15,
  },
  {
    name: 'agentLeak',
    // Told and back count from the fault; a leak of 100 MB/s needs some 4 s to reach 512 MB, and is no loss before.
    scenario: likeHang(
      'agent-leak',
      'The agent process takes ever more memory.',
      { kind: 'processInject', process: 'agent', what: 'leak' },
      30_000,
    ),
    toldBar: 15,
    backBar: 20,
    goneBar: 20,
  },
  { name: 'serverKill', scenario: fromMatrix('server-kill-5'), toldBar: 5, backBar: 1.5 },
];

/** From the fault to the first words both ways that were said after it was told, ms; undefined when none came. Pure. */
export function wordsAfterToldMs({ faults, words }: Pick<ChaosRun, 'faults' | 'words'>): number | undefined {
  const [fault] = faults;
  if (fault === undefined || fault.firstUiStateMs === null || words === undefined) return undefined;
  const { atMs: faultMs } = fault;
  const toldMs = faultMs + fault.firstUiStateMs;
  const first = [words.toAgent, words.fromAgent].map((way) =>
    way.find(({ atMs, fate }) => fate !== 'lost' && atMs > toldMs),
  );
  const last = Math.max(...first.map((word) => word?.atMs ?? Number.NaN));
  return Number.isNaN(last) ? undefined : last - faultMs;
}

/** Plays each once. */
export async function measureAgentFaults(context: BenchContext): Promise<void> {
  for (const trial of TRIALS()) await playTrial(trial, context);
}

async function playTrial(
  { name, scenario, toldBar, backBar, goneBar }: Trial,
  { folder: parent, tell, log }: BenchContext,
): Promise<void> {
  const id = (what: string): string => `supervisor.${name}${what}`;
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder; // all that a call starts carries it
  let gone: Promise<number> | undefined;
  const onStep = (text: string): void => {
    if (text === 'broken' && goneBar !== undefined) gone = untilServingGone(folder, GONE_LIMIT_MS);
  };
  try {
    const { run } = await playRun(
      {
        scenario,
        client: 'clara',
        run: 1,
        seed: 1,
        slackMs: 0,
        way: 'B',
        headed: false,
        keepFacts: false,
        config: resolveConfig({
          flags: {},
          env: {},
          defaults: { port: 0, pipeline: 'count', logLevel: 'error' },
        }),
      },
      onStep,
      new AbortController().signal,
    );
    const [fault] = run.faults;
    if (run.why !== undefined) log.error({ event: 'benchCall', name, why: run.why }, run.why.join('; '));
    // What never came has no figure, and its bar is missed.
    tell(atMost(id('Told'), (fault?.firstUiStateMs ?? Number.NaN) / 1000, toldBar, 's'));
    // A leak breaks nothing until its process is ended: words count that were said after the page had told of that.
    const backMs = name === 'agentLeak' ? wordsAfterToldMs(run) : fault?.audioBackMs;
    tell(atMost(id('WordsBack'), (backMs ?? Number.NaN) / 1000, backBar, 's'));
    if (goneBar !== undefined) tell(atMost(id('Gone'), (await gone) ?? Number.NaN, goneBar, 's'));
    tell(atMost(id('Left'), (await untilNoneLeft(folder, 15_000)).left, 0, 'processes'));
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
