/**
 * Owns: the way of a process's output into its session: whole lines without escape sequences, the ring, the spill
 * file, the protocol, and what others are told of it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import type { TreeUsage } from '../supervisor/usage-monitor.ts';
import { stripAnsi } from './ansi.ts';
import { LineSplitter } from './line-splitter.ts';
import type { SplitLine } from './line-splitter.ts';
import type { ClaudeCliManagerOptions } from './manager-options.ts';
import { DEFAULT_RING } from './output-ring.ts';
import type { RingLimits } from './output-ring.ts';
import type { ProtocolReader } from './protocol-reader.ts';
import type { CliSession } from './session-record.ts';
import type { CliUpdate } from './session-types.ts';
import { SpillFile } from './spill-file.ts';
import type { CliMessage } from './stream-json.ts';

/** What is kept of output. */
export interface OutputPolicy {
  readonly ring: RingLimits;
  /** Where lines go that the ring cannot hold; without it they are dropped and counted. */
  readonly spill?: { readonly pathOf: (sessionId: string) => string; readonly maxBytes: number };
}

/** Longest spill file by default, bytes. */
const DEFAULT_SPILL_BYTES = 1024 ** 3;

/** What a manager's options say of output. */
export function outputPolicyOf({
  keepOutput = DEFAULT_RING,
  spillFolder,
  maxSpillBytes = DEFAULT_SPILL_BYTES,
}: Pick<ClaudeCliManagerOptions, 'keepOutput' | 'spillFolder' | 'maxSpillBytes'>): OutputPolicy {
  if (spillFolder === undefined) return { ring: keepOutput };
  const pathOf = (sessionId: string): string => join(spillFolder, `${sessionId}.log`);
  return { ring: keepOutput, spill: { pathOf, maxBytes: maxSpillBytes } };
}

/** Removes what was spilled of a session, also by an earlier manager whose session was put back. */
export function removeSpill(session: CliSession, { spill }: OutputPolicy): void {
  if (session.spill !== undefined) session.spill.remove();
  else if (spill !== undefined) rmSync(spill.pathOf(session.id), { force: true });
}

/** What it needs of a manager. */
export interface OutputTools {
  readonly clock: EngineClock;
  readonly output: OutputPolicy;
  readonly tell: (update: CliUpdate) => void;
}

/** The output of one process. */
export class SessionOutput {
  readonly #session: CliSession;
  readonly #tools: OutputTools;
  readonly #reader: ProtocolReader | undefined;
  readonly #onMessage: (message: CliMessage, words: string) => void;
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };

  /** @param reader of its protocol; undefined for plain lines */
  constructor(
    session: CliSession,
    tools: OutputTools,
    reader: ProtocolReader | undefined,
    onMessage: (message: CliMessage, words: string) => void,
  ) {
    this.#session = session;
    this.#tools = tools;
    this.#reader = reader;
    this.#onMessage = onMessage;
  }

  /** Text as it comes. */
  take(text: string, stream: 'stdout' | 'stderr'): void {
    const { clock } = this.#tools;
    this.#session.lastActivityWallMs = clock.wallMs();
    this.#session.lastActivityMonoMs = Math.round(clock.monoMs());
    this.#lines(this.#splitters[stream].push(text), stream);
  }

  /** The output has ended: what has no end of line is a line too. */
  end(): void {
    this.#lines(this.#splitters.stdout.end(), 'stdout');
    this.#lines(this.#splitters.stderr.end(), 'stderr');
  }

  /** A measurement of its whole tree. */
  noteUsage({ rssBytes, cpuMs }: TreeUsage): void {
    this.#session.rssBytes = rssBytes;
    this.#session.cpuMs = Math.round(cpuMs);
    this.#session.peakRssBytes = Math.max(this.#session.peakRssBytes, rssBytes);
  }

  #lines(split: readonly SplitLine[], stream: 'stdout' | 'stderr'): void {
    if (split.length === 0) return;
    const session = this.#session;
    const { output, tell } = this.#tools;
    const lines = split.map(({ text }) => stripAnsi(text));
    const left = session.keep(stream, lines, output.ring);
    if (stream === 'stdout' && left.length > 0 && output.spill !== undefined) {
      session.spill ??= new SpillFile(output.spill.pathOf(session.id), output.spill.maxBytes);
      session.spill.add(left);
    }
    tell({ type: 'output', session, stream, lines });
    if (stream === 'stderr' || this.#reader === undefined) return;
    for (const [index, line] of lines.entries()) {
      const read = this.#reader.take(line, split[index]?.isCut);
      if (read === undefined) continue;
      this.#onMessage(read.message, read.words);
      tell({ type: 'message', session, message: read.message });
    }
  }
}
