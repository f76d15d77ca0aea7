/**
 * Our microphone's track as livekit-client wants it, without the SDK's powers over it: it never stops it, never
 * touches `enabled`, never opens it again. The microphone's owner does these (microphone.ts). Relies on protected
 * members of livekit-client 2.23: `_mediaStreamTrack`, `setTrackMuted`; the tests of the room port watch them.
 */
import { LocalAudioTrack, Track, TrackEvent } from 'livekit-client';

/** A LocalAudioTrack that leaves its MediaStreamTrack alone. Its owner calls {@link release} when the room is closed. */
export class KeptAudioTrack extends LocalAudioTrack {
  /** @param mediaTrack stays the caller's; a disabled one is published as muted. */
  constructor(mediaTrack: MediaStreamTrack) {
    super(mediaTrack, undefined, true);
    this.source = Track.Source.Microphone;
    // The SDK enables the track a microtask from now unless it believes that it is muted.
    this.isMuted = !mediaTrack.enabled;
  }

  /** Tells the server whether we are muted, as the track itself is now. */
  async tellMuted(): Promise<void> {
    if (this.isMuted !== !this._mediaStreamTrack.enabled) await (this.isMuted ? this.unmute() : this.mute());
  }

  /** Takes the SDK's listeners off the media track, which goes on living. */
  release(): void {
    this.stop();
  }

  override stop(): void {
    const kept = this._mediaStreamTrack;
    // What the base class removes its listeners from, and stops.
    this._mediaStreamTrack = {
      removeEventListener: (type: string, listener: EventListener) =>
        kept.removeEventListener(type, listener),
      stop: () => {},
    } as unknown as MediaStreamTrack;
    try {
      super.stop();
    } finally {
      this._mediaStreamTrack = kept;
    }
  }

  /** The base class opens an AudioContext per join for this; our own meter knows. */
  override async checkForSilence(): Promise<boolean> {
    return Promise.resolve(false);
  }

  protected override setTrackMuted(muted: boolean): void {
    if (this.isMuted === muted) return;
    this.isMuted = muted;
    this.emit(muted ? TrackEvent.Muted : TrackEvent.Unmuted, this);
  }
}
