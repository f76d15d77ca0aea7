/** The part `supervisor` of `clara bench`: every bar of the engine and of voice sessions on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../contracts.ts';
import { measureAgentFaults } from './agent-faults.ts';
import { measureAnswers } from './answer-latency.ts';
import type { BenchContext } from './bench-context.ts';
import type { BenchResult } from './bench-result.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import { measureOutsideLoopback } from './outside-loopback.ts';
import { benchSupervisor, measureRecordBytes } from './supervisor-bench.ts';
import { measureSupervisorLoss } from './supervisor-loss.ts';
import { measureKilledSupervisor, measureStops } from './whole-harness.ts';

/** In the order of supervisor-bench.ts. */
const ENGINE_IDS = ['recordBytes', 'memoryOvershoot', 'sigtermProof', 'watch200'];

const CHURN_LIMIT_MS = 600_000;

async function measureEngine({ log, tell }: BenchContext): Promise<void> {
  measureRecordBytes(1000); // the first run compiles the code, and that is no session's
  for (const [index, { value, unit, bar, holds }] of (await benchSupervisor(log)).entries())
    tell({ id: `supervisor.${ENGINE_IDS[index] ?? index}`, value, unit, bar, ok: holds });
}

/** In a process of its own; see churn-run-child.ts. */
async function measureChurn({ folder, tell }: BenchContext): Promise<void> {
  const group = await ProcessGroup.start({
    command: process.execPath,
    args: [...nodeModuleArguments(new URL('./churn-run-child.ts', import.meta.url)), folder],
    ipc: true,
  });
  group.child.on('message', (result: BenchResult) => tell(result));
  const limit = setTimeout(() => group.signal('SIGKILL'), CHURN_LIMIT_MS);
  try {
    const { code, signal } = await group.exited;
    if (code !== 0)
      throw new Error(`the churn ended with ${code ?? signal}: ${group.output('stderr').slice(-400)}`);
  } finally {
    clearTimeout(limit);
    await group.stop({ killAfterMs: 0 });
  }
}

/** Measures all, one after the other; one that fails is a figure that misses its bar, and the next ones follow. */
export async function benchSupervisorPart(log: Logger, tell: (result: BenchResult) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clara-bench-'));
  const context: BenchContext = { log, tell, folder };
  const parts = {
    measureEngine,
    measureKilledSupervisor,
    measureChurn,
    measureStops,
    measureAgentFaults,
    measureSupervisorLoss,
    measureAnswers,
    measureOutsideLoopback,
  };
  try {
    for (const [name, measure] of Object.entries(parts)) {
      try {
        await measure(context);
      } catch (error) {
        log.error({ event: 'benchFailed', name, err: error }, `${name} failed`);
        tell({ id: `supervisor.${name}`, value: Number.NaN, unit: 'failed', bar: 0, ok: false });
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
