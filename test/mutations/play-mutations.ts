/**
 * Plays the named faults of each mutation against the real server, with the part and without it; by hand, as it takes
 * minutes: `npx tsx test/mutations/play-mutations.ts`. Exit 0 when each is passed with the part and missed without it.
 */
import { execFile } from 'node:child_process';
import { MUTATIONS } from './mutations.ts';
import { mutatedCopy } from '../support/node/mutated-copy.ts';

/** Building the copy and playing a handful of calls, ms. */
const PLAY_LIMIT_MS = 15 * 60_000;

interface Played {
  readonly id: string;
  readonly pass: boolean;
  readonly why?: readonly string[] | string;
}

const faults = [...new Set(MUTATIONS.flatMap((mutation) => mutation.faults))];
let good = true;
const note = (line: string): void => void process.stdout.write(`${line}\n`);
for (const { part, edits, ids, wanted } of [
  { part: 'everything in place', edits: [], ids: faults, wanted: true },
  ...MUTATIONS.map((mutation) => ({
    part: `without ${mutation.part}`,
    edits: mutation.edits,
    ids: mutation.faults,
    wanted: false,
  })),
]) {
  await using copy = await mutatedCopy(edits);
  for (const run of await play(copy.folder, ids)) {
    if (run.pass !== wanted) good = false;
    note(
      `${part}: ${run.id} ${run.pass ? 'passed' : `missed (${String(run.why)})`}${run.pass === wanted ? '' : ' UNEXPECTED'}`,
    );
  }
}
process.exitCode = good ? 0 : 1;

function play(folder: string, ids: readonly string[]): Promise<readonly Played[]> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['harness/bootstrap/run.mjs', 'chaos', '--only', ids.join(','), '--runs', '1', '--seed', '1', '--json'],
      { cwd: folder, timeout: PLAY_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        try {
          resolve((JSON.parse(stdout) as { runs: readonly Played[] }).runs);
        } catch {
          reject(
            new Error(`clara chaos told nothing (${error?.message ?? 'exit 0'}): ${stderr.slice(-400)}`),
          );
        }
      },
    );
  });
}
