/**
 * Runs the link machine: gives it what happened, with time and chance, has done what it commands, and shows the link.
 * It decides nothing and knows no room. Invariants: one event at a time, in order, each finished before the next; one
 * AbortController per stay, aborted on leaving; one timer at the most; a transition is recorded before it is told, and
 * told, timed and entered whatever a hook of it throws.
 */
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { Writable } from '../readable.ts';
import type { Clock, Random } from '../ports.ts';
import type { AgentPresence } from './agent-presence.ts';
import { aborted, type Background } from './background.ts';
import { dueMonoMs, INITIAL_LINK, next } from './link-machine.ts';
import type { LinkCommand, LinkEvent, LinkHappening, LinkState } from './link-state.ts';
import { linkOf, transitionLine, type TransitionLine } from './link.ts';
import type { Link, LinkPhase } from './types.ts';

/** What the runner needs. */
export interface RunnerContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: ReconnectPolicy;
  readonly agent: AgentPresence;
  readonly background: Background;
}

/** Who does what the machine commands. */
export interface RunnerHooks {
  /** `stay` ends when the state that commanded it is left. */
  perform(command: LinkCommand, stay: AbortSignal): void;
  record(line: TransitionLine, phase: LinkPhase): void;
  /** A new stay has begun and been told. */
  entered(state: LinkState, before: LinkState, stay: AbortSignal): void;
}

/** Whether a room stands and is believed. */
export function isProven(state: LinkState): boolean {
  return state.name === 'connected' || state.name === 'unstable';
}

/** One session's machine. */
export class MachineRunner {
  readonly link: Writable<Link>;
  readonly #context: RunnerContext;
  readonly #hooks: RunnerHooks;
  #state: LinkState = INITIAL_LINK;
  readonly #queue: LinkHappening[] = [];
  #isDraining = false;
  #isDisposed = false;
  #stay = aborted();
  #timer = aborted();
  #timerDueMonoMs: number | undefined;

  constructor(context: RunnerContext, hooks: RunnerHooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.link = new Writable<Link>(linkOf(INITIAL_LINK, context.policy), (error) =>
      context.background.defect('watcherThrew', error),
    );
    context.agent.standing.watch(() => this.#agentStands());
  }

  get state(): LinkState {
    return this.#state;
  }

  /** No session runs: before the first, and after each. */
  get isAtRest(): boolean {
    return ['idle', 'failed', 'ended'].includes(this.link.value.phase);
  }

  /** Resolves when the way in is over, whichever way; at once when it is. */
  async settled(): Promise<void> {
    const isSettled = (link: Link): boolean => !['requestingMic', 'connecting'].includes(link.phase);
    if (isSettled(this.link.value)) return;
    await new Promise<void>((resolve) => {
      const end = this.link.watch((link) => {
        if (!isSettled(link)) return;
        end();
        resolve();
      });
    });
  }

  /** It happened. After {@link dispose} nothing does. */
  dispatch(happening: LinkHappening): void {
    if (this.#isDisposed) return;
    this.#queue.push(happening);
    // Commands may tell at once; the event that caused them is finished first.
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift())
        this.#step(event);
    } finally {
      this.#isDraining = false;
    }
    this.#agentStands();
  }

  /** Hears no more. To be called in a final state, which has no timer. */
  dispose(): void {
    this.#isDisposed = true;
  }

  #step(happening: LinkHappening): void {
    const { clock, random, policy, agent } = this.#context;
    const event: LinkEvent = { ...happening, atMonoMs: clock.monoMs(), chance: random() };
    const before = this.#state;
    const { state, commands } = next(before, event, policy);
    if (state === before) return;
    this.#state = state;
    const isNewStay = state.stay !== before.stay;
    if (isNewStay) {
      this.#stay.abort();
      this.#stay = new AbortController();
    }
    const stay = this.#stay.signal;
    // The recording that a transition begins or ends must be there to hold it.
    for (const command of commands) if (command.type === 'beginSession') this.#perform(command, stay);
    if (isProven(state)) agent.expect();
    const link = linkOf(state, policy, agent.standing.value);
    const isTransition = isNewStay || !isSameLink(link, this.link.value);
    if (isTransition) this.#record(link, event.atMonoMs);
    for (const command of commands) if (command.type !== 'beginSession') this.#perform(command, stay);
    if (isTransition) this.link.set(link);
    this.#armTimer();
    if (isNewStay) this.#guard(() => this.#hooks.entered(state, before, stay));
  }

  #perform(command: LinkCommand, stay: AbortSignal): void {
    this.#guard(() => this.#hooks.perform(command, stay));
  }

  /** The agent came or went while the machine stayed where it is: what is shown may be another phase. */
  #agentStands(): void {
    if (this.#isDraining || this.#isDisposed) return;
    const { clock, policy, agent } = this.#context;
    const link = linkOf(this.#state, policy, agent.standing.value);
    if (isSameLink(link, this.link.value)) return;
    this.#record(link, clock.monoMs());
    this.link.set(link);
  }

  #record(link: Link, atMonoMs: number): void {
    this.#guard(() => this.#hooks.record(transitionLine(this.#state, link, atMonoMs), link.phase));
  }

  #guard(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      this.#context.background.defect('transitionThrew', error);
    }
  }

  #armTimer(): void {
    const dueMs = dueMonoMs(this.#state, this.#context.policy);
    if (dueMs === this.#timerDueMonoMs) return;
    this.#timer.abort();
    this.#timerDueMonoMs = dueMs;
    if (dueMs === undefined || dueMs === Infinity) return;
    const timer = new AbortController();
    this.#timer = timer;
    const { clock, background } = this.#context;
    const wait = async (): Promise<void> => {
      await clock.sleep(Math.max(0, dueMs - clock.monoMs()), timer.signal);
      if (timer.signal.aborted) return;
      this.#timerDueMonoMs = undefined;
      this.dispatch({ type: 'timeUp' });
      // A clock that fired early leaves the state waiting: arm again.
      this.#armTimer();
    };
    background.run(wait());
  }
}

function isSameLink(one: Link, other: Link): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
