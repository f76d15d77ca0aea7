import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EspeakVoice } from '../../../harness/agent/espeak-voice.ts';
import { FliteVoice } from '../../../harness/agent/flite-voice.ts';
import { atSessionRate, framesOf, rmsOf, SAMPLE_RATE_HZ } from '../../../harness/agent/pcm.ts';
import { runVoice } from '../../../harness/agent/run-voice.ts';
import { chooseVoice } from '../../../harness/agent/tts.ts';
import type { TtsProvider } from '../../../harness/agent/tts.ts';
import { openVoiceDetector } from '../../../harness/agent/vad.ts';
import { speechLike } from '../../support/node/speech-like.ts';

const never = new AbortController().signal;

test('flite speaks without anything installed, and the detector takes it for speech', async () => {
  const flite = new FliteVoice();
  assert.deepEqual(await flite.probe(), { found: true, version: 'kal16' });
  const pcm = atSessionRate(await flite.speak('one two three', never));
  const seconds = pcm.length / SAMPLE_RATE_HZ;
  assert.ok(seconds > 0.5 && seconds < 3, `${seconds} s`);
  const detector = await openVoiceDetector();
  const frames = [...framesOf(pcm)];
  const voiced = frames.filter((frame) => detector.isVoiced(frame)).length;
  detector.close();
  assert.ok(voiced > frames.length / 3, `${voiced} of ${frames.length} frames`);
});

test('the detector hears speech and hears nothing in silence and in faint noise', async () => {
  const detector = await openVoiceDetector();
  const voicedIn = (pcm: Int16Array): number =>
    [...framesOf(pcm)].filter((frame) => detector.isVoiced(frame)).length;
  assert.equal(voicedIn(new Int16Array(SAMPLE_RATE_HZ)), 0);
  assert.equal(voicedIn(Int16Array.from({ length: SAMPLE_RATE_HZ }, (_, at) => ((at * 7919) % 61) - 30)), 0);
  assert.ok(voicedIn(speechLike(1_000)) > 40);
  assert.throws(() => detector.isVoiced(new Int16Array(7)), RangeError);
  detector.close();
});

test('a voice that is not installed is told as not found, and speaking with it names it', async () => {
  const missing = new EspeakVoice('clara-no-such-voice');
  const probe = await missing.probe();
  assert.ok(!probe.found && probe.why.includes('clara-no-such-voice'));
  await assert.rejects(missing.speak('hello', never), { name: 'VoiceError', message: /clara-no-such-voice/ });
});

test('a voice that takes too long, fails or is aborted ends with its process', async () => {
  const node = process.execPath;
  await assert.rejects(
    runVoice(node, ['-e', 'setInterval(() => {}, 1000)'], '', 300, never),
    /no sound within 300 ms/,
  );
  await assert.rejects(runVoice(node, ['-e', 'process.exit(3)'], '', 10_000, never), /ended with 3/);
  const abort = new AbortController();
  const speaking = runVoice(node, ['-e', 'setInterval(() => {}, 1000)'], '', 10_000, abort.signal);
  abort.abort(new Error('interrupted'));
  await assert.rejects(speaking, /interrupted/);
});

test('the first voice that works is chosen, a named one only when it works, and none when none is wanted', async () => {
  const voice = (id: string, works: boolean): TtsProvider => ({
    id,
    probe: () => Promise.resolve(works ? { found: true, version: '1' } : { found: false, why: 'gone' }),
    speak: () => Promise.reject(new Error('not asked')),
  });
  const voices = [voice('a', false), voice('b', true), voice('c', true)];
  assert.equal((await chooseVoice('auto', voices))?.id, 'b');
  assert.equal((await chooseVoice('c', voices))?.id, 'c');
  assert.equal(await chooseVoice('a', voices), undefined);
  assert.equal(await chooseVoice('none', voices), undefined);
});

test('the speech of the tests is loud enough to be one', () => {
  assert.ok(rmsOf(speechLike(500)) > 0.05);
});
