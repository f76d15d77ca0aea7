/**
 * Owns: one session that answers one prompt: its tries, from the first start to its final state.
 * Never: moves a session out of a final state; never leaves a process behind when `ended` fulfils.
 * Invariant: one try at a time; a cancelled session is final at once, and its `ended` waits for its processes.
 */
import type { EngineClock } from '../supervisor/engine-clock.ts';
import type { Deadlines } from '../supervisor/deadlines.ts';
import { askRetry } from '../supervisor/retry-policy.ts';
import type { CliState } from '../supervisor/session-states.ts';
import { pauseUnless } from './abortable-pause.ts';
import { judgeAttempt } from './attempt-outcome.ts';
import type { ClaudeCliConfig } from './cli-config.ts';
import { cleanEnvironment } from './clean-environment.ts';
import type { CliProcess, StartProcess } from './cli-process.ts';
import { commandLine, shownCommand } from './command-line.ts';
import { ClaudeSessionError } from './failure.ts';
import { ProtocolReader } from './protocol-reader.ts';
import type { Profiles, CliProfile } from './profiles.ts';
import { GO_ON_PROMPT, recoveryPrompt, restartPrompt } from './recovery-prompt.ts';
import { SessionOutput } from './session-output.ts';
import type { OutputPolicy } from './session-output.ts';
import { commandFacts, limitsOf, stalePolicyOf } from './session-plan.ts';
import type { SessionPlan } from './session-plan.ts';
import type { CliSession } from './session-record.ts';
import type { CliUpdate } from './session-types.ts';

/** What all sessions of a manager share. */
export interface RunTools {
  readonly startProcess: StartProcess;
  readonly profiles: Profiles;
  readonly clock: EngineClock;
  /** Owner is the session id. */
  readonly deadlines: Deadlines;
  /** In [0, 1). */
  readonly random: () => number;
  readonly config: ClaudeCliConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly output: OutputPolicy;
  /** Moves a session by the table and tells everyone. */
  readonly move: (session: CliSession, to: CliState, reason: string) => void;
  readonly tell: (update: CliUpdate) => void;
  /** The conversation's id has become known. */
  readonly noteConversation: (session: CliSession) => void;
}

/** A process that has told its result has so long to end by itself, ms. */
export const LINGER_MS = 5000;

/** What the tries so far have left for the next. */
interface Memory {
  conversationId: string | undefined;
  done: { readonly tools: readonly string[]; readonly lastWords: string };
}

/** One session under way. */
export class SessionRun {
  readonly session: CliSession;
  /** Fulfils when the session is final and nothing of it runs; never rejects. */
  readonly ended: Promise<CliSession>;
  readonly #tools: RunTools;
  readonly #plan: SessionPlan;
  /** Undefined when an earlier manager's journal did not hold it: the conversation does. */
  readonly #prompt: string | undefined;
  readonly #isRestored: boolean;
  readonly #life = new AbortController();
  readonly #memory: Memory;
  #process: CliProcess | undefined;

