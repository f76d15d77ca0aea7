/**
 * Owns: the folder of a chaos report: one JSON file a run, what they belong to, and the two reports made of them.
 * Never: leaves half a file (each is written beside its place and moved there), mixes runs of different seeds.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../config/usage-error.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';

/** What all runs of a folder have in common. */
export interface ChaosFrame {
  readonly seed: number;
  /** The shortened form of `npm test`, or the whole. */
  readonly form: 'whole' | 'short';
  /** By what the faults were made, where that is not relay and proxies: figures of both do not mix. */
  readonly way?: 'N';
}

/** An open report folder. */
export interface RunStore {
  readonly frame: ChaosFrame;
  /** Runs that are there already; what could not be played is not among them, and is played again. */
  readonly runs: readonly ChaosRun[];
  save(run: ChaosRun): Promise<void>;
  /** Puts material of a run beside it, for who wants to know why. */
  keep(run: ChaosRun, material: object): Promise<void>;
  /** Writes a file of the folder whole or not at all. */
  write(name: string, text: string): Promise<void>;
}

const FRAME_FILE = 'chaos.json';
const RUNS_FOLDER = 'runs';
const FACTS_FOLDER = 'facts';
/** Where the pages' own recordings are, beside the report. */
export const RECORDINGS_FOLDER = 'recordings';

/** The name of a run's file; ids are kebab-case, so it is one on every system. */
export function runFileName({ id, client, run }: Pick<ChaosRun, 'id' | 'client' | 'run'>): string {
  return `${id}.${client}.${run}.json`;
}

/**
 * Opens the folder, or makes it. A seed that was not asked for is the folder's own.
 * Throws UsageError when the folder belongs to another seed, form or way, or holds something else.
 */
export async function openRunStore(
  folder: string,
  asked: {
    readonly seed: number | undefined;
    readonly form: ChaosFrame['form'];
    /** `any` takes the folder's own. */
    readonly way?: ChaosFrame['way'] | 'any';
  },
  newSeed: () => number,
): Promise<RunStore> {
  await mkdir(join(folder, RUNS_FOLDER), { recursive: true });
  const write = async (name: string, text: string): Promise<void> => {
    const place = join(folder, name);
    const beside = `${place}.${process.pid}.tmp`;
    await writeFile(beside, text);
    await rename(beside, place);
  };
  const kept = await readFrame(join(folder, FRAME_FILE));
  if (kept !== undefined && asked.seed !== undefined && kept.seed !== asked.seed)
    throw new UsageError(`${folder} holds runs of seed ${kept.seed}, not ${asked.seed}; name another folder`);
  if (kept !== undefined && kept.form !== asked.form)
    throw new UsageError(`${folder} holds runs of the ${kept.form} form; name another folder`);
  if (kept !== undefined && asked.way !== 'any' && kept.way !== asked.way)
    throw new UsageError(
      `${folder} holds runs ${kept.way === 'N' ? 'of --way N' : 'that are not of --way N'}; name another folder`,
    );
  const frame: ChaosFrame = kept ?? {
    seed: asked.seed ?? newSeed(),
    form: asked.form,
    ...(asked.way === 'N' && { way: asked.way }),
  };
  if (kept === undefined) await write(FRAME_FILE, JSON.stringify(frame));
  const runs = await readRuns(join(folder, RUNS_FOLDER));
  return {
    frame,
    runs: runs.filter(({ unplayed }) => unplayed !== true),
    save: (run) => write(join(RUNS_FOLDER, runFileName(run)), JSON.stringify(run)),
    keep: async (run, material) => {
      await mkdir(join(folder, FACTS_FOLDER), { recursive: true });
      await write(join(FACTS_FOLDER, runFileName(run)), JSON.stringify(material));
    },
    write,
  };
}

async function readFrame(file: string): Promise<ChaosFrame | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { seed, form, way } = JSON.parse(text) as Partial<ChaosFrame>;
  if (
    typeof seed !== 'number' ||
    (form !== 'whole' && form !== 'short') ||
    (way !== undefined && way !== 'N')
  )
    throw new UsageError(`${file} is not one of ours`);
  return { seed, form, ...(way && { way }) };
}

async function readRuns(folder: string): Promise<ChaosRun[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => {
      const run = JSON.parse(await readFile(join(folder, name), 'utf8')) as ChaosRun;
      if (runFileName(run) !== name) throw new UsageError(`${join(folder, name)} is not a run of ours`);
      return run;
    }),
  );
}
