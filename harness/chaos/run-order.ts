/** What the matrix's process and the process of one run say to each other. */
import type { ResolvedConfig } from '../config/resolve-config.ts';
import type { FaultWay } from '../faults/fault-way.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';
import type { PlannedRun } from './chaos-plan.ts';
import type { PlayedCall } from './play-call.ts';

/** To the run's process, once: what to play. Holds no secret: a run makes its own keys. */
export interface RunOrder extends PlannedRun {
  readonly seed: number;
  readonly slackMs: number;
  readonly way: FaultWay;
  readonly headed: boolean;
  /** Sends all that both ends saw too, and logs in detail. */
  readonly keepFacts: boolean;
  /** Where the page's recording of the call goes. */
  readonly recordFile?: string;
  readonly config: ResolvedConfig;
}

/** From it: how far it is, and once what came of it, or why it could not be played. */
export type RunTold =
  | { readonly type: 'step'; readonly text: string }
  | { readonly type: 'done'; readonly run: ChaosRun; readonly facts?: PlayedCall }
  | { readonly type: 'failed'; readonly why: string };
