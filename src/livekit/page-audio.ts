/**
 * The page's one AudioContext, the level meters on it, and the audio elements that play. The context lives while a meter or a
 * tap does; a browser that wants a gesture first leaves it suspended, and then a meter reads 0 until {@link PageAudio.resume}.
 */
import type { MicrophoneReading } from '../core/ports.ts';

/** Peak below which nothing comes: -110 dBFS, far under the noise that noise suppression leaves of any microphone. */
const NOTHING = 3e-6;

/** Loudness of one track. Its owner closes it. */
export interface LevelMeter {
  /** Loudness now, 0 to 1, where 0 is -60 dBFS and less, 1 is -10 dBFS and more. */
  level(): number;
  /** Whether anything comes at all, however soft; `unknown` while the context does not run. */
  reading(): MicrophoneReading;
  /** The source that everything else of this track shall tap (one source a track). */
  readonly source: MediaStreamAudioSourceNode | undefined;
  close(): void;
}

/** All metered tracks as one mix. Its owner closes it. */
export interface AudioTap {
  readonly stream: MediaStream;
  close(): void;
}

/** 512 samples are 11 ms at 48 kHz: short enough to follow syllables at 20 reads a second. */
const WINDOW_SAMPLES = 512;

/** Makes meters; holds the AudioContext that they share. */
export class PageAudio {
  readonly #createContext: () => AudioContext;
  readonly #meters = new Set<LevelMeter>();
  readonly #taps = new Set<MediaStreamAudioDestinationNode>();
  readonly #spareElements: HTMLAudioElement[] = [];
  #context: AudioContext | undefined;

  constructor(createContext: () => AudioContext = () => new AudioContext({ latencyHint: 'interactive' })) {
    this.#createContext = createContext;
  }

  /** How many meters are open; for tests that look for leaks. */
  get meterCount(): number {
    return this.#meters.size;
  }

  /** A meter of `track`. Never throws: without an AudioContext it reads 0. */
  meter(track: MediaStreamTrack): LevelMeter {
    const meter = openMeter(this.#acquire(), track, () => {
      if (this.#meters.delete(meter)) this.#release();
    });
    this.#meters.add(meter);
    for (const tap of this.#taps) meter.source?.connect(tap);
    return meter;
  }

  /** A mix of all tracks that have a meter, also of those that get one later. Undefined without an AudioContext. */
  tap(): AudioTap | undefined {
    const tap = this.#acquire()?.createMediaStreamDestination();
    if (tap === undefined) return undefined;
    tap.channelCount = 1;
    this.#taps.add(tap);
    for (const { source } of this.#meters) source?.connect(tap);
    return {
      stream: tap.stream,
      close: () => {
        if (!this.#taps.delete(tap)) return;
        for (const { source } of this.#meters) source?.disconnect(tap);
        for (const track of tap.stream.getTracks()) track.stop();
        this.#release();
      },
    };
  }

  /**
   * A hidden audio element that is in no document. One that has played before is lent again: Chromium keeps each one's
   * controls, 130 nodes, for as long as the page lives, and Safari on iOS lets only those play that a gesture has started.
   */
  lendElement(): HTMLAudioElement {
    const spare = this.#spareElements.pop();
    if (spare !== undefined) return spare;
    const element = document.createElement('audio');
    element.hidden = true;
    element.autoplay = true;
    return element;
  }

  /** For the next one who wants to play. */
  takeBack(element: HTMLAudioElement): void {
    this.#spareElements.push(element);
  }

  /** To be called from a user gesture; never rejects. */
  async resume(): Promise<void> {
    if (this.#context?.state !== 'suspended') return;
    await this.#context.resume().catch(() => {}); // still without a gesture: stays suspended
  }

  #acquire(): AudioContext | undefined {
    if (this.#context === undefined) {
      try {
        this.#context = this.#createContext();
      } catch {
        return undefined; // no Web Audio, or too many contexts: no levels, all else works
      }
    }
    if (this.#context.state === 'suspended') this.#context.resume().catch(() => {});
    return this.#context;
  }

  #release(): void {
    if (this.#meters.size > 0 || this.#taps.size > 0) return;
    this.#context?.close().catch(() => {}); // closed already
    this.#context = undefined;
  }
}

function openMeter(
  context: AudioContext | undefined,
  track: MediaStreamTrack,
  onClose: () => void,
): LevelMeter {
  let source: MediaStreamAudioSourceNode | undefined;
  let analyser: AnalyserNode | undefined;
  try {
    source = context?.createMediaStreamSource(new MediaStream([track]));
    analyser = context?.createAnalyser();
  } catch {
    source = undefined; // a track that has ended, or of a foreign rate: no level
  }
  if (source !== undefined && analyser !== undefined) {
    analyser.fftSize = WINDOW_SAMPLES;
    source.connect(analyser);
  }
  const window = new Float32Array(WINDOW_SAMPLES);
  return {
    source,
    level() {
      if (analyser === undefined || context?.state !== 'running') return 0;
      analyser.getFloatTimeDomainData(window);
      return loudnessOf(window);
    },
    reading() {
      if (analyser === undefined || context?.state !== 'running') return 'unknown';
      analyser.getFloatTimeDomainData(window);
      return window.some((sample) => Math.abs(sample) > NOTHING) ? 'signal' : 'nothing';
    },
    close() {
      source?.disconnect();
      analyser?.disconnect();
      analyser = undefined;
      onClose();
    },
  };
}

/** Loudness of samples in [-1, 1], as {@link LevelMeter.level} tells it. */
export function loudnessOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / samples.length);
  if (rms === 0) return 0;
  return Math.min(Math.max((20 * Math.log10(rms) + 60) / 50, 0), 1);
}
