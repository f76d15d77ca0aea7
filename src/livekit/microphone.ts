/**
 * The one owner of the microphone's track. Opens it once, keeps it across every room, mutes it at the source, and
 * is the only one that stops it. Invariant: at most one live track; a stream that arrives after its request was
 * given up is stopped at once. Level, and later the ring, read one source node.
 */
import { SessionError, type SessionErrorCode } from '../core/errors.ts';
import type {
  MicrophonePermission,
  MicrophonePort,
  MicrophoneReading,
  MicrophoneTrack,
} from '../core/ports.ts';
import {
  microphoneError,
  microphoneErrorCode,
  readMicrophoneFacts,
  readPermission,
} from './microphone-errors.ts';
import type { LevelMeter, PageAudio } from './page-audio.ts';

/** How to open the microphone. */
export interface MicrophoneOptions {
  readonly audio: PageAudio;
  /** Echo, noise and gain processing of the browser; off for measuring. @default true */
  readonly audioProcessing?: boolean;
  /** @default this page's window */
  readonly page?: Window;
}

interface OpenMicrophone {
  readonly mediaTrack: MediaStreamTrack;
  readonly meter: LevelMeter;
  /** Ends the listener on the track. */
  readonly life: AbortController;
}

/** A {@link MicrophonePort} over getUserMedia. */
export class BrowserMicrophone implements MicrophonePort {
  onEnded: ((code: SessionErrorCode) => void) | undefined;
  readonly #audio: PageAudio;
  readonly #constraints: MediaTrackConstraints;
  readonly #page: Window;
  #open: OpenMicrophone | undefined;
  #isMuted = false;
  /** Aborted by close(), so that an open under way ends too. */
  #closing = new AbortController();

  constructor(options: MicrophoneOptions) {
    const processing = options.audioProcessing ?? true;
    this.#audio = options.audio;
    this.#page = options.page ?? window;
    this.#constraints = {
      echoCancellation: processing,
      noiseSuppression: processing,
      autoGainControl: processing,
      channelCount: 1, // two channels would switch Opus DTX and RED off
    };
  }

  async open(signal: AbortSignal): Promise<MicrophoneTrack> {
    signal.throwIfAborted();
    if (this.#open?.mediaTrack.readyState === 'live') return this.#open;
    this.#drop();
    const closed = this.#closing.signal;
    const stream = await this.#request(signal, closed);
    const [mediaTrack] = stream.getAudioTracks();
    if (mediaTrack === undefined)
      throw new SessionError('micFailed', 'getUserMedia gave a stream without an audio track');
    return this.#adopt(mediaTrack);
  }

  setMuted(muted: boolean): void {
    this.#isMuted = muted;
    if (this.#open !== undefined) this.#open.mediaTrack.enabled = !muted;
  }

  level(): number {
    return this.#isMuted ? 0 : (this.#open?.meter.level() ?? 0);
  }

  reading(): MicrophoneReading {
    return this.#isMuted ? 'unknown' : (this.#open?.meter.reading() ?? 'unknown');
  }

  close(): void {
    this.#closing.abort();
    this.#closing = new AbortController();
    const track = this.#open?.mediaTrack;
    this.#drop();
    track?.stop();
  }

  async permission(): Promise<MicrophonePermission> {
    return (await readPermission(this.#page.navigator)) ?? 'unknown';
  }

  /** Asks the browser; ends early on either signal and stops what comes late. */
  #request(signal: AbortSignal, closed: AbortSignal): Promise<MediaStream> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const finish = (settle: () => void): void => {
        isOver = true;
        signal.removeEventListener('abort', onAbort);
        closed.removeEventListener('abort', onClose);
        settle();
      };
      const onAbort = (): void => finish(() => reject(signal.reason));
      const onClose = (): void =>
        finish(() => reject(new SessionError('micFailed', 'the microphone was closed while it opened')));
      signal.addEventListener('abort', onAbort, { once: true });
      closed.addEventListener('abort', onClose, { once: true });
      this.#getUserMedia().then(
        (stream) => {
          if (isOver) for (const track of stream.getTracks()) track.stop();
          else finish(() => resolve(stream));
        },
        (error: unknown) => {
          if (!isOver) finish(() => reject(error));
        },
      );
    });
  }

  async #getUserMedia(): Promise<MediaStream> {
    const { navigator, isSecureContext } = this.#page;
    // TypeScript believes in mediaDevices; an insecure page has none.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) {
      throw isSecureContext
        ? new SessionError('unsupported', 'this browser has no mediaDevices')
        : new SessionError('micInsecurePage', 'mediaDevices needs a secure page (https: or localhost)');
    }
    try {
      return await devices.getUserMedia({ audio: this.#constraints });
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown';
      throw microphoneError(microphoneErrorCode(name, await readMicrophoneFacts(this.#page)), name);
    }
  }

  #adopt(mediaTrack: MediaStreamTrack): MicrophoneTrack {
    const life = new AbortController();
    mediaTrack.enabled = !this.#isMuted;
    const open: OpenMicrophone = { mediaTrack, meter: this.#audio.meter(mediaTrack), life };
    this.#open = open;
    // Never raised by our own stop(): only when the permission is withdrawn or the device is gone.
    mediaTrack.addEventListener(
      'ended',
      () => {
        this.#drop();
        this.onEnded?.('micEnded');
      },
      { signal: life.signal },
    );
    return open;
  }

  #drop(): void {
    this.#open?.life.abort();
    this.#open?.meter.close();
    this.#open = undefined;
  }
}