  /** @param resume the conversation of an earlier life to go on with */
  constructor(
    session: CliSession,
    prompt: string | undefined,
    plan: SessionPlan,
    tools: RunTools,
    resume?: string,
  ) {
    this.session = session;
    this.#prompt = prompt;
    this.#isRestored = resume !== undefined;
    this.#plan = plan;
    this.#tools = tools;
    this.#memory = { conversationId: resume, done: { tools: [], lastWords: '' } };
    this.ended = Promise.resolve().then(() => this.#run()); // its owner knows it before anything happens
  }

  /** Ends the session now; false when it has ended. */
  cancel(reason = 'cancelled'): boolean {
    if (this.session.endTime !== undefined) return false;
    this.#tools.move(this.session, 'cancelled', reason);
    this.#life.abort(reason);
    this.#process?.end('cancelled');
    return true;
  }

  async #run(): Promise<CliSession> {
    const { session } = this;
    const { clock, random, move, tell } = this.#tools;
    const earlierRetries = session.retryCount;
    let firstFailureMonoMs: number | undefined;
    for (let retriesDone = 0; ; retriesDone++) {
      const untilMonoMs = (firstFailureMonoMs ?? Infinity) + this.#plan.recoveryLimitMs;
      const error = await this.#try(untilMonoMs);
      if (session.endTime !== undefined) break;
      session.error = error;
      if (error === undefined) {
        if (firstFailureMonoMs !== undefined)
          session.recoveredInMs = Math.round(clock.monoMs() - firstFailureMonoMs);
        move(session, 'completed', 'result');
        break;
      }
      session.failures = [...session.failures, error.category];
      firstFailureMonoMs ??= clock.monoMs();
      const answer = askRetry(this.#plan.retry, {
        retriesDone,
        spentMs: clock.monoMs() - firstFailureMonoMs,
        isRetryable: error.isRetryable && this.#plan.isRecovering,
        chance: random(),
      });
      if (!answer.retry) {
        move(session, error.category === 'timeout' ? 'timeout' : 'failed', error.category);
        break;
      }
      session.retryCount = earlierRetries + retriesDone + 1;
      move(session, 'recovering', error.category);
      tell({
        type: 'recovery',
        session,
        category: error.category,
        attempt: session.retryCount,
        delayMs: answer.delayMs,
        resumes: this.#memory.conversationId !== undefined,
      });
      if (!(await pauseUnless(clock, answer.delayMs, this.#life.signal))) break;
      move(session, 'running', `retry ${session.retryCount}`);
    }
    this.#tools.deadlines.forget(session.id);
    session.spill?.close();
    return session;
  }

  /** One try: its error, undefined when it was good. Never rejects. */
  async #try(untilMonoMs: number): Promise<ClaudeSessionError | undefined> {
    try {
      return await this.#tools.profiles.run(this.#plan.options.profile, this.#life.signal, (profile) =>
        this.#tryOn(profile, untilMonoMs),
      );
    } catch (error) {
      if (error instanceof ClaudeSessionError) return error;
      if (this.#life.signal.aborted) return new ClaudeSessionError('signal', 'cancelled');
      return new ClaudeSessionError('spawn', 'could not be started', { cause: error });
    }
  }

  async #tryOn(profile: CliProfile, untilMonoMs: number): Promise<ClaudeSessionError | undefined> {
    const { session } = this;
    const { config, env, startProcess, deadlines, clock } = this.#tools;
    const { options, staleAfterMs } = this.#plan;
    const facts = commandFacts(options, profile.options ?? {}, config);
    const resume = facts.isClaude ? this.#memory.conversationId : undefined;
    if (this.#prompt === undefined && resume === undefined)
      return new ClaudeSessionError(
        'invalidOptions',
        `its task is known to its conversation alone, and ${facts.command} takes up none`,
      );
    const line = commandLine(facts, { resume });
    const prompt = this.#promptNow();
    const isFed = options.stdin === undefined ? prompt !== '' : options.stdin === 'prompt';
    const leftMs = Math.max(1, untilMonoMs - clock.monoMs()); // now that it has a place
    const timeoutMs = Math.min(this.#plan.timeoutMs || Infinity, leftMs);
    const ownTimeoutMs = timeoutMs === Infinity ? 0 : timeoutMs;
    session.command = shownCommand(line);
    session.profile = profile.name;
    session.exitCode = undefined;
    const reader = new ProtocolReader();
    const output = new SessionOutput(
      session,
      this.#tools,
      facts.protocol === 'streamJson' ? reader : undefined,
      (message) => {
        if (message.type === 'init') this.#learnConversation(message.conversationId);
        if (message.type === 'result')
          deadlines.set(session.id, 'linger', LINGER_MS, () => this.#process?.end('lingers', 0));
      },
    );
    let startFailed: ClaudeSessionError | undefined;
    try {
      this.#process = await startProcess(
        {
          sessionId: session.id,
          ...line,
          env: cleanEnvironment(env, facts.env),
          cwd: facts.cwd,
          input: isFed ? { text: prompt } : undefined,
          limits: limitsOf(this.#plan, ownTimeoutMs),
          stale: stalePolicyOf(staleAfterMs, options.healthCheckInterval ?? config.healthCheckInterval),
          isBusy: true,
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
      startFailed =
        error instanceof ClaudeSessionError
          ? error
          : new ClaudeSessionError('spawn', `the command ${line.command} could not be started`, {
              cause: error,
            });
    }
    if (startFailed !== undefined || this.#process === undefined) return startFailed;
    session.process = this.#process.child;
    session.pid = this.#process.pid;
    if (this.#life.signal.aborted) this.#process.end('cancelled', 0); // while it was being started
    const end = await this.#process.ended;
    output.end();
    deadlines.cancel(session.id, 'linger');
    this.#process = undefined;
    session.process = undefined;
    session.exitCode = end.exit?.code ?? undefined;
    this.#learn(reader);
    // It did not even begin: the assistant may not know that conversation any more. The next try begins a new one,
    // where there is a task to begin it with.
    const isLost = resume !== undefined && reader.conversationId === undefined && end.cause === 'exited';
    if (isLost && this.#prompt !== undefined) this.#memory.conversationId = undefined;
    return judgeAttempt({
      protocol: facts.protocol,
      end,
      said: reader,
      errorText: session.errorOutput.slice(-20).join('\n'),
      timeoutMs: ownTimeoutMs,
      staleAfterMs,
    });
  }

  #promptNow(): string {
    const { error } = this.session;
    const { conversationId, done } = this.#memory;
    const task = this.#prompt ?? GO_ON_PROMPT;
    if (error === undefined) return task;
    const hasSaid = done.tools.length > 0 || done.lastWords !== '';
    if (this.#isRestored && conversationId !== undefined && !hasSaid) return restartPrompt(this.#prompt);
    return recoveryPrompt(task, error.category, done);
  }

  #learnConversation(conversationId: string): void {
    this.#memory.conversationId = conversationId;
    if (this.session.conversationId === conversationId) return;
    this.session.conversationId = conversationId;
    this.#tools.noteConversation(this.session);
  }

  /** What the next try, and the session's reader, should know of this one. */
  #learn(reader: ProtocolReader): void {
    const { session } = this;
    session.badLines += reader.badLines;
    session.unknownLines += reader.unknownLines;
    if (reader.costUsd !== undefined) session.costUsd = (session.costUsd ?? 0) + reader.costUsd;
    if (reader.result !== undefined) session.answer = reader.result.words;
    else if (reader.lastWords !== '') session.answer = reader.lastWords;
    if (reader.tools.length > 0 || reader.lastWords !== '')
      this.#memory.done = { tools: [...reader.tools], lastWords: reader.lastWords };
  }
}
