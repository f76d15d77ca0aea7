/**
 * Owns: a conversation with a long-lived assistant: one process, turns in, sentences out. A process that ends between
 * turns is started again with the next; one that fails in a turn is recovered in the same conversation.
 * Never: two turns at once: a newer one interrupts the older. Timeout and staleness run only during a turn.
 * Invariant: the session is `running` as long as the conversation is open, whether a process is there or not.
 */
import { askRetry } from '../supervisor/retry-policy.ts';
import type { SessionLimits } from '../supervisor/session-limits.ts';
import { pauseUnless } from './abortable-pause.ts';
import { judgeAttempt, resultError } from './attempt-outcome.ts';
import { cleanEnvironment } from './clean-environment.ts';
import type { CliProcess } from './cli-process.ts';
import { commandLine, shownCommand } from './command-line.ts';
import { ConversationTurn } from './conversation-turn.ts';
import { ClaudeSessionError } from './failure.ts';
import type { CliProfile } from './profiles.ts';
import { ProtocolReader } from './protocol-reader.ts';
import { SessionOutput } from './session-output.ts';
import { commandFacts, limitsOf, stalePolicyOf } from './session-plan.ts';
import type { SessionPlan } from './session-plan.ts';
import type { CliSession } from './session-record.ts';
import type { RunTools } from './session-run.ts';
import type { ClaudeExecutionOptions } from './session-types.ts';
import { interruptLine, refusalLine, userLine } from './stream-json.ts';
import type { CliMessage } from './stream-json.ts';

/** How a conversation is held. `timeout` and `staleAfterMs` are of one turn. */
export interface ConversationOptions extends ClaudeExecutionOptions {
  /** The assistant's id of an earlier conversation to go on with. */
  readonly resume?: string;
  /** Longest life of one process, ms; the conversation goes on in the next. @default 7200000 */
  readonly maxAgeMs?: number;
}

const MAX_AGE_MS = 7_200_000;
/** An interrupted turn has so long to say that it has stopped, ms. */
const INTERRUPT_LIMIT_MS = 3000;

interface LiveProcess {
  readonly process: CliProcess;
  readonly reader: ProtocolReader;
}

/** An open conversation. */
export class Conversation {
  readonly session: CliSession;
  /** Fulfils when it is closed and nothing of it runs; never rejects. */
  readonly ended: Promise<CliSession>;
  readonly #plan: SessionPlan;
  readonly #tools: RunTools;
  readonly #maxAgeMs: number;
  readonly #life = new AbortController();
  #conversationId: string | undefined;
  #live: Promise<LiveProcess> | undefined;
  #process: CliProcess | undefined;
  #processEnded: Promise<unknown> = Promise.resolve();
  /** The newest. */
  #turn: ConversationTurn | undefined;
  /** The one that the process works at; while it stops, the newest waits. */
  #playing: ConversationTurn | undefined;
  #serving: Promise<void> = Promise.resolve();
  #interrupts = 0;
  #resolveEnded: (session: CliSession) => void = () => undefined;

