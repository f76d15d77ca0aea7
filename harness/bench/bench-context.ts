import type { Logger } from '../contracts.ts';
import type { BenchResult } from './bench-result.ts';

/** What a measurement is made with. */
export interface BenchContext {
  readonly log: Logger;
  /** Gets each figure as it is known. */
  readonly tell: (result: BenchResult) => void;
  /** Of this bench alone; a process that carries it in its environment afterwards was left behind. */
  readonly folder: string;
}
