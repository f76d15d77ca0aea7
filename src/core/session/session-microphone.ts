/**
 * The microphone of one session as it is shown: opens it for a run, keeps the mute intent, tells when it ends by itself
 * or gives nothing. It owns the opening, never the track, which the port stops. A track that comes after its run is
 * released at once.
 */
import type { SessionErrorCode } from '../errors.ts';
import type { MicrophonePort, MicrophoneTrack } from '../ports.ts';
import { Writable } from '../readable.ts';
import { untilAborted } from './bounded.ts';
import { isSilent, looked, type MicrophoneSilence } from './mic-silence.ts';
import type { MicrophoneState } from './types.ts';

/** One session's microphone. */
export class SessionMicrophone {
  readonly state: Writable<MicrophoneState>;
  readonly #port: MicrophonePort;
  #track: MicrophoneTrack | undefined;
  #isMuted = false;
  #silence: MicrophoneSilence;
  /** The run that it was opened for last. */
  #run: AbortSignal | undefined;

  constructor(port: MicrophonePort, onWatcherError: (error: unknown) => void) {
    this.#port = port;
    this.state = new Writable<MicrophoneState>({ status: 'off' }, onWatcherError);
  }

  /** The open track; undefined once it has ended. */
  get track(): MicrophoneTrack | undefined {
    return this.#track;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** False when it was so already. */
  setMuted(muted: boolean): boolean {
    if (muted === this.#isMuted) return false;
    this.#isMuted = muted;
    this.#port.setMuted(muted);
    if (this.state.value.status === 'live') this.state.set({ status: 'live', muted });
    return true;
  }

  /** A run begins: an end of the track by itself is told from now on. */
  begin(run: AbortSignal, onEnded: (code: SessionErrorCode) => void): void {
    this.#run = run;
    this.#port.onEnded = onEnded;
  }

  /** Opens it. Rejects as the port does, and with `stay.reason` when aborted. */
  async open(stay: AbortSignal): Promise<void> {
    const run = this.#run;
    this.state.set({ status: 'requesting' });
    this.#port.setMuted(this.#isMuted);
    const track = await untilAborted(this.#port.open(stay), stay, () => {
      // Given too late. A new run may be using the same microphone by now.
      if (this.#run === run || this.#run?.aborted === true) this.#port.close();
    });
    stay.throwIfAborted();
    this.#track = track;
    this.state.set({ status: 'live', muted: this.#isMuted });
  }

  /** It ended by itself; what is left of the track is not published again. */
  ended(code: SessionErrorCode): void {
    this.#track = undefined;
    this.state.set({ status: 'failed', code });
  }

  /** Looks once whether anything comes; true when what is shown has changed by it. */
  look(atMonoMs: number): boolean {
    const state = this.state.value;
    if (state.status !== 'live') return false;
    this.#silence = looked(this.#silence, this.#port.reading(), atMonoMs);
    const silent = isSilent(this.#silence, atMonoMs);
    if (silent === (state.silent === true)) return false;
    this.state.set({ status: 'live', muted: state.muted, ...(silent && { silent }) });
    return true;
  }

  /** Nobody looks for a while: what was found before counts no more. */
  lookAway(): void {
    this.#silence = undefined;
  }

  /** The run is over. @param code why, when it failed for the microphone */
  close(code: SessionErrorCode | undefined): void {
    this.#port.onEnded = undefined;
    this.#port.close();
    this.#track = undefined;
    this.state.set(code === undefined ? { status: 'off' } : { status: 'failed', code });
  }
}
