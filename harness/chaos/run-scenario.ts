/** One run: a scenario, a client, a seed; from starting everything to the verdict. */
import { basename, dirname } from 'node:path';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { saveRecording } from '../call/save-recording.ts';
import { reviewPageName, saveReviewPage } from './review-page.ts';
import type { Logger } from '../contracts.ts';
import type { FaultWay } from '../faults/fault-way.ts';
import { seedFor } from '../faults/seeded-random.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';
import { faultSpanMs, type Scenario } from '../scenario/scenario.ts';
import { startFaultRig } from './fault-rig.ts';
import { observeCall, type RunName } from './observe-call.ts';
import { playCall, type PlayedCall } from './play-call.ts';

/** What to run. */
export interface ScenarioRunOptions extends RunName {
  readonly scenario: Scenario;
  /** Of the whole chaos; each run has its own row of chance. */
  readonly seed: number;
  /** Budget of the shortened policy, s. @default the client's own */
  readonly budgetSeconds?: number;
  /** @default 0 */
  readonly slackMs?: number;
  /** @default B */
  readonly way?: FaultWay;
  readonly headed?: boolean;
  readonly config: ResolvedConfig;
  readonly log: Logger;
  readonly report: (line: string) => void;
  /** Gets all that was seen, before the verdict. */
  readonly onPlayed?: (played: PlayedCall) => void;
  /** Where the page's own recording of the call goes; ours only. A recording that cannot be had is reported, and fails nothing. */
  readonly recordFile?: string;
}

/** Everything that was started is stopped when this settles. Rejects with the error of a part that did not start. */
export async function runScenario(options: ScenarioRunOptions, signal: AbortSignal): Promise<ChaosRun> {
  const { scenario, client, run, seed, log, report, config, recordFile } = options;
  const { setup } = scenario;
  const seconds = Math.ceil((faultSpanMs(scenario) + scenario.watchMs) / 1000) + 30;
  await using rig = await startFaultRig(
    {
      client,
      pipeline: 'count',
      seconds,
      config,
      log,
      report: () => undefined,
      emulate: scenario.fault?.kind === 'wholePath' && scenario.fault.how === 'off',
      ...(options.way !== undefined && { way: options.way }),
      ...(options.headed !== undefined && { headed: options.headed }),
      ...(setup?.microphone === 'denied' && { grantMicrophone: false }),
      ...(setup?.microphone === 'silent' && { silentMicrophone: true }),
      browser: { wishes: { text: true }, ...(setup?.autoplayBlocked === true && { blockAutoplay: true }) },
      query: {
        ...(setup?.policy !== undefined && { policy: setup.policy }),
        ...(setup?.resumeWhenBack === true && { resumeWhenBack: 'on' }),
        ...(setup?.textOnly === true && { textOnly: 'on' }),
        ...(options.budgetSeconds !== undefined && { budget: String(options.budgetSeconds) }),
      },
    },
    signal,
  );
  if (setup?.noAgent === true) await rig.rig.stack.agent.stop();
  const saved = { recording: false, review: false };
  const tellProblem = (error: unknown): false => {
    report(error instanceof Error ? error.message : 'the recording was not saved');
    return false;
  };
  const played = await playCall(
    rig,
    {
      scenario,
      seed: seedFor(seed, scenario.id, client, run),
      report,
      ...(recordFile !== undefined &&
        client === 'clara' && {
          afterHangUp: async (call) => {
            saved.recording = await saveRecording(call, recordFile).then(() => true, tellProblem);
            if (!saved.recording) return;
            const title = `${scenario.id}, call ${run}`;
            saved.review = await saveReviewPage(recordFile, title).then(() => true, tellProblem);
          },
        }),
    },
    signal,
  );
  options.onPlayed?.(played);
  const observed = observeCall(scenario, { client, run }, played, options.slackMs);
  if (!saved.recording || recordFile === undefined) return observed;
  const recording = `${basename(dirname(recordFile))}/${basename(recordFile)}`;
  return { ...observed, recording, ...(saved.review && { review: reviewPageName(recording) }) };
}
