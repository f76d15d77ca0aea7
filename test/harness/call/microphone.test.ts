import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { FIRST_USER_WORD, makeMicrophone } from '../../../harness/call/call-microphone.ts';
import { percentile } from '../../../harness/call/percentile.ts';
import { speechBlocks } from '../../../harness/call/speech-wav.ts';
import { CALL_WAV_HZ, toneWordBlocks } from '../../../harness/call/tone-word-wav.ts';
import { readWav } from '../../../harness/call/wav-file.ts';
import { SoundActivity } from '../../../harness/probe/sound-activity.ts';
import { ToneWordDecoder } from '../../../src/shared/tone-words.ts';

const signal = new AbortController().signal;

test('the counting microphone says consecutive words from the first user word on, longer than the call', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clara-microphone-test-'));
  try {
    const { samples, sampleRateHz } = await readWav(
      await makeMicrophone({ pipeline: 'count', seconds: 2 }, folder, signal),
    );
    assert.ok(samples.length / sampleRateHz > 2 + 30);
    const heard = new ToneWordDecoder(sampleRateHz).push(samples).map((word) => word.index);
    assert.deepEqual(
      heard,
      Array.from({ length: samples.length / 24_000 }, (_, number) => FIRST_USER_WORD + number),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('after the last word of the codebook comes the first, and the file loops on whole words', () => {
  const blocks = [...toneWordBlocks(4094, 1500)];
  const joined = Float32Array.from(blocks.flatMap((block) => [...block]));
  assert.equal(joined.length, 3 * 24_000);
  assert.deepEqual(
    new ToneWordDecoder(CALL_WAV_HZ).push(joined).map((word) => word.index),
    [4094, 4095, 0],
  );
});

test('speech comes with pauses that leave room for an answer of the same length', async () => {
  const spoken = {
    samples: Int16Array.from({ length: 16_000 }, (_, at) => 9000 * Math.sin(at / 7)),
    sampleRateHz: 16_000,
  };
  const voice = {
    id: 'test',
    probe: () => Promise.resolve({ found: true, version: '1' } as const),
    speak: () => Promise.resolve(spoken),
  };
  const blocks = await speechBlocks(signal, voice);
  const activity = new SoundActivity({ sampleRateHz: CALL_WAV_HZ });
  const changes = blocks
    .flatMap((block) => activity.push(block))
    .map(({ on, atSample }) => ({ on, atMs: Math.round(atSample / 48) }));
  const [start, end, next] = changes;
  assert.ok(start?.on === true && end?.on === false && next?.on === true);
  assert.ok(
    end.atMs - start.atMs >= 980 && end.atMs - start.atMs <= 1020,
    `speech of ${end.atMs - start.atMs} ms`,
  );
  assert.ok(next.atMs - end.atMs >= 3000, `a pause of ${next.atMs - end.atMs} ms`);
});

test('percentiles are of the nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, number) => 20 - number);
  assert.deepEqual(
    [percentile(values, 0.5), percentile(values, 0.95), percentile([7], 0.95), percentile([], 0.5)],
    [10, 19, 7, undefined],
  );
});

test('a real voice says no tone words', async () => {
  const decoder = new ToneWordDecoder(CALL_WAV_HZ);
  const blocks = await speechBlocks(signal);
  assert.ok(blocks.length >= 8);
  assert.deepEqual(
    blocks.flatMap((block) => decoder.push(block)),
    [],
  );
});
