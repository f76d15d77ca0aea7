/** One call under one fault of the matrix: what `clara call --fault` makes. In this process, but for way N. */
import { UsageError } from '../config/usage-error.ts';
import type { CallResult } from '../call/call-result.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';
import { MATRIX, SCENARIO_NAMES } from '../scenario/matrix.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { isPlayable, nearestNames } from './chaos-plan.ts';
import { prepareForKernel, refuseForKernel } from './kernel-start.ts';
import { whyNotByKernel } from './kernel-plays.ts';
import { playRun } from './play-run.ts';
import { runScenario, type ScenarioRunOptions } from './run-scenario.ts';

/** The scenario of that id. Throws UsageError that names what was perhaps meant, or who plays it instead. */
export function scenarioOf(id: string): Scenario {
  const scenario = MATRIX.find((each) => each.id === id);
  if (scenario === undefined) throw new UsageError(unknownNames([id], 'fault'));
  if (!isPlayable(scenario))
    throw new UsageError(`${id} cannot be played by a call; npm test plays it inside the page`);
  return scenario;
}

/** One line that names what is unknown and what was perhaps meant. */
export function unknownNames(unknown: readonly string[], what: string): string {
  const ids = what === 'fault' ? MATRIX.map(({ id }) => id) : SCENARIO_NAMES;
  const hints = unknown.map((name) => {
    const near = nearestNames(name, ids);
    return near.length === 0 ? `"${name}"` : `"${name}" (did you mean ${near.join(', ')}?)`;
  });
  return `no ${what} is called ${hints.join(', ')}; clara chaos --list shows all`;
}

/**
 * Plays it. Way N needs a process in a namespace of its own; there a run that could not be played is one with that reason.
 * Throws UsageError for what way N cannot make, PartMissingError without namespaces.
 */
export async function playFaultedCall(
  options: ScenarioRunOptions & Required<Pick<ScenarioRunOptions, 'way' | 'headed'>>,
  signal: AbortSignal,
): Promise<ChaosRun> {
  const { log: _log, report, onPlayed: _onPlayed, ...order } = options;
  if (order.way !== 'N') return runScenario(options, signal);
  const why = whyNotByKernel(order.scenario);
  if (why !== undefined) throw new UsageError(`${order.scenario.id} cannot be played with --way N: ${why}`);
  refuseForKernel(order.config);
  await prepareForKernel(report, signal);
  const { run } = await playRun({ slackMs: 0, keepFacts: false, ...order }, report, signal);
  return run;
}

/** The call's own fields of a run, as `clara call --json` prints them. */
export function callOf(run: ChaosRun): CallResult {
  return {
    ok: run.pass,
    client: run.client,
    connectMs: run.connectMs,
    agentHeardMs: run.agentHeardMs,
    wordsSpoken: run.wordsSpoken,
    wordsHeardByAgent: run.wordsHeardByAgent,
    wordsHeardBack: run.wordsHeardBack,
    wordsSpokenByAgent: run.wordsSpokenByAgent,
    phases: run.phases,
    faults: run.faults,
    falseConnectedMs: run.falseConnectedMs,
    joins: run.joins,
    agents: run.agents,
    sessionLost: run.sessionLost,
  };
}
