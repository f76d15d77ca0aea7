/** The parts that `clara bench` measures, each loaded when it is wanted. */
import type { Logger } from '../contracts.ts';
import type { BenchResult } from './bench-result.ts';

/** Measures a part; `tell` gets each figure as it is known. */
export type BenchPart = (log: Logger, tell: (result: BenchResult) => void) => Promise<void>;

/** By name. */
export const BENCH_PARTS: Readonly<Record<string, () => Promise<BenchPart>>> = {
  supervisor: async () => {
    const { benchSupervisor } = await import('./supervisor-bench.ts');
    const ids = ['recordBytes', 'memoryOvershoot', 'sigtermProof', 'watch200'];
    return async (log, tell) => {
      for (const [index, { value, unit, bar, holds }] of (await benchSupervisor(log)).entries())
        tell({ id: `supervisor.${ids[index] ?? index}`, value, unit, bar, ok: holds });
    };
  },
  recording: async () => (await import('./recording-bench.ts')).benchRecording,
};
