/** What `clara chaos --json` prints, a contract; its summary; and the merging of shards. Pure. */
import type { CallClient, CallResult } from '../call/call-result.ts';
import type { SoakFacts } from '../chaos/soak-judge.ts';
import { percentiles, type Percentiles } from './percentiles.ts';

/** A word and whether it arrived. */
export interface WordFate {
  /** From the click on Start. */
  readonly atMs: number;
  readonly fate: 'heard' | 'lost' | 'twice';
}

/** One played scenario: the call's fields beside who played it and the verdict. */
export interface ChaosRun extends CallResult {
  readonly id: string;
  /** 1 for the first. */
  readonly run: number;
  readonly pass: boolean;
  readonly why?: readonly string[];
  /** A part did not start, or the machine was too busy: it says nothing about the client. Beyond the contract. */
  readonly unplayed?: boolean;
  /** Of a soak: what it looked for. Beyond the contract. */
  readonly soak?: SoakFacts;
  /** The page's own recording, a path in the report's folder. Beyond the contract. */
  readonly recording?: string;
  /** The page that shows it, a path in the report's folder. Beyond the contract. */
  readonly review?: string;
  /** When the user joined, ms from the click. Beyond the contract, for the timeline. */
  readonly joinsAtMs?: readonly number[];
  /** Every word by its time, for the timeline; else made of the lists. Beyond the contract. */
  readonly words?: { readonly toAgent: readonly WordFate[]; readonly fromAgent: readonly WordFate[] };
  /** When the first words of the lists began, ms from the click. Beyond the contract; else taken as `connectMs`. */
  readonly firstWordAtMs?: { readonly user: number; readonly agent: number };
}

/** All runs of one scenario by one client; those that could not be played are not among them. */
export interface ChaosSummary {
  readonly id: string;
  readonly client: CallClient;
  readonly runs: number;
  readonly passed: number;
  readonly firstUiStateMs: Percentiles;
  readonly audioBackMs: Percentiles;
  /** Of all runs together. */
  readonly wordsLost: { readonly toAgent: number; readonly fromAgent: number };
}

/** The whole of it. */
export interface ChaosResult {
  readonly seed: number;
  readonly runs: readonly ChaosRun[];
  readonly summary: readonly ChaosSummary[];
  /** By what the faults were made, where it is not relay and proxies. Beyond the contract. */
  readonly way?: 'N';
  /** What was asked for and left out, because it cannot be made that way. Beyond the contract. */
  readonly notPlayable?: readonly { readonly id: string; readonly why: string }[];
}

/** The result of runs in any order; the summary keeps the order in which scenarios first appear, stock first. */
export function chaosResult(seed: number, runs: readonly ChaosRun[]): ChaosResult {
  const ids = [...new Set(runs.map(({ id }) => id))];
  const summary = ids.flatMap((id) =>
    (['stock', 'clara'] as const).flatMap((client) => {
      const own = runs.filter((run) => run.id === id && run.client === client && run.unplayed !== true);
      return own.length === 0 ? [] : [summarise(id, client, own)];
    }),
  );
  return { seed, runs, summary };
}

/** Shards of one chaos run as one. Throws RangeError when their seeds differ. A run that two shards hold counts once. */
export function mergeChaos(shards: readonly ChaosResult[]): ChaosResult {
  const seed = shards[0]?.seed ?? 0;
  const other = shards.find((shard) => shard.seed !== seed);
  if (other !== undefined)
    throw new RangeError(`shards of different seeds (${seed} and ${other.seed}) do not belong together`);
  const runs = new Map(
    shards.flatMap((shard) => shard.runs).map((run) => [`${run.id} ${run.client} ${run.run}`, run]),
  );
  return chaosResult(seed, [...runs.values()]);
}

function summarise(id: string, client: CallClient, runs: readonly ChaosRun[]): ChaosSummary {
  const faults = runs.flatMap((run) => run.faults);
  const lost = (way: 'toAgent' | 'fromAgent'): number =>
    faults.reduce((sum, fault) => sum + fault.wordsLost[way], 0);
  return {
    id,
    client,
    runs: runs.length,
    passed: runs.filter(({ pass }) => pass).length,
    firstUiStateMs: percentiles(faults.map((fault) => fault.firstUiStateMs)),
    audioBackMs: percentiles(faults.map((fault) => fault.audioBackMs)),
    wordsLost: { toAgent: lost('toAgent'), fromAgent: lost('fromAgent') },
  };
}
