/**
 * Owns: a file (0600) with the lines of a session that its ring no longer holds. It exists only where a folder for it
 * was configured: it holds what people and assistants said.
 * Never: grows above its limit; what comes later is dropped and counted. Synchronous: a full disk slows the reader down,
 * and with it, by the pipe, the command, instead of filling the memory.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Lines are gathered to so many characters before they are written. */
const GATHER_CHARACTERS = 64 * 1024;

/** One session's file; made at the first line. Whoever makes it closes it. */
export class SpillFile {
  readonly path: string;
  readonly #maxBytes: number;
  #file: number | undefined;
  #waiting = '';
  #bytes = 0;
  /** Lines that were above the limit, or came when the file could not be written. */
  lostLines = 0;

  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
  }

  /** Adds lines. Never throws: a session does not end because its spill file failed. */
  add(lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (this.#bytes >= this.#maxBytes) {
      this.lostLines += lines.length;
      return;
    }
    this.#waiting += `${lines.join('\n')}\n`;
    if (this.#waiting.length >= GATHER_CHARACTERS) this.#flush();
  }

  /** Writes what waits and closes the file. Idempotent. */
  close(): void {
    if (this.#waiting !== '') this.#flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Closes and removes it. */
  remove(): void {
    this.#waiting = '';
    this.close();
    rmSync(this.path, { force: true });
  }

  #flush(): void {
    const text = this.#waiting;
    this.#waiting = '';
    try {
      if (this.#file === undefined) {
        mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
        this.#file = openSync(this.path, 'a', 0o600);
      }
      this.#bytes += writeSync(this.#file, text);
    } catch {
      this.lostLines += text.split('\n').length - 1; // a full disk; the count is shown
    }
  }
}
