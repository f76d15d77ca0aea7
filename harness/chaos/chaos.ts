/** The whole of `clara chaos`: plan, play what is not there yet, report after every run. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { UsageError } from '../config/usage-error.ts';
import type { FaultWay } from '../faults/fault-way.ts';
import { createLogger } from '../log/create-logger.ts';
import { chaosResult, type ChaosResult, type ChaosRun } from '../scenario/chaos-result.ts';
import { MATRIX, SCENARIO_NAMES } from '../scenario/matrix.ts';
import { chaosReport } from '../scenario/report.ts';
import { planRuns, type ChaosWish, type PlannedRun } from './chaos-plan.ts';
import { unknownNames } from './faulted-call.ts';
import { playableByKernel, type NotPlayable } from './kernel-plays.ts';
import { prepareForKernel, refuseForKernel } from './kernel-start.ts';
import { playMatrix } from './play-matrix.ts';
import { playRun } from './play-run.ts';
import { runSoak } from './play-soak.ts';
import { openRunStore, RECORDINGS_FOLDER, runFileName, type RunStore } from './run-store.ts';

/** What the command was asked for. */
export interface ChaosOptions extends ChaosWish {
  readonly seed?: number;
  /** Folder of the report; without it nothing is written. */
  readonly report?: string;
  readonly lanes?: number;
  /** Length of a soak. @default 30 */
  readonly minutes?: number;
  /** @default B */
  readonly way?: FaultWay;
  readonly headed?: boolean;
  /** Keeps all that both ends saw, and a detailed log, of each call in the report's folder. @default false */
  readonly keepFacts?: boolean;
  /** Added to every longest time, ms. @default 0, and 3000 in the short form: its machine does other things too */
  readonly slackMs?: number;
  readonly config: ResolvedConfig;
  readonly tell: (line: string) => void;
}

/** A call costs half a core at most, its start a whole one. */
const LANES_PER_CORE = 1.5;
/** What `only` says for one long call under random faults. */
const SOAK = 'soak';
const SOAK_MINUTES = 30;
const MAX_SEED = 2 ** 31;
const SHORT_SLACK_MS = 3_000;
const REPORT_HTML = 'report.html';
const REPORT_JSON = 'report.json';

/** Every run of the plan, those that were there already included. Throws UsageError before anything has been started. */
export async function runChaos(options: ChaosOptions, signal: AbortSignal): Promise<ChaosResult> {
  const { config, tell } = options;
  const isSoak = options.only.includes(SOAK);
  if (isSoak && options.only.length > 1)
    throw new UsageError(`--only ${SOAK} goes alone: it is one long call under many faults`);
  if (config.values.livekitUrl !== '')
    throw new UsageError(
      'faults break and restart the server, so they need one of their own, not CLARA_LIVEKIT_URL',
    );
  if (options.way === 'N') {
    if (isSoak)
      throw new UsageError(`--only ${SOAK} draws faults that --way N cannot make; play it with --way B`);
    refuseForKernel(config);
  }
  const { planned, notPlayable } = isSoak ? { planned: [], notPlayable: [] } : plan(options);
  if (options.way === 'N') await prepareForKernel(tell, signal);
  const store = await openStore(options);
  const seed = store.frame.seed;
  if (isSoak) return soak(options, store, signal);
  const names = new Set(planned.map(nameOf));
  const kept = store.runs.filter((run) => names.has(runFileName(run)));
  const keptNames = new Set(kept.map(runFileName));
  const left = planned.filter((each) => !keptNames.has(nameOf(each)));
  const lanes = options.lanes ?? defaultLanes();
  for (const { id, why } of notPlayable) tell(`${id} cannot be played with --way N: ${why}`);
  tell(
    `seed ${seed}, ${planned.length} calls${kept.length > 0 ? `, ${kept.length} of them there already` : ''}, ${lanes} side by side`,
  );
  const runs: ChaosRun[] = [...kept];
  const order = new Map(planned.map((each, at) => [nameOf(each), at]));
  const result = (): ChaosResult => ({
    ...chaosResult(
      seed,
      matrixOrder([...runs].sort((one, other) => place(order, one) - place(order, other))),
    ),
    ...(options.way === 'N' && { way: 'N', notPlayable }),
  });
  let writing = Promise.resolve();
  const writeReports = (): Promise<void> => {
    writing = writing.then(async () => {
      const now = result();
      await store.write(REPORT_JSON, JSON.stringify(now));
      await store.write(REPORT_HTML, chaosReport(now, MATRIX, reportFrame(options.way)));
    });
    return writing;
  };
  const play = (toPlay: readonly PlannedRun[], sideBySide: number): Promise<void> =>
    playMatrix(
      {
        planned: toPlay,
        lanes: sideBySide,
        tell,
        play: (each, either) =>
          playRun(
            {
              ...each,
              seed,
              slackMs: options.slackMs ?? (options.short === true ? SHORT_SLACK_MS : 0),
              way: options.way ?? 'B',
              headed: options.headed ?? false,
              keepFacts: options.keepFacts ?? false,
              // The short form is a test's, which looks at nothing afterwards.
              ...(options.report !== undefined &&
                options.short !== true &&
                each.client === 'clara' && {
                  recordFile: join(
                    resolve(options.report),
                    RECORDINGS_FOLDER,
                    `${each.scenario.id}.clara.${each.run}.clararec`,
                  ),
                }),
              config,
            },
            () => undefined,
            either,
          ),
        onRun: async ({ run, facts, log }) => {
          const before = runs.findIndex((each) => runFileName(each) === runFileName(run));
          if (before < 0) runs.push(run);
          else runs[before] = run;
          await store.save(run);
          if (options.keepFacts === true) await store.keep(run, { ...facts, log });
          await writeReports();
        },
      },
      signal,
    );
  await play(left, lanes);
  // What a machine at its limit could not play side by side it may play alone. Only that: a run that was judged stays.
  const unplayed = new Set(runs.filter((run) => run.unplayed === true).map(runFileName));
  const again = left.filter((each) => unplayed.has(nameOf(each)));
  if (again.length > 0 && lanes > 1) {
    tell(`${again.length} calls could not be played; once more, one after the other`);
    await play(again, 1);
  }
  if (left.length === 0) await writeReports();
  return result();
}

