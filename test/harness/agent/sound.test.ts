import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODEBOOK_SIZE, ToneWordDecoder, wordSamples } from '../../../src/shared/tone-words.ts';
import { CountPipeline } from '../../../harness/agent/count-pipeline.ts';
import type { ChildMessage } from '../../../harness/agent/ipc.ts';
import { ParrotPipeline } from '../../../harness/agent/parrot-pipeline.ts';
import {
  atSessionRate,
  FRAME_SAMPLES,
  framesOf,
  parseWav,
  SAMPLE_RATE_HZ,
  toFloat32,
  toInt16,
} from '../../../harness/agent/pcm.ts';
import type { PipelineHost } from '../../../harness/agent/pipeline.ts';
import { Speaker } from '../../../harness/agent/speaker.ts';
import type { TtsProvider } from '../../../harness/agent/tts.ts';
import { ManualClock, turn } from '../../support/node/manual-clock.ts';

/** A host whose sound goes into an array, at the pace of the manual clock. */
function makeHost(): {
  host: PipelineHost;
  clock: ManualClock;
  written: Int16Array[];
  reports: ChildMessage[];
  states: string[];
  texts: [string, boolean][];
  turns: string[];
  clears: () => number;
  stop: () => void;
} {
  const clock = new ManualClock();
  const written: Int16Array[] = [];
  const reports: ChildMessage[] = [];
  const states: string[] = [];
  const texts: [string, boolean][] = [];
  const turns: string[] = [];
  const life = new AbortController();
  let clears = 0;
  const speaker = new Speaker(
    { write: (frame) => Promise.resolve(void written.push(frame.slice())), clear: () => void clears++ },
    clock,
  );
  void speaker.run(life.signal);
  const host: PipelineHost = {
    out: speaker,
    clock,
    setState: (state) => void states.push(state),
    addTurn: (one) => void turns.push(`${one.from} ${one.kind}`),
    sendText: (text, spoken) => void texts.push([text, spoken]),
    report: (message) => void reports.push(message),
  };
  return {
    host,
    clock,
    written,
    reports,
    states,
    texts,
    turns,
    clears: () => clears,
    stop: () => life.abort(),
  };
}
const loud = (frames: Int16Array[]): number =>
  frames.filter((frame) => frame.some((sample) => sample !== 0)).length;
const voice = (samples: number): TtsProvider => ({
  id: 'test',
  probe: () => Promise.resolve({ found: true, version: '1' }),
  speak: () => Promise.resolve({ samples: new Int16Array(samples).fill(1000), sampleRateHz: SAMPLE_RATE_HZ }),
});
const detector = (): { isVoiced: (frame: Int16Array) => boolean; close: () => void; closed: boolean } => ({
  isVoiced: (frame) => (frame[0] ?? 0) !== 0,
  closed: false,
  close() {
    this.closed = true;
  },
});

test('the speaker feeds silence in real time and is never more than 60 ms ahead', async () => {
  const { clock, written, stop } = makeHost();
  await clock.advance(1_000);
  assert.ok(written.length >= 50 && written.length <= 53, `${written.length} frames in 1000 ms`);
  stop();
});

