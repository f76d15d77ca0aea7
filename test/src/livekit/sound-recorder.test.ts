import { expect } from 'chai';
import { PageAudio } from '../../../src/livekit/page-audio.ts';
import { soundRecorder } from '../../../src/livekit/sound-recorder.ts';

interface Tone {
  readonly track: MediaStreamTrack;
  readonly close: () => Promise<void>;
}

/** A track with a tone on it. */
function toneOf(frequency: number): Tone {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency });
  const out = context.createMediaStreamDestination();
  oscillator.connect(out);
  oscillator.start();
  const [track] = out.stream.getAudioTracks();
  return { track: track!, close: () => context.close() };
}

/** Strength of a frequency in samples (Goertzel), 0 to 1. */
function strengthOf(samples: Float32Array, frequency: number, rate: number): number {
  const turn = (2 * Math.PI * frequency) / rate;
  let [re, im] = [0, 0];
  samples.forEach((sample, at) => {
    re += sample * Math.cos(turn * at);
    im += sample * Math.sin(turn * at);
  });
  return (2 * Math.hypot(re, im)) / samples.length;
}

async function recorded(audio: PageAudio, meanwhile: () => Promise<void>): Promise<AudioBuffer> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const last = new Promise<void>((resolve, reject) => {
    const stop = soundRecorder(audio).record({
      piece: ({ data }) => {
        pieces.push(data);
        resolve();
      },
      failed: () => reject(new Error('failed')),
    });
    if (stop === undefined) reject(new Error('unsupported'));
    else meanwhile().then(stop, reject);
  });
  await last; // shorter than one piece: the last is the first
  const bytes = await new Blob(pieces).arrayBuffer();
  const context = new OfflineAudioContext(1, 1, 48_000);
  return context.decodeAudioData(bytes);
}

const wait = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/** Audio whose taps a test can look at. */
class WatchedAudio extends PageAudio {
  readonly tapTracks: MediaStreamTrack[] = [];
  override tap(): ReturnType<PageAudio['tap']> {
    const tap = super.tap();
    this.tapTracks.push(...(tap?.stream.getTracks() ?? []));
    return tap;
  }
  tapStates(): string[] {
    return this.tapTracks.map(({ readyState }) => readyState);
  }
}

describe('the sound recorder', () => {
  const NativeRecorder = MediaRecorder;
  const recorders: MediaRecorder[] = [];
  beforeEach(() => {
    recorders.length = 0;
    globalThis.MediaRecorder = class extends NativeRecorder {
      constructor(stream: MediaStream, options?: MediaRecorderOptions) {
        super(stream, options);
        recorders.push(this);
      }
    };
  });
  afterEach(() => {
    globalThis.MediaRecorder = NativeRecorder;
  });

  /** Begins a take of a microphone. */
  function begun() {
    const audio = new WatchedAudio();
    const tone = toneOf(440);
    const meter = audio.meter(tone.track);
    const told: string[] = [];
    let onFailed = (): void => {};
    const failed = new Promise<void>((resolve) => (onFailed = resolve));
    const stop = soundRecorder(audio).record({
      piece: () => told.push('piece'),
      failed: () => {
        told.push('failed');
        onFailed();
      },
    });
    const [recorder] = recorders;
    const stopped = new Promise((resolve) => recorder!.addEventListener('stop', resolve, { once: true }));
    const started = new Promise((resolve) => recorder!.addEventListener('start', resolve, { once: true }));
    const end = async (): Promise<void> => {
      meter.close();
      await tone.close();
    };
    return { audio, told, failed, stop: stop!, recorder: recorder!, started, stopped, end };
  }

  it('lets go of the recorder and of the tap when it is stopped', async () => {
    const { audio, told, stop, recorder, started, stopped, end } = begun();
    await started;
    expect(audio.tapStates()).to.deep.equal(['live']);
    stop();
    await stopped;
    expect(recorder.state).to.equal('inactive');
    expect(audio.tapStates()).to.deep.equal(['ended']);
    await wait(0); // what would be told is told in the same turn
    expect(told).to.not.include('failed');
    await end();
  });

  it('tells that it has failed when the recorder stops by itself, and lets go all the same', async () => {
    const { audio, told, failed, recorder, started, stopped, end } = begun();
    await started;
    audio.tapTracks[0]?.stop(); // as a browser does that ends the track
    await stopped;
    await failed;
    expect(recorder.state).to.equal('inactive');
    expect(audio.tapStates()).to.deep.equal(['ended']);
    expect(told.filter((one) => one === 'failed')).to.have.length(1);
    expect(told.at(-1), 'after the last piece').to.equal('failed');
    await end();
  });

  it('mixes the microphone and an agent whose track comes later, and is silent where the microphone is muted', async () => {
    const audio = new PageAudio();
    const [user, agent] = [toneOf(440), toneOf(1000)];
    const microphone = audio.meter(user.track);
    let later: ReturnType<PageAudio['meter']> | undefined;
    const sound = await recorded(audio, async () => {
      await wait(700);
      user.track.enabled = false; // as mute does
      later = audio.meter(agent.track);
      await wait(900);
    });
    const samples = sound.getChannelData(0);
    const { sampleRate, length } = sound;
    const early = samples.subarray(0, Math.floor(sampleRate * 0.5));
    const late = samples.subarray(length - Math.floor(sampleRate * 0.4));
    expect(strengthOf(early, 440, sampleRate)).to.be.greaterThan(0.1);
    expect(strengthOf(early, 1000, sampleRate)).to.be.lessThan(0.05);
    expect(strengthOf(late, 1000, sampleRate)).to.be.greaterThan(0.1);
    expect(strengthOf(late, 440, sampleRate)).to.be.lessThan(0.02);
    microphone.close();
    later?.close();
    expect(audio.meterCount).to.equal(0);
    await Promise.all([user.close(), agent.close()]);
  });

  it('says so where the browser cannot', () => {
    const audio = new PageAudio(() => {
      throw new DOMException('no audio', 'NotSupportedError');
    });
    expect(soundRecorder(audio).record({ piece: () => {}, failed: () => {} })).to.equal(undefined);
  });
});