/** One call, in this process. */
async function soak(options: ChaosOptions, store: RunStore, signal: AbortSignal): Promise<ChaosResult> {
  const { config, tell, minutes = SOAK_MINUTES } = options;
  const { seed } = store.frame;
  tell(`seed ${seed}, a soak of ${minutes} min`);
  const log = await createLogger({ level: config.values.logLevel, pretty: false });
  const run = await runSoak({ seed, minutes, config, log, report: tell }, signal);
  const result = chaosResult(seed, [run]);
  await store.save(run);
  await store.write(REPORT_JSON, JSON.stringify(result));
  await store.write(REPORT_HTML, chaosReport(result, MATRIX, reportFrame()));
  return result;
}

function plan(options: ChaosOptions): {
  readonly planned: readonly PlannedRun[];
  readonly notPlayable: readonly NotPlayable[];
} {
  const unknown = options.only.filter((name) => !SCENARIO_NAMES.includes(name));
  if (unknown.length > 0) throw new UsageError(unknownNames(unknown, 'fault or group'));
  try {
    const planned = planRuns(options);
    if (options.way !== 'N') return { planned, notPlayable: [] };
    const scenarios = new Map(planned.map(({ scenario }) => [scenario.id, scenario]));
    const { playable, notPlayable } = playableByKernel([...scenarios.values()]);
    const [first] = notPlayable;
    if (playable.length === 0 && first !== undefined)
      throw new UsageError(
        `nothing is left to play with --way N: ${notPlayable.map(({ id, why }) => `${id} (${why})`).join(', ')}`,
      );
    const ids = new Set(playable.map(({ id }) => id));
    return { planned: planned.filter(({ scenario }) => ids.has(scenario.id)), notPlayable };
  } catch (cause) {
    if (cause instanceof RangeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

async function openStore(options: ChaosOptions): Promise<RunStore> {
  const newSeed = (): number => Math.floor(Math.random() * MAX_SEED);
  const form = options.short === true ? 'short' : 'whole';
  if (options.report !== undefined)
    return openRunStore(
      options.report,
      { seed: options.seed, form, ...(options.way === 'N' && { way: 'N' as const }) },
      newSeed,
    );
  return {
    frame: { seed: options.seed ?? newSeed(), form },
    runs: [],
    save: () => Promise.resolve(),
    keep: () => Promise.resolve(),
    write: () => Promise.resolve(),
  };
}

/** Reports keep the matrix's order, whichever run came first. */
function matrixOrder(runs: readonly ChaosRun[]): readonly ChaosRun[] {
  const at = new Map(MATRIX.map(({ id }, number) => [id, number]));
  return [...runs].sort((one, other) => (at.get(one.id) ?? Infinity) - (at.get(other.id) ?? Infinity));
}

const nameOf = ({ scenario, client, run }: PlannedRun): string =>
  runFileName({ id: scenario.id, client, run });
const place = (order: ReadonlyMap<string, number>, run: ChaosRun): number =>
  order.get(runFileName(run)) ?? Infinity;
/** What a report says of its making. */
export const reportFrame = (way?: FaultWay) => ({
  date: today(),
  setting: `${setting()}${way === 'N' ? ', faults made by the kernel (--way N)' : ''}`,
});
const today = (): string => new Date().toISOString().slice(0, 10);
const setting = (): string =>
  `Node ${process.versions.node}, ${availableParallelism()} cores, ${process.platform}`;

/** Lanes that this machine bears. */
export function defaultLanes(cores = availableParallelism()): number {
  return Math.max(1, Math.floor(cores * LANES_PER_CORE));
}