test('speech is handed over whole, in order, and counts as played when the listener has it', async () => {
  const { host, clock, written, stop } = makeHost();
  const samples = Int16Array.from(
    { length: FRAME_SAMPLES * 50 },
    (_, at) => 1 + Math.floor(at / FRAME_SAMPLES),
  );
  let played: boolean | undefined;
  void host.out.play(framesOf(samples), new AbortController().signal).then((whole) => (played = whole));
  await clock.advance(950);
  assert.equal(played, undefined);
  await clock.advance(150);
  assert.equal(played, true);
  assert.deepEqual(
    written.filter((frame) => frame[0] !== 0).map((frame) => frame[0]),
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
  stop();
});

test('an aborted speech stops at once, drops what is queued, and the next one starts', async () => {
  const { host, clock, written, clears, stop } = makeHost();
  const abort = new AbortController();
  const first = host.out.play(framesOf(new Int16Array(FRAME_SAMPLES * 100).fill(1)), abort.signal);
  const second = host.out.play(
    framesOf(new Int16Array(FRAME_SAMPLES * 5).fill(2)),
    new AbortController().signal,
  );
  await clock.advance(400);
  const clearsBefore = clears();
  abort.abort();
  assert.equal(await first, false);
  assert.equal(clears(), clearsBefore + 1);
  const ones = written.filter((frame) => frame[0] === 1).length;
  assert.ok(ones >= 20 && ones <= 28, `${ones} frames in 400 ms`);
  await clock.advance(300);
  assert.equal(await second, true);
  assert.equal(written.filter((frame) => frame[0] === 1).length, ones);
  assert.equal(written.filter((frame) => frame[0] === 2).length, 5);
  stop();
});

test('a word that begins after a silence waits behind none of it, and one that follows a word drops nothing', async () => {
  const { host, clock, clears, stop } = makeHost();
  await clock.advance(1_000);
  const say = (): Promise<boolean> =>
    host.out.play(framesOf(new Int16Array(FRAME_SAMPLES * 5).fill(1)), new AbortController().signal);
  const both = [say(), say()];
  await clock.advance(400);
  assert.deepEqual(await Promise.all(both), [true, true]);
  assert.equal(clears(), 1);
  stop();
});

test('the counter tells a word before anybody can have heard enough of it to know it', async () => {
  const { host, clock, written, reports, stop } = makeHost();
  new CountPipeline(host).start();
  const decoder = new ToneWordDecoder(SAMPLE_RATE_HZ);
  const known: number[] = [];
  while (known.length < 3) {
    await clock.advance(10);
    for (const frame of written.splice(0))
      known.push(...decoder.push(toFloat32(frame)).map((word) => word.index));
    const told = reports.flatMap((report) => (report.type === 'spokenWords' ? report.words : []));
    assert.ok(told.length >= known.length, `${known.length} words could be known, ${told.length} were told`);
  }
  stop();
});

test('the counter speaks its words from 0 on, two a second, and tells each once', async () => {
  const { host, clock, written, reports, states, stop } = makeHost();
  const pipeline = new CountPipeline(host);
  pipeline.start();
  pipeline.start();
  await clock.advance(5_000);
  const decoder = new ToneWordDecoder(SAMPLE_RATE_HZ);
  const heard = written.flatMap((frame) => decoder.push(toFloat32(frame)).map((word) => word.index));
  const told = reports.flatMap((report) =>
    report.type === 'spokenWords' ? report.words.map((word) => word.index) : [],
  );
  assert.deepEqual(told, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(heard, told);
  assert.deepEqual(states, ['speaking']);
  await pipeline.stop();
  stop();
});

test('a counter that takes over goes on with the word that it is told, and after the last with the first', async () => {
  const { host, clock, reports, stop } = makeHost();
  const pipeline = new CountPipeline(host, CODEBOOK_SIZE - 2);
  pipeline.start();
  await clock.advance(2_000);
  const told = reports.flatMap((report) =>
    report.type === 'spokenWords' ? report.words.map((word) => word.index) : [],
  );
  assert.deepEqual(told.slice(0, 3), [CODEBOOK_SIZE - 2, CODEBOOK_SIZE - 1, 0]);
  await pipeline.stop();
  stop();
});

test("the counter hears the user's words once and in order, each with the time of its start", async () => {
  const { host, clock, reports, stop } = makeHost();
  const pipeline = new CountPipeline(host);
  const startMs = clock.wallMs();
  for (const index of [7, 8, 4095]) {
    const samples = new Int16Array(SAMPLE_RATE_HZ / 2);
    samples.set(toInt16(wordSamples(index, SAMPLE_RATE_HZ)));
    for (const frame of framesOf(samples)) {
      await clock.advance(20);
      pipeline.onUserAudio(frame);
    }
  }
  const words = reports.flatMap((report) => (report.type === 'heardWords' ? report.words : []));
  assert.deepEqual(
    words.map((word) => word.index),
    [7, 8, 4095],
  );
  words.forEach((word, at) =>
    assert.ok(Math.abs(word.atWallMs - startMs - at * 500) < 60, `word ${at} at ${word.atWallMs - startMs}`),
  );
  await pipeline.stop();
  stop();
});

test('the parrot says an utterance back after its end, and tells how long that took', async () => {
  const { host, clock, written, reports, turns, states, stop } = makeHost();
  const ears = detector();
  const pipeline = new ParrotPipeline(host, { detector: ears, voice: Promise.resolve(undefined) });
  const say = async (value: number, frames: number): Promise<void> => {
    for (let at = 0; at < frames; at++) {
      await clock.advance(20);
      pipeline.onUserAudio(new Int16Array(FRAME_SAMPLES).fill(value));
    }
  };
  await say(0, 20);
  await say(5, 30);
  assert.equal(loud(written), 0);
  await say(0, 80);
  assert.equal(written.filter((frame) => frame[0] === 5).length, 30);
  assert.deepEqual(turns, ['user speech', 'agent speech']);
  assert.deepEqual(states, ['speaking', 'listening']);
  const took = reports.find((report) => report.type === 'processingTime');
  assert.ok(took !== undefined && took.tookMs >= 360 && took.tookMs <= 420, `${took?.tookMs} ms`);
  await pipeline.stop();
  assert.equal(ears.closed, true);
  stop();
});

test('somebody who speaks while the parrot does stops it', async () => {
  const { host, clock, written, turns, stop } = makeHost();
  const pipeline = new ParrotPipeline(host, { detector: detector(), voice: Promise.resolve(undefined) });
  const say = async (value: number, frames: number): Promise<void> => {
    for (let at = 0; at < frames; at++) {
      await clock.advance(20);
      pipeline.onUserAudio(new Int16Array(FRAME_SAMPLES).fill(value));
    }
  };
  await say(5, 100);
  await say(0, 25);
  assert.ok(loud(written) > 0);
  await say(6, 10);
  const before = loud(written);
  assert.ok(before < 30, `${before} frames before the interruption`);
  await say(6, 10);
  assert.equal(loud(written), before);
  assert.deepEqual(turns, ['user speech']);
  await pipeline.stop();
  stop();
});

test('a typed message is answered in text, and spoken when there is a voice', async () => {
  for (const [provider, spoken] of [
    [undefined, false],
    [voice(FRAME_SAMPLES * 10), true],
  ] as const) {
    const { host, clock, written, texts, stop } = makeHost();
    const pipeline = new ParrotPipeline(host, { detector: detector(), voice: Promise.resolve(provider) });
    pipeline.onText('hello');
    await clock.advance(500);
    assert.deepEqual(texts, [['hello', spoken]]);
    assert.equal(loud(written), spoken ? 10 : 0);
    await pipeline.stop();
    stop();
  }
});

test('a voice that fails is an error of the session and not its end', async () => {
  const { host, clock, reports, texts, stop } = makeHost();
  const broken: TtsProvider = { ...voice(1), speak: () => Promise.reject(new Error('no breath')) };
  const pipeline = new ParrotPipeline(host, { detector: detector(), voice: Promise.resolve(broken) });
  pipeline.onText('one');
  await clock.advance(100);
  assert.deepEqual(
    reports.find((report) => report.type === 'error'),
    { type: 'error', code: 'answerFailed', message: 'no breath' },
  );
  pipeline.onText('two');
  await clock.advance(100);
  assert.deepEqual(
    texts.map(([text]) => text),
    ['one', 'two'],
  );
  await pipeline.stop();
  await turn();
  stop();
});

test('a WAV from a pipe is read to its end, and one that is not mono 16-bit PCM is refused', () => {
  const wav = Buffer.alloc(44 + 6);
  wav.write('RIFF', 0);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(22_050, 24);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(0x7fff_f000, 40);
  wav.writeInt16LE(7, 46);
  assert.deepEqual(parseWav(wav), { sampleRateHz: 22_050, samples: Int16Array.of(0, 7, 0) });
  wav.writeUInt16LE(2, 22);
  assert.throws(() => parseWav(wav), { name: 'RangeError', message: /2 channels/ });
  assert.throws(() => parseWav(Buffer.from('nonsense')), RangeError);
});

test('sound at another rate keeps its pitch and length', () => {
  const hz = 440;
  const samples = Int16Array.from({ length: 22_050 }, (_, at) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * hz * at) / 22_050)),
  );
  const result = atSessionRate({ samples, sampleRateHz: 22_050 });
  assert.equal(result.length, SAMPLE_RATE_HZ);
  let crossings = 0;
  for (let at = 1; at < result.length; at++)
    if ((result[at - 1] ?? 0) < 0 && (result[at] ?? 0) >= 0) crossings++;
  assert.ok(Math.abs(crossings - hz) <= 1, `${crossings} Hz`);
});
