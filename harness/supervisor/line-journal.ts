/**
 * Owns: an append-only file of JSON lines (0600) that survives the death of its writer at any byte.
 * Never: throws away what it cannot read without counting it; never grows without bound if its user compacts.
 * Fsync policy: none on append. A written line survives any death of this process, because it is the kernel's then;
 * after a power cut the processes it speaks of are gone as well. Only a compaction is synced, before its rename.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** What was read. */
export interface JournalContent {
  readonly lines: readonly unknown[];
  /** Lines that are no JSON: a torn last one, or a damaged file. */
  readonly corruptLines: number;
}

/** Reads a journal; a missing one is empty. Throws when it is there and cannot be read. */
export function readJournal(path: string): JournalContent {
  if (!existsSync(path)) return { lines: [], corruptLines: 0 };
  const lines: unknown[] = [];
  let corruptLines = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      lines.push(JSON.parse(line));
    } catch {
      corruptLines += 1;
    }
  }
  return { lines, corruptLines };
}

/** An open journal. Whoever opens it closes it. Synchronous: a line is there when `append` returns. */
export class LineJournal {
  readonly path: string;
  #file: number;
  #bytes: number;

  /** Makes folder (0700) and file (0600) when they are missing. Throws when they cannot be made. */
  constructor(path: string) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a+', 0o600);
    this.#bytes = fstatSync(this.#file).size;
    this.#endTornLine();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds one line. */
  append(value: unknown): void {
    this.#write(`${JSON.stringify(value)}\n`);
  }

  /** Replaces the content at one stroke: after a crash the file holds either all of the old or all of the new. */
  rewrite(values: readonly unknown[]): void {
    const next = `${this.path}.new`;
    rmSync(next, { force: true });
    writeFileSync(next, values.map((value) => `${JSON.stringify(value)}\n`).join(''), { mode: 0o600 });
    const file = openSync(next, 'a+');
    try {
      fsyncSync(file);
      renameSync(next, this.path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSync(this.#file);
    this.#file = file;
    this.#bytes = fstatSync(file).size;
  }

  /** Idempotent. */
  close(): void {
    if (this.#file < 0) return;
    closeSync(this.#file);
    this.#file = -1;
  }

  #write(text: string): void {
    appendFileSync(this.#file, text);
    this.#bytes += Buffer.byteLength(text);
  }

  /** A writer that died in the middle of a line left no end of line: the next line must not be spoilt by it. */
  #endTornLine(): void {
    if (this.#bytes === 0) return;
    const last = Buffer.alloc(1);
    readSync(this.#file, last, 0, 1, this.#bytes - 1);
    if (last[0] !== 0x0a) this.#write('\n');
  }
}
