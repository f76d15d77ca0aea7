/** Several report folders as one: the shards of a matrix that several machines have played. */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../config/usage-error.ts';
import { mergeChaos, type ChaosResult } from '../scenario/chaos-result.ts';
import { MATRIX } from '../scenario/matrix.ts';
import { chaosReport, type ReportFrame } from '../scenario/report.ts';
import { openRunStore, RECORDINGS_FOLDER, type RunStore } from './run-store.ts';

/** Reads every run of `folders` and writes them with both reports into `into`. Throws UsageError when they do not belong together. */
export async function mergeReports(
  folders: readonly string[],
  into: string,
  frameOf: (way?: 'N') => ReportFrame,
): Promise<ChaosResult> {
  const stores: RunStore[] = [];
  for (const folder of folders)
    stores.push(await openRunStore(folder, { seed: undefined, form: 'whole', way: 'any' }, noSeed(folder)));
  const seeds = new Set(stores.map((store) => store.frame.seed));
  if (seeds.size !== 1)
    throw new UsageError(`runs of different seeds (${[...seeds].join(', ')}) do not belong together`);
  const [seed = 0] = seeds;
  const ways = new Set(stores.map((store) => store.frame.way));
  if (ways.size !== 1) throw new UsageError('runs of --way N and of another way do not belong together');
  const [way] = ways;
  const target = await openRunStore(into, { seed, form: 'whole', ...(way && { way }) }, () => seed);
  const at = new Map(MATRIX.map(({ id }, number) => [id, number]));
  const byMatrix = [...target.runs, ...stores.flatMap(({ runs }) => runs)].sort(
    (one, other) => (at.get(one.id) ?? Infinity) - (at.get(other.id) ?? Infinity) || one.run - other.run,
  );
  const merged = { ...mergeChaos([{ seed, runs: byMatrix, summary: [] }]), ...(way && { way }) };
  for (const run of merged.runs) await target.save(run);
  for (const folder of folders) {
    const recordings = join(folder, RECORDINGS_FOLDER);
    if (existsSync(recordings)) await cp(recordings, join(into, RECORDINGS_FOLDER), { recursive: true });
  }
  await target.write('report.json', JSON.stringify(merged));
  await target.write('report.html', chaosReport(merged, MATRIX, frameOf(way)));
  return merged;
}

/** A folder without a seed of its own holds no runs. */
function noSeed(folder: string): () => number {
  return () => {
    throw new UsageError(`${folder} holds no runs of clara chaos`);
  };
}