  constructor(
    session: CliSession,
    plan: SessionPlan,
    tools: RunTools,
    options: { readonly resume: string | undefined; readonly maxAgeMs: number | undefined },
  ) {
    this.session = session;
    this.#plan = plan;
    this.#tools = tools;
    this.#conversationId = options.resume;
    this.#maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  /** Whether turns can be asked. */
  get isOpen(): boolean {
    return this.session.endTime === undefined;
  }

  /** Starts the process before it is needed. Rejects with ClaudeSessionError when it cannot be started. */
  async warm(): Promise<void> {
    await this.#liveProcess();
  }

  /**
   * Asks, and gives the answer sentence by sentence. Throws ClaudeSessionError when there is none, the signal's reason
   * when aborted; leaving the loop or aborting interrupts the assistant. A newer question ends this one's answer early.
   */
  async *ask(text: string, signal?: AbortSignal): AsyncGenerator<string, void> {
    signal?.throwIfAborted();
    if (!this.isOpen) throw new ClaudeSessionError('invalidOptions', 'the conversation is closed');
    const turn = new ConversationTurn(text);
    this.#interrupt(this.#turn);
    this.#turn = turn;
    const before = this.#serving;
    this.#serving = before.then(() => this.#serve(turn));
    const onAbort = (): void => this.#interrupt(turn);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for (let next = await turn.queue.next(); next !== undefined; next = await turn.queue.next()) {
        yield next;
      }
      signal?.throwIfAborted();
      if (turn.error !== undefined) throw turn.error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#interrupt(turn);
    }
  }

  /** Stops the present answer; false when there is none. */
  interrupt(): boolean {
    const isAnswering = this.#turn !== undefined && !this.#turn.isOver;
    this.#interrupt(this.#turn);
    return isAnswering;
  }

  /** Ends the conversation in order. Fulfils when its process is gone. Idempotent. */
  async close(): Promise<CliSession> {
    if (this.isOpen) {
      const isRecovering = this.session.status === 'recovering';
      this.#tools.move(this.session, isRecovering ? 'cancelled' : 'completed', 'closed');
      this.#shut('closed');
    }
    return this.ended;
  }

  /** Ends it as cancelled; false when it has ended. */
  cancel(reason = 'cancelled'): boolean {
    if (!this.isOpen) return false;
    this.#tools.move(this.session, 'cancelled', reason);
    this.#shut('cancelled');
    return true;
  }

  #shut(reason: 'closed' | 'cancelled'): void {
    this.#life.abort(reason);
    this.#turn?.interrupt();
    this.#process?.end(reason);
    const over = async (): Promise<void> => {
      await this.#serving;
      await this.#live?.catch(() => undefined); // a start under way ends itself
      await this.#processEnded;
      this.#tools.deadlines.forget(this.session.id);
      this.session.spill?.close();
      this.#resolveEnded(this.session);
    };
    over().catch(() => this.#resolveEnded(this.session));
  }

  #interrupt(turn: ConversationTurn | undefined): void {
    if (turn === undefined || turn.isOver || turn.isInterrupted) return;
    turn.interrupt();
    if (turn !== this.#playing || this.#process === undefined) return;
    this.#interrupts += 1;
    this.#process.write(interruptLine(`clara-${this.#interrupts}`));
    this.#tools.deadlines.set(this.session.id, 'interrupt', INTERRUPT_LIMIT_MS, () =>
      this.#process?.end('turnStuck', 0),
    );
  }

  /** Serves a turn with its retries. Never rejects. */
  async #serve(turn: ConversationTurn): Promise<void> {
    const { session } = this;
    const { clock, random, move, tell } = this.#tools;
    let firstFailureMonoMs: number | undefined;
    for (let retriesDone = 0; !turn.isInterrupted && this.isOpen; retriesDone++) {
      const error = await this.#play(turn);
      if (error === undefined || turn.isInterrupted || !this.isOpen) {
        if (error === undefined) session.error = undefined;
        break;
      }
      session.error = error;
      session.failures = [...session.failures, error.category].slice(-100);
      firstFailureMonoMs ??= clock.monoMs();
      const answer = askRetry(this.#plan.retry, {
        retriesDone,
        spentMs: clock.monoMs() - firstFailureMonoMs,
        isRetryable: error.isRetryable && this.#plan.isRecovering,
        chance: random(),
      });
      if (!answer.retry) {
        turn.error = error;
        if (!error.isRetryable) this.#fail(error);
        break;
      }
      session.retryCount += 1;
      move(session, 'recovering', error.category);
      const resumes = this.#conversationId !== undefined;
      tell({
        type: 'recovery',
        session,
        category: error.category,
        attempt: retriesDone + 1,
        delayMs: answer.delayMs,
        resumes,
      });
      if (!(await pauseUnless(clock, answer.delayMs, this.#life.signal))) break;
      move(session, 'running', `retry ${retriesDone + 1}`);
      turn.beginAgain();
    }
    turn.finish();
  }

  /** What the next turn would meet as well: it is of no use to keep the conversation. */
  #fail(error: ClaudeSessionError): void {
    this.#tools.move(this.session, 'failed', error.category);
    this.#shut('closed');
  }

  async #play(turn: ConversationTurn): Promise<ClaudeSessionError | undefined> {
    const { deadlines } = this.#tools;
    let live: LiveProcess;
    try {
      live = await this.#liveProcess();
    } catch (error) {
      if (error instanceof ClaudeSessionError) return error;
      return new ClaudeSessionError('spawn', 'could not be started', { cause: error });
    }
    if (turn.isInterrupted) return undefined;
    const { process, reader } = live;
    const { id } = this.session;
    const { timeoutMs, staleAfterMs } = this.#plan;
    reader.beginTurn();
    process.setBusy(true);
    if (timeoutMs > 0) deadlines.set(id, 'turn', timeoutMs, () => process.end('turnTimeout'));
    this.#playing = turn;
    process.write(userLine(turn.prompt(), this.#conversationId));
    const end = await Promise.race([process.ended, turn.result]);
    this.#playing = undefined;
    deadlines.cancel(id, 'turn');
    deadlines.cancel(id, 'interrupt');
    process.setBusy(false);
    this.#takeCost(reader);
    if (end === 'result') return turn.isInterrupted ? undefined : resultError(reader);
    // It did not even begin: the assistant may not know that conversation any more. The next try begins a new one.
    if (reader.conversationId === undefined && end.cause === 'exited') this.#conversationId = undefined;
    const errorText = this.session.errorOutput.slice(-20).join('\n');
    return judgeAttempt({ protocol: 'streamJson', end, said: reader, errorText, timeoutMs, staleAfterMs });
  }

  #takeCost(reader: ProtocolReader): void {
    const { session } = this;
    session.badLines += reader.badLines;
    session.unknownLines += reader.unknownLines;
    reader.badLines = 0;
    reader.unknownLines = 0;
    if (reader.costUsd !== undefined) session.costUsd = reader.costUsd; // it tells the sum of its process
    if (reader.result !== undefined) session.answer = reader.result.words;
  }

  /** The process that is there, or a new one. */
  #liveProcess(): Promise<LiveProcess> {
    if (this.#live === undefined) {
      const live = this.#startProcess();
      this.#live = live;
      live.catch(() => {
        if (this.#live === live) this.#live = undefined;
      });
    }
    return this.#live;
  }

  #startProcess(): Promise<LiveProcess> {
    return new Promise((resolve, reject) => {
      this.#tools.profiles
        .run(this.#plan.options.profile, this.#life.signal, (profile, isProven) =>
          this.#runProcess(profile, resolve, isProven),
        )
        .then((error) => reject(error ?? new ClaudeSessionError('signal', 'it has ended')))
        .catch(reject); // no profile can take it; heard only before it has started
    });
  }

  /** Starts a process and waits for its end; `onStarted` hands it out. */
  async #runProcess(
    profile: CliProfile,
    onStarted: (live: LiveProcess) => void,
    isProven: () => void,
  ): Promise<ClaudeSessionError | undefined> {
    const { session } = this;
    const { config, env } = this.#tools;
    const { options, staleAfterMs } = this.#plan;
    const facts = commandFacts(options, profile.options ?? {}, config);
    if (!facts.isClaude || facts.protocol !== 'streamJson')
      return new ClaudeSessionError(
        'invalidOptions',
        'a conversation needs a command that speaks stream-json',
      );
    const line = commandLine(facts, { isLongLived: true, resume: this.#conversationId });
    session.command = shownCommand(line);
    session.profile = profile.name;
    const reader = new ProtocolReader();
    const output = new SessionOutput(session, this.#tools, reader, (message, words) => {
      this.#onMessage(message, words);
      if (message.type === 'result' && !message.isError) isProven();
    });
    const limits: SessionLimits = { ...limitsOf(this.#plan, 0), maxAgeMs: this.#maxAgeMs };
    let process: CliProcess;
    try {
      process = await this.#tools.startProcess(
        {
          sessionId: session.id,
          ...line,
          env: cleanEnvironment(env, facts.env),
          cwd: facts.cwd,
          input: 'open',
          limits,
          stale: stalePolicyOf(staleAfterMs, options.healthCheckInterval ?? config.healthCheckInterval),
          isBusy: false,
        },
        {
          onText: (text, stream) => output.take(text, stream),
          onUsage: (usage) => output.noteUsage(usage),
          onLimit: (breach) => this.#tools.tell({ type: 'limit', session, breach }),
          onStale: (command) => {
            if (command === 'recover') this.#process?.end('stale');
          },
        },
      );
    } catch (error) {
      return error instanceof ClaudeSessionError
        ? error
        : new ClaudeSessionError('spawn', `the command ${line.command} could not be started`, {
            cause: error,
          });
    }
    this.#process = process;
    session.process = process.child;
    session.pid = process.pid;
    const ended = process.ended;
    this.#processEnded = ended;
    if (this.#life.signal.aborted) process.end('closed', 0); // while it was being started
    onStarted({ process, reader });
    const end = await ended;
    output.end();
    if (this.#process === process) {
      this.#process = undefined;
      this.#live = undefined;
      session.process = undefined;
      session.pid = undefined;
    }
    session.exitCode = end.exit?.code ?? undefined;
    if (end.cause === 'asked' || end.exit?.code === 0) return undefined;
    const errorText = session.errorOutput.slice(-20).join('\n');
    return judgeAttempt({ protocol: 'plain', end, said: reader, errorText, timeoutMs: 0, staleAfterMs });
  }

  #onMessage(message: CliMessage, words: string): void {
    if (words !== '') this.#playing?.say(words);
    if (message.type === 'init' && message.conversationId !== this.session.conversationId) {
      this.#conversationId = message.conversationId;
      this.session.conversationId = message.conversationId;
      this.#tools.noteConversation(this.session);
    }
    if (message.type === 'controlRequest') this.#process?.write(refusalLine(message.requestId));
    if (message.type === 'result') this.#playing?.onResult(message.isError ? '' : message.text);
  }
}
