/**
 * Plays a soak: one session under random faults for as long as asked, looked at between them. Owns the waits and the
 * looks; what they show is decided in soak-judge.ts. A session that ends is started again, and counted as lost.
 */
import { setTimeout as nodeSleep } from 'node:timers/promises';
import { PROBE_HANDLE } from '../../src/shared/probe-report.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { clickStart, hangUp, openPage, within } from '../call/run-call.ts';
import type { Logger } from '../contracts.ts';
import { createFault } from '../faults/create-fault.ts';
import { seedFor } from '../faults/seeded-random.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';
import type { CallFault } from '../call/call-result.ts';
import { soakPlan } from '../scenario/soak-plan.ts';
import { startFaultRig, type FaultRig } from './fault-rig.ts';
import { faultFacts } from './fault-facts.ts';
import { falseConnectedMs, type Span } from './false-connected.ts';
import { unplayedRun } from './observe-call.ts';
import { countAgentProcesses } from './process-targets.ts';
import { peopleIn } from './room-people.ts';
import { playSoakStep } from './soak-step.ts';
import { soakFacts, soakFaults, type SoakSample } from './soak-judge.ts';

/** How to soak. */
export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly config: ResolvedConfig;
  readonly log: Logger;
  readonly report: (line: string) => void;
}

/** The microphone's file: short, because it is played again and again. */
const MICROPHONE_SECONDS = 100;
const CONNECT_LIMIT_MS = 30_000;
/** A look is taken so long after a heal, ms: repaired by then, and the next fault is not yet there. */
const LOOK_AFTER_MS = 12_000;
const LOOK_LIMIT_MS = 8_000;
const DRAIN_MS = 1_500;

/** One run, id `soak`. Everything that was started is stopped when this settles. */
export async function runSoak(options: SoakOptions, signal: AbortSignal): Promise<ChaosRun> {
  const { seed, config, log, report } = options;
  await using rig = await startFaultRig(
    {
      client: 'clara',
      pipeline: 'count',
      seconds: MICROPHONE_SECONDS,
      config,
      log,
      report: () => undefined,
      emulate: true,
      browser: { wishes: { text: true } },
    },
    signal,
  );
  const { page, ear } = rig.rig.browser;
  await openPage(page, rig.rig.url);
  await clickStart(page);
  await within(CONNECT_LIMIT_MS, signal, (limit) =>
    ear.until((seen) => seen.kind === 'phase' && seen.phase === 'connected', limit),
  );
  const fromWallMs = Date.now();
  const click = ear.reports.find(({ kind }) => kind === 'click')?.at.wallMs ?? fromWallMs;
  const samples: SoakSample[] = [];
  const broken: (Span & { readonly id: string; readonly frozen: boolean })[] = [];
  const life = new AbortController();
  const either = AbortSignal.any([signal, life.signal]);
  let notApplied = 0;
  const undoFailed: string[] = [];
  let sessionsLost = 0;
  try {
    const steps = soakPlan(seed, options.minutes * 60_000);
    for (const [number, step] of steps.entries()) {
      await sleepUntil(fromWallMs + step.atMs, signal);
      const id = `${number + 1} ${JSON.stringify(step.fault)}`;
      const fault = createFault(id, step.fault, seedFor(seed, number));
      const outcome = await playSoakStep(
        fault,
        rig.target,
        {
          lasts: () => sleepUntil(fromWallMs + step.atMs + step.lastsMs, signal),
          wallMs: () => Date.now(),
        },
        either,
      );
      if (!outcome.applied) {
        notApplied += 1;
        report(`${id} found nothing to break: ${outcome.why}`);
        continue;
      }
      const frozen = step.fault.kind === 'processPause' && step.fault.process === 'renderer';
      broken.push({ id, ...outcome.span, frozen });
      if (outcome.undoFailed !== undefined) {
        undoFailed.push(`${id}: ${outcome.undoFailed}`);
        report(`${id} could not be taken back: ${outcome.undoFailed}`);
      }
      const nextAtMs = steps[number + 1]?.atMs ?? options.minutes * 60_000;
      const lookAtMs = Math.min(step.atMs + step.lastsMs + LOOK_AFTER_MS, nextAtMs - LOOK_LIMIT_MS);
      await sleepUntil(fromWallMs + lookAtMs, signal);
      const sample = await lookWithin(rig, signal);
      if (sample !== undefined) samples.push(sample);
      const last = ear.reports.findLast(({ kind }) => kind === 'phase');
      const phase = last?.kind === 'phase' ? last.phase : 'none';
      report(
        `${number + 1}/${steps.length} ${JSON.stringify(step.fault)} for ${Math.round(step.lastsMs / 100) / 10} s: ${phase}${heldText(sample)}`,
      );
      if (phase === 'failed' || phase === 'ended') {
        sessionsLost += 1;
        await clickStart(page);
      }
    }
    await sleepUntil(fromWallMs + options.minutes * 60_000, signal);
    const untilWallMs = Date.now();
    await nodeSleep(DRAIN_MS, undefined, { signal });
    const agent = rig.rig.witness.facts();
    const reports = [...ear.reports];
    await hangUp(rig.rig, signal);
    const seen = { page: reports, agent, untilWallMs };
    const facts = soakFacts({
      fromWallMs,
      untilWallMs,
      page: reports,
      heardByAgent: agent.heard,
      broken,
      notApplied,
      undoFailed,
      samples,
      sessionsLost,
    });
    const why = soakFaults(facts);
    return {
      ...unplayedRun('soak', { client: 'clara', run: 1 }, ''),
      unplayed: false,
      ok: why.length === 0,
      pass: why.length === 0,
      why,
      connectMs: fromWallMs - click,
      phases: reports.flatMap((each) =>
        each.kind === 'phase'
          ? [
              {
                atMs: Math.round(each.at.wallMs - click),
                phase: each.phase,
                ...(each.reason !== undefined && { reason: each.reason }),
              },
            ]
          : [],
      ),
      faults: broken.map((span, number): CallFault => {
        const nextMs = broken[number + 1]?.fromMs ?? untilWallMs;
        return faultFacts(
          { id: span.id, atWallMs: span.fromMs, healedWallMs: span.toMs },
          { ...seen, untilWallMs: nextMs },
          click,
        );
      }),
      falseConnectedMs: falseConnectedMs(
        seen,
        broken.filter(({ frozen }) => frozen),
      ),
      joins: reports.filter(({ kind }) => kind === 'joined').length,
      joinsAtMs: reports.flatMap((each) =>
        each.kind === 'joined' ? [Math.round(each.at.wallMs - click)] : [],
      ),
      agents: agent.agentJoins,
      sessionLost: sessionsLost > 0,
      soak: facts,
    };
  } finally {
    life.abort(new Error('the soak is over'));
  }
}

