/**
 * Owns: what is kept and told of a livekit-server's own log: its last lines, its version, secrets masked.
 * Never: passes a key's secret or a token on.
 */
import type { Logger } from '../contracts.ts';

const KEPT_LINES = 20;
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/** Takes the lines of one server. */
export class ServerLog {
  #version: string | undefined;
  readonly #lines: string[] = [];
  readonly #secrets: readonly string[];
  readonly #log: Logger;

  constructor(log: Logger, secrets: readonly string[]) {
    this.#log = log;
    this.#secrets = secrets;
  }

  /** Version the server told at its start, undefined before that. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Its last lines, for an error message. */
  get tail(): string {
    return this.#lines.join('\n');
  }

  /** One line as it came. */
  take(raw: string): void {
    let line = raw.replace(JWT, '<token>');
    for (const secret of this.#secrets) line = line.replaceAll(secret, '<secret>');
    this.#lines.push(line.slice(0, 500));
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#version ??= /starting LiveKit server.*"version":\s*"([^"]+)"/.exec(line)?.[1];
    this.#log.trace({ event: 'livekitServerLine' }, line);
  }
}
