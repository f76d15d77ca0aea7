/**
 * A copy of this repository with a few places changed, for proofs that something fails without them. Owns the copy
 * only; the repository itself is never changed.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** One place of the source that is changed; `find` occurs exactly once. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The copy; gone when it is disposed of. */
export interface MutatedCopy extends AsyncDisposable {
  readonly folder: string;
}

/** The repository. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Copies all files that git knows or would take, with the packages linked, and makes the edits. Throws RangeError for
 * an edit whose place is missing or there more than once: a proof about a place that moved proves nothing.
 */
export async function mutatedCopy(edits: readonly Edit[]): Promise<MutatedCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'clara-mutated-'));
  const gone = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { stdout } = await promisify(execFile)(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { cwd: REPOSITORY, maxBuffer: 64 * 1024 * 1024 },
    );
    for (const file of new Set(stdout.split('\0').filter((name) => name !== ''))) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      // A file that was deleted and not committed is known to git and not there.
      await cp(join(REPOSITORY, file), join(folder, file)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
    }
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, replace } of edits) {
      const text = await readFile(join(folder, file), 'utf8');
      const times = text.split(find).length - 1;
      if (times !== 1) throw new RangeError(`${file} has ${times} places that read ${find}, it must be 1`);
      await writeFile(
        join(folder, file),
        text.replace(find, () => replace),
      );
    }
  } catch (error) {
    await gone();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: gone };
}