function heldText(sample: SoakSample | undefined): string {
  if (sample === undefined) return '';
  const { heapBytes, listeners, nodes } = sample;
  return `, ${(heapBytes / 1e6).toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`;
}

/** Undefined when the page or the server did not answer in time. */
async function lookWithin(rig: FaultRig, signal: AbortSignal): Promise<SoakSample | undefined> {
  try {
    return await within(LOOK_LIMIT_MS, signal, (limit) =>
      Promise.race([
        look(rig),
        new Promise<never>((_resolve, reject) =>
          limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true }),
        ),
      ]),
    );
  } catch {
    signal.throwIfAborted();
    return undefined; // a page or server in the middle of its repair: the next look tells
  }
}

async function look(rig: FaultRig): Promise<SoakSample> {
  const { page, session } = { page: rig.rig.browser.page, session: rig.page.session };
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string): number => metrics.find((each) => each.name === name)?.value ?? 0;
  const { userTracks, agentTracks } = await peopleIn(rig.rig.stack.livekit);
  return {
    atWallMs: Date.now(),
    heapBytes: metric('JSHeapUsedSize'),
    listeners: metric('JSEventListeners'),
    nodes: metric('Nodes'),
    openConnections: await page.evaluate<number>(`globalThis.${PROBE_HANDLE}.openConnections()`),
    agentProcesses: countAgentProcesses(rig.rig.runFolder),
    users: userTracks.length,
    agents: agentTracks.length,
    mostTracks: Math.max(0, ...userTracks, ...agentTracks),
  };
}

async function sleepUntil(wallMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = wallMs - Date.now();
  if (leftMs <= 0) return;
  try {
    await nodeSleep(leftMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
