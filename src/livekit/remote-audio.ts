/**
 * Plays what the room sends: one hidden audio element a track, lent by the page, given back with the track or at close.
 * Tells when the browser wants a gesture first. The agent's track has a level meter on it.
 */
import { type RemoteTrack, Track } from 'livekit-client';
import type { LevelMeter, PageAudio } from './page-audio.ts';

interface Playing {
  readonly element: HTMLAudioElement;
  readonly meter: LevelMeter | undefined;
}

/** The remote audio of one room. */
export class RemoteAudio {
  readonly #audio: PageAudio;
  readonly #onBlocked: (blocked: boolean) => void;
  readonly #playing = new Map<string, Playing>();
  #isBlocked = false;
  #isClosed = false;

  constructor(audio: PageAudio, onBlocked: (blocked: boolean) => void) {
    this.#audio = audio;
    this.#onBlocked = onBlocked;
  }

  /** Starts to play `track`; anything but audio is left alone. */
  add(track: RemoteTrack, fromAgent: boolean): void {
    if (this.#isClosed || track.kind !== Track.Kind.Audio || this.#playing.has(trackKey(track))) return;
    const element = this.#audio.lendElement();
    element.srcObject = new MediaStream([track.mediaStreamTrack]);
    document.body.append(element);
    const meter = fromAgent ? this.#audio.meter(track.mediaStreamTrack) : undefined;
    this.#playing.set(trackKey(track), { element, meter });
    element.play().then(
      () => this.#setBlocked(false),
      (error: unknown) => {
        // AbortError: the element was taken away before it began.
        if (error instanceof DOMException && error.name === 'NotAllowedError') this.#setBlocked(true);
      },
    );
  }

  /** Ends `track`'s element. */
  remove(track: RemoteTrack): void {
    const playing = this.#playing.get(trackKey(track));
    if (playing === undefined) return;
    this.#playing.delete(trackKey(track));
    this.#discard(playing);
  }

  /** Loudness of the agent, 0 to 1. */
  level(): number {
    let loudest = 0;
    for (const { meter } of this.#playing.values()) loudest = Math.max(loudest, meter?.level() ?? 0);
    return loudest;
  }

  /** From a user gesture. Never rejects: what stays blocked has been told. */
  async play(): Promise<void> {
    await this.#audio.resume();
    try {
      await Promise.all([...this.#playing.values()].map(({ element }) => element.play()));
      this.#setBlocked(false);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#setBlocked(true);
    }
  }

  /** Removes all elements; idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const playing of this.#playing.values()) this.#discard(playing);
    this.#playing.clear();
  }

  #discard({ element, meter }: Playing): void {
    meter?.close();
    element.pause();
    element.srcObject = null;
    element.remove();
    this.#audio.takeBack(element);
  }

  #setBlocked(blocked: boolean): void {
    if (this.#isClosed || blocked === this.#isBlocked) return;
    this.#isBlocked = blocked;
    this.#onBlocked(blocked);
  }
}

function trackKey(track: RemoteTrack): string {
  return track.sid ?? track.mediaStreamTrack.id;
}
