/** The parts that `clara bench` measures, each loaded when it is wanted. */
import type { Logger } from '../contracts.ts';
import type { BenchResult } from './bench-result.ts';

/** Measures a part; `tell` gets each figure as it is known. */
export type BenchPart = (log: Logger, tell: (result: BenchResult) => void) => Promise<void>;

/** By name. */
export const BENCH_PARTS: Readonly<Record<string, () => Promise<BenchPart>>> = {
  supervisor: async () => (await import('./supervisor-part.ts')).benchSupervisorPart,
  cli: async () => (await import('./cli-bench.ts')).benchCli,
  recording: async () => (await import('./recording-bench.ts')).benchRecording,
};
