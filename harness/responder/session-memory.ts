/**
 * Owns: the sessions' life beyond this process: writing them to the journal, and reading what an earlier manager left.
 * Never: throws: a full disk makes the memory worse, and ends nothing.
 */
import { rmSync } from 'node:fs';
import type { Logger } from '../contracts.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import type { ProcessLooks } from '../supervisor/process-looks.ts';
import { systemProcessSource } from '../supervisor/process-sample.ts';
import { endOrphans } from '../supervisor/orphaned-groups.ts';
import { fateOf } from './restored-session.ts';
import type { RestoredSession } from './restored-session.ts';
import { SessionJournal, claimJournals } from './session-journal.ts';
import type { JournaledSession } from './session-journal.ts';
import type { CliSession } from './session-record.ts';
import type { ClaudeExecutionOptions } from './session-types.ts';

/** What is known of a session beside its record. */
export interface SessionBackground {
  readonly options: ClaudeExecutionOptions;
  /** Undefined when it is not to be written. */
  readonly prompt: string | undefined;
  readonly isLongLived: boolean;
}

/** What it needs of a manager. */
export interface MemoryTools {
  readonly stateFolder: string;
  readonly log: Logger;
  readonly looks: ProcessLooks;
  readonly onRestart: 'recover' | 'fail';
  readonly isRecoveryEnabled: boolean;
  readonly maxRetries: number;
  /** Every session that is still remembered. */
  sessions(): readonly CliSession[];
  /** Of those that are active. */
  readonly backgroundOf: (sessionId: string) => SessionBackground | undefined;
  readonly wallMs: () => number;
}

function journaled(
  session: CliSession,
  background: SessionBackground | undefined,
  isWhole: boolean,
  atWallMs: number,
): JournaledSession {
  const { conversationId, error } = session;
  const { env: _secret, args, ...rest } = background?.options ?? {};
  const options = { ...rest, ...(args !== undefined && { args: [...args] }) };
  return {
    id: session.id,
    agentId: session.agentId,
    command: session.command,
    startedWallMs: session.startTime.getTime(),
    status: session.status,
    atWallMs,
    retryCount: session.retryCount,
    ...(session.entry.reason !== undefined && { reason: session.entry.reason }),
    ...(error !== undefined && { category: error.category }),
    ...(conversationId !== undefined && { conversationId }),
    ...(background?.isLongLived === true && { isLongLived: true }),
    ...(isWhole && background !== undefined && { options }),
    ...(isWhole && background?.prompt !== undefined && { prompt: background.prompt }),
  };
}

/** The memory of one manager. */
export class SessionMemory {
  readonly #tools: MemoryTools;
  readonly #journal: SessionJournal | undefined;
  #taken: readonly string[] = [];

  constructor(tools: MemoryTools) {
    this.#tools = tools;
    this.#journal = this.#guarded(
      () =>
        new SessionJournal(tools.stateFolder, () =>
          tools.sessions().map((one) => journaled(one, tools.backgroundOf(one.id), true, tools.wallMs())),
        ),
    );
  }

  /** What was taken over is in this journal now. */
  forgetTaken(): void {
    for (const path of this.#taken) this.#guarded(() => rmSync(path, { force: true }));
    this.#taken = [];
  }

  /** Notes how a session stands. @param isWhole with its options: once, when it begins */
  note(session: CliSession, isWhole = false): void {
    const { backgroundOf, wallMs } = this.#tools;
    this.#guarded(() => this.#journal?.note(journaled(session, backgroundOf(session.id), isWhole, wallMs())));
  }

  removed(sessionId: string): void {
    this.#guarded(() => this.#journal?.removed(sessionId));
  }

  close(): void {
    this.#guarded(() => this.#journal?.close());
  }

  /** What dead managers have left: their processes are ended, and each session's fate is decided. */
  async takeOver(): Promise<{ readonly session: JournaledSession; readonly restored: RestoredSession }[]> {
    const { stateFolder, log, looks, onRestart, isRecoveryEnabled, maxRetries, wallMs } = this.#tools;
    const { sessions, corruptLines, files } = claimJournals(stateFolder);
    this.#taken = files;
    if (corruptLines > 0)
      log.warn(
        { event: 'cliJournalCorrupt', lines: corruptLines },
        `${corruptLines} lines in journals of CLI sessions made no sense and were skipped`,
      );
    const tools = { looks, processes: systemProcessSource(), clock: systemEngineClock };
    const { reports: orphans } = await endOrphans(stateFolder, 'cli', tools);
    return sessions.map((session) => {
      const found = orphans.filter(({ sessionId }) => sessionId === session.id);
      const foundPids = found.flatMap((one) => one.foundPids);
      const isLeft = found.some(({ isGone }) => !isGone);
      const policy = { onRestart, isEnabled: isRecoveryEnabled, maxRetries, nowWallMs: wallMs(), isLeft };
      return { session, restored: fateOf(session, foundPids, policy) };
    });
  }

  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#tools.log.error(
        { event: 'cliJournalFailed', err: error },
        'The journal of CLI sessions cannot be written',
      );
      return undefined;
    }
  }
}
