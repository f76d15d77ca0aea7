import { expect } from 'chai';
import { SessionError, type SessionErrorCode } from '../../../src/core/errors.ts';
import { microphoneErrorCode, type MicrophoneFacts } from '../../../src/livekit/microphone-errors.ts';
import { BrowserMicrophone } from '../../../src/livekit/microphone.ts';
import { loudnessOf, PageAudio } from '../../../src/livekit/page-audio.ts';

const never = new AbortController().signal;

/** A window whose getUserMedia the test answers. */
function pageWith(changes: {
  getUserMedia?: MediaDevices['getUserMedia'] | null;
  permission?: PermissionState;
  secure?: boolean;
  framed?: boolean;
  allows?: boolean;
}) {
  const page = {
    isSecureContext: changes.secure ?? true,
    document: changes.allows === undefined ? {} : { featurePolicy: { allowsFeature: () => changes.allows } },
    navigator: {
      mediaDevices: changes.getUserMedia === null ? undefined : { getUserMedia: changes.getUserMedia },
      permissions: {
        query: async () => {
          if (changes.permission === undefined) throw new TypeError('microphone is not a permission here');
          return { state: changes.permission };
        },
      },
    },
    top: undefined as unknown,
  };
  page.top = changes.framed ? {} : page;
  return page as unknown as Window;
}

async function failureOf(opening: Promise<unknown>): Promise<SessionError> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(SessionError);
  return error as SessionError;
}

