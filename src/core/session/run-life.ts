/**
 * One run of a session, from a start to its final state: what begins with it and what is over with it. It owns the run's
 * signal, the watch over the network's hints and the recording's begin and end; it decides nothing about phases.
 * Invariant: after the end nothing of the run is left, but the hints of a session that may come back by itself.
 */
import type { SessionErrorCode } from '../errors.ts';
import type { SessionPorts } from '../ports.ts';
import { aborted } from './background.ts';
import type { LinkHappening, LinkState } from './link-state.ts';
import type { SessionParts } from './session-parts.ts';

/** A sixth of the time that what is saved is good for, ms. */
const SAVE_EVERY_MS = 5 * 60_000;

/** One session's runs, one after the other. */
export class RunLife {
  readonly #ports: SessionPorts;
  readonly #parts: SessionParts;
  readonly #dispatch: (happening: LinkHappening) => void;
  #run = aborted();
  #hints = aborted();
  #hasRun = false;

  constructor(ports: SessionPorts, parts: SessionParts, dispatch: (happening: LinkHappening) => void) {
    this.#ports = ports;
    this.#parts = parts;
    this.#dispatch = dispatch;
  }

  /** Ends with the run that goes on; aborted between two. */
  get signal(): AbortSignal {
    return this.#run.signal;
  }

  /** A start. True when it is a new conversation: what was before is forgotten. */
  begin(returning: boolean): boolean {
    const { wayBack, conversation, recording, microphone, sleep, background } = this.#parts;
    this.#run = new AbortController();
    // A reload brings its context along; after a wanted end there is none.
    const isNew = !returning && this.#hasRun;
    if (isNew) {
      wayBack.forget();
      conversation.clear();
    }
    this.#hasRun = true;
    recording.begin();
    microphone.begin(this.#run.signal, (code) => this.#microphoneEnded(code));
    if (this.#hints.signal.aborted) {
      this.#hints = new AbortController();
      this.#ports.network.watch((hint) => {
        recording.event({ kind: 'network', hint });
        this.#dispatch({ type: 'hint', hint });
      }, this.#hints.signal);
    }
    background.run(sleep.run(() => this.#dispatch({ type: 'woke' }), this.#run.signal));
    background.run(this.#keepSaved(this.#run.signal));
    return isNew;
  }

  /** The final `state` has come. */
  end(state: LinkState): void {
    const { agent, conversation, microphone, wayBack, notes, recording } = this.#parts;
    this.#run.abort();
    agent.reset();
    conversation.giveUp();
    const problem = state.name === 'failed' ? state.problem.code : undefined;
    microphone.close(problem?.startsWith('mic') === true ? problem : undefined);
    wayBack.unlock();
    notes.reset();
    if (state.name === 'ended') {
      if (state.reason === 'stopped') this.#ports.farewell?.bye(wayBack.request);
      // "Use here" goes on with it; nothing else does.
      if (state.reason === 'duplicateIdentity') wayBack.forgetSaved();
      else wayBack.forget();
      recording.end({ phase: 'ended', reason: state.reason });
    } else if (state.name === 'failed') {
      wayBack.save(conversation.lines.value);
      recording.event({ kind: 'error', code: state.problem.code });
      recording.end({ phase: 'failed', reason: state.problem.code });
    }
    // Hints are of use only to a session that may come back by itself.
    if (state.name !== 'failed' || state.lost === undefined) this.#hints.abort();
  }

  /** Nobody wants this session any more. */
  dispose(): void {
    this.#hints.abort();
    this.#parts.wayBack.release();
  }

  /** What a reload finds runs out; a call in which nobody says anything must not outlive it. */
  async #keepSaved(run: AbortSignal): Promise<void> {
    const { wayBack, conversation } = this.#parts;
    for (;;) {
      await this.#ports.clock.sleep(SAVE_EVERY_MS, run);
      wayBack.save(conversation.lines.value);
    }
  }

  /** The call goes on listening. */
  #microphoneEnded(code: SessionErrorCode): void {
    if (this.#run.signal.aborted) return;
    this.#parts.microphone.ended(code);
    this.#ports.log.warn('microphoneEnded', `the microphone ended: ${code}`);
    this.#parts.recording.event({ kind: 'error', code });
  }
}