describe('the microphone', () => {
  let audio: PageAudio;
  let open: BrowserMicrophone[];
  beforeEach(() => {
    audio = new PageAudio();
    open = [];
  });
  afterEach(() => open.forEach((microphone) => microphone.close()));
  const make = (
    options: Partial<ConstructorParameters<typeof BrowserMicrophone>[0]> = {},
  ): BrowserMicrophone => {
    const microphone = new BrowserMicrophone({ audio, ...options });
    open.push(microphone);
    return microphone;
  };
  const trackOf = async (microphone: BrowserMicrophone) =>
    (await microphone.open(never)).mediaTrack as MediaStreamTrack;

  it('opens once and gives the same live track again', async () => {
    const microphone = make();
    const track = await trackOf(microphone);
    expect(track.readyState).to.equal('live');
    expect(await trackOf(microphone)).to.equal(track);
  });

  it('stops its track on close, and opens a new one after it', async () => {
    const microphone = make();
    const first = await trackOf(microphone);
    microphone.close();
    microphone.close();
    expect(first.readyState).to.equal('ended');
    expect(audio.meterCount).to.equal(0);
    expect(await trackOf(microphone)).to.not.equal(first);
  });

  it('mutes at the source, for the next open too', async () => {
    const microphone = make();
    microphone.setMuted(true);
    const track = await trackOf(microphone);
    expect(track.enabled).to.equal(false);
    expect(microphone.level()).to.equal(0);
    microphone.setMuted(false);
    expect(track.enabled).to.equal(true);
  });

  it('shows a level from the fake device, which beeps', async () => {
    const microphone = make();
    await microphone.open(never);
    let loudest = 0;
    while (loudest < 0.2) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      loudest = Math.max(loudest, microphone.level());
    }
    expect(loudest).to.be.within(0.2, 1);
  });

  it('tells sound from nothing at all, and neither while it is muted or closed', async () => {
    const context = new AudioContext();
    const sink = context.createMediaStreamDestination();
    const source = new ConstantSourceNode(context, { offset: 0 });
    source.connect(sink);
    source.start();
    const microphone = make({ page: pageWith({ getUserMedia: async () => sink.stream }) });
    expect(microphone.reading()).to.equal('unknown');
    await microphone.open(never);
    const until = async (wanted: string): Promise<void> => {
      while (microphone.reading() !== wanted) await new Promise((resolve) => requestAnimationFrame(resolve));
    };
    await until('nothing');
    // A soft hiss of -90 dBFS is still a microphone.
    source.offset.value = 3e-5;
    await until('signal');
    expect(microphone.level()).to.equal(0);
    microphone.setMuted(true);
    expect(microphone.reading()).to.equal('unknown');
    microphone.close();
    await context.close();
  });

  it('asks for processing as it is told', async () => {
    const asked: MediaStreamConstraints[] = [];
    const page = pageWith({
      getUserMedia: async (constraints) => {
        asked.push(constraints ?? {});
        return navigator.mediaDevices.getUserMedia({ audio: true });
      },
    });
    await make({ page }).open(never);
    await make({ page, audioProcessing: false }).open(never);
    const flags = asked.map(({ audio: wanted }) => (wanted as MediaTrackConstraints).echoCancellation);
    expect(flags).to.deep.equal([true, false]);
  });

  it('tells when its track ends by itself, and never for its own close', async () => {
    const told: SessionErrorCode[] = [];
    const microphone = make();
    microphone.onEnded = (code) => told.push(code);
    const track = await trackOf(microphone);
    track.dispatchEvent(new Event('ended'));
    expect(told).to.deep.equal(['micEnded']);
    expect(microphone.level()).to.equal(0);
    expect(await trackOf(microphone)).to.not.equal(track);
    track.stop();
    microphone.close();
    expect(told).to.have.length(1);
  });

  it('stops a stream that comes after its open was aborted', async () => {
    let answer: (stream: MediaStream) => void = () => {};
    const page = pageWith({ getUserMedia: () => new Promise((resolve) => (answer = resolve)) });
    const controller = new AbortController();
    const opening = make({ page }).open(controller.signal);
    const reason = new Error('given up');
    controller.abort(reason);
    expect(await opening.catch((error: unknown) => error)).to.equal(reason);
    const late = await navigator.mediaDevices.getUserMedia({ audio: true });
    answer(late);
    await new Promise((resolve) => setTimeout(resolve));
    expect(late.getAudioTracks()[0]?.readyState).to.equal('ended');
  });

  it('stops a stream that comes after it was closed', async () => {
    let answer: (stream: MediaStream) => void = () => {};
    const page = pageWith({ getUserMedia: () => new Promise((resolve) => (answer = resolve)) });
    const microphone = make({ page });
    const opening = failureOf(microphone.open(never));
    microphone.close();
    expect((await opening).code).to.equal('micFailed');
    const late = await navigator.mediaDevices.getUserMedia({ audio: true });
    answer(late);
    await new Promise((resolve) => setTimeout(resolve));
    expect(late.getAudioTracks()[0]?.readyState).to.equal('ended');
  });

  it('has a typed reason for each refusal, without the browser text', async () => {
    const refused = (name: string) => async () => Promise.reject(new DOMException('Logitech of Ada', name));
    const cases: [Parameters<typeof pageWith>[0], SessionErrorCode][] = [
      [{ getUserMedia: refused('NotAllowedError'), permission: 'denied' }, 'micDenied'],
      [{ getUserMedia: refused('NotAllowedError'), permission: 'prompt' }, 'micDismissed'],
      [{ getUserMedia: refused('NotAllowedError') }, 'micDenied'],
      [
        { getUserMedia: refused('NotAllowedError'), permission: 'denied', framed: true, allows: false },
        'micFrameNotAllowed',
      ],
      [
        { getUserMedia: refused('NotAllowedError'), permission: 'denied', framed: true, allows: true },
        'micDenied',
      ],
      [{ getUserMedia: refused('NotFoundError') }, 'micNotFound'],
      [{ getUserMedia: refused('OverconstrainedError') }, 'micNotFound'],
      [{ getUserMedia: refused('NotReadableError') }, 'micInUse'],
      [{ getUserMedia: refused('AbortError') }, 'micFailed'],
      [{ getUserMedia: null, secure: false }, 'micInsecurePage'],
      [{ getUserMedia: null, secure: true }, 'unsupported'],
      [{ getUserMedia: async () => new MediaStream() }, 'micFailed'],
    ];
    for (const [changes, code] of cases) {
      const error = await failureOf(make({ page: pageWith(changes) }).open(never));
      expect(error.code, JSON.stringify(changes)).to.equal(code);
      expect(`${error.message} ${String(error.cause)}`).to.not.contain('Logitech');
    }
  });

  it('tells the permission without asking, and unknown where the browser does not', async () => {
    expect(await make().permission()).to.equal('granted');
    expect(await make({ page: pageWith({}) }).permission()).to.equal('unknown');
  });
});

describe('the reason of a refusal', () => {
  const facts: MicrophoneFacts = {
    isSecureContext: true,
    isFramed: false,
    frameAllows: undefined,
    permission: undefined,
  };
  it('is the insecure page for what an insecure page throws', () => {
    expect(microphoneErrorCode('TypeError', { ...facts, isSecureContext: false })).to.equal(
      'micInsecurePage',
    );
    expect(microphoneErrorCode('SecurityError', { ...facts, isSecureContext: false })).to.equal(
      'micInsecurePage',
    );
    expect(microphoneErrorCode('SecurityError', facts)).to.equal('micDenied');
  });
});

describe('loudness', () => {
  it('is 0 for silence and below -60 dBFS, 1 from -10 dBFS, and linear in dB between', () => {
    const of = (amplitude: number) => loudnessOf(new Float32Array(512).fill(amplitude));
    expect(of(0)).to.equal(0);
    expect(of(0.0005)).to.equal(0);
    expect(of(1)).to.equal(1);
    expect(of(10 ** (-35 / 20))).to.be.closeTo(0.5, 0.001);
  });
});
