import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  CODEBOOK_SIZE,
  GAP_MS,
  ToneWordDecoder,
  WORD_MS,
  wordSamples,
  type HeardWord,
} from '../../../src/shared/tone-words.ts';

const RATE_HZ = 48_000;
const STEP_MS = WORD_MS + GAP_MS;

/** A repeatable source of chance (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Normally distributed noise (Box-Muller) of the given standard deviation. */
function noise(length: number, deviation: number, random: () => number): Float32Array {
  return Float32Array.from(
    { length },
    () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** The words one after the other, with gaps, half a second of silence before and after. */
function sentence(indices: readonly number[], rateHz = RATE_HZ): Float32Array {
  const step = (rateHz * STEP_MS) / 1000;
  const samples = new Float32Array(Math.ceil(step * (indices.length + 2)));
  indices.forEach((index, number) =>
    samples.set(wordSamples(index, rateHz), Math.round(step * (number + 1))),
  );
  return samples;
}

/** What a decoder hears when samples come in blocks of 10 ms. */
function listen(samples: Float32Array, rateHz = RATE_HZ): HeardWord[] {
  const decoder = new ToneWordDecoder(rateHz);
  const heard: HeardWord[] = [];
  const block = Math.round(rateHz / 100);
  for (let at = 0; at < samples.length; at += block)
    heard.push(...decoder.push(samples.subarray(at, at + block)));
  return heard;
}

const indicesOf = (words: readonly HeardWord[]): number[] => words.map((word) => word.index);
const range = (length: number, first = 0, stride = 1): number[] =>
  Array.from({ length }, (_, at) => (first + at * stride) % CODEBOOK_SIZE);

test('every third word of the codebook, the first and the last are recognised as themselves', () => {
  const decoder = new ToneWordDecoder(16_000);
  const gap = new Float32Array(1600); // shorter than spoken, to save the test's time
  const indices = [...range(Math.floor(CODEBOOK_SIZE / 3), 0, 3), CODEBOOK_SIZE - 1];
  const heard = indices.flatMap((index) => [
    ...indicesOf(decoder.push(wordSamples(index, 16_000))),
    ...indicesOf(decoder.push(gap)),
  ]);
  assert.deepEqual(heard, indices);
});

for (const rateHz of [16_000, 24_000, 44_100, 48_000]) {
  test(`words at ${rateHz} Hz arrive once, in order, and tell where they began within 20 ms`, () => {
    const indices = range(60, 5, 67);
    const heard = listen(sentence(indices, rateHz), rateHz);
    assert.deepEqual(indicesOf(heard), indices);
    heard.forEach((word, number) => {
      const offMs = (word.atSample / rateHz) * 1000 - STEP_MS * (number + 1);
      assert.ok(Math.abs(offMs) < 20, `word ${number} is ${offMs} ms off`);
    });
  });
}

test('blocks of any size give the same words', () => {
  const samples = sentence(range(10, 900));
  const random = seeded(1);
  const decoder = new ToneWordDecoder(RATE_HZ);
  const heard: HeardWord[] = [];
  for (let at = 0; at < samples.length;) {
    const next = at + 1 + Math.floor(random() * 3000);
    heard.push(...decoder.push(samples.subarray(at, next)));
    at = next;
  }
  assert.deepEqual(heard, listen(samples));
});

test('a word that is said twice is heard twice', () => {
  assert.deepEqual(indicesOf(listen(sentence([7, 7, 8]))), [7, 7, 8]);
});

for (const [name, gain] of [
  ['quiet', 0.03],
  ['loud', 1.6],
] as const) {
  test(`${name} words are recognised`, () => {
    const indices = range(40, 100, 101);
    assert.deepEqual(
      indicesOf(listen(sentence(indices).map((sample) => Math.max(-1, Math.min(1, sample * gain))))),
      indices,
    );
  });
}

test('words are recognised with white noise 20 dB and 10 dB below them', () => {
  const indices = range(60, 11, 67);
  const clean = sentence(indices);
  const wordRms = 0.15 * Math.SQRT2;
  for (const decibel of [20, 10]) {
    const hiss = noise(clean.length, wordRms * 10 ** (-decibel / 20), seeded(decibel));
    assert.deepEqual(
      indicesOf(listen(clean.map((sample, at) => sample + (hiss[at] ?? 0)))),
      indices,
      `${decibel} dB`,
    );
  }
});

test('words survive a band limit of 6 kHz and a rate that drifts by 0.1 %', () => {
  const indices = range(60, 300, 37);
  const clean = sentence(indices);
  let low = 0;
  const dull = clean.map(
    (sample) => (low += (1 - Math.exp((-2 * Math.PI * 6000) / RATE_HZ)) * (sample - low)),
  );
  const drifted = Float32Array.from({ length: Math.floor(dull.length / 1.001) - 1 }, (_, at) => {
    const from = at * 1.001;
    const whole = Math.floor(from);
    return (dull[whole] ?? 0) * (1 - (from - whole)) + (dull[whole + 1] ?? 0) * (from - whole);
  });
  assert.deepEqual(indicesOf(listen(drifted)), indices);
});

test('a word of which 100 ms are lost is heard as itself or not at all, and never twice', () => {
  const random = seeded(3);
  for (let trial = 0; trial < 200; trial++) {
    const index = Math.floor(random() * CODEBOOK_SIZE);
    const samples = sentence([index]);
    const from = Math.round((RATE_HZ * (STEP_MS + random() * 150)) / 1000);
    samples.fill(0, from, from + RATE_HZ / 10);
    const heard = indicesOf(listen(samples));
    assert.ok(
      heard.length === 0 || (heard.length === 1 && heard[0] === index),
      `word ${index} became ${heard.join()}`,
    );
  }
});

test('a lost packet of 20 ms costs no word', () => {
  const indices = range(50, 40, 91);
  const samples = sentence(indices);
  const random = seeded(4);
  indices.forEach((_, number) => {
    const from = Math.round((RATE_HZ * (STEP_MS * (number + 1) + random() * 230)) / 1000);
    samples.fill(0, from, from + RATE_HZ / 50);
  });
  assert.deepEqual(indicesOf(listen(samples)), indices);
});

test('half a word is no word', () => {
  for (const index of range(50, 9, 83)) {
    const samples = sentence([index]);
    samples.fill(0, (RATE_HZ * (STEP_MS + WORD_MS / 2)) / 1000);
    assert.deepEqual(listen(samples), []);
  }
});

test('a word that a stall tears into two halves is heard once', () => {
  const [first, second] = [
    wordSamples(77, RATE_HZ).subarray(0, 6000),
    wordSamples(77, RATE_HZ).subarray(6000),
  ];
  const samples = new Float32Array(RATE_HZ * 3);
  samples.set(first, RATE_HZ);
  samples.set(second, RATE_HZ * 2);
  assert.deepEqual(indicesOf(listen(samples)), [77]);
});

test('two voices at once never make a third word', () => {
  const random = seeded(5);
  for (let trial = 0; trial < 100; trial++) {
    const pair = [Math.floor(random() * CODEBOOK_SIZE), Math.floor(random() * CODEBOOK_SIZE)];
    const other = sentence([pair[1] ?? 0]);
    const shift = Math.floor(random() * 9000);
    const mixed = sentence([pair[0] ?? 0]).map((sample, at) => sample + (other[at + shift] ?? 0));
    for (const index of indicesOf(listen(mixed)))
      assert.ok(pair.includes(index), `${pair.join()} became ${index}`);
  }
});

test('two minutes of noise, hum and sweeps hold no word', () => {
  const random = seeded(6);
  const length = RATE_HZ * 40;
  assert.deepEqual(listen(noise(length, 0.2, random)), []);
  assert.deepEqual(
    listen(Float32Array.from({ length }, (_, at) => Math.sin((2 * Math.PI * 100 * at) / RATE_HZ) ** 15)),
    [],
  );
  let phase = 0;
  assert.deepEqual(
    listen(
      Float32Array.from({ length }, (_, at) =>
        Math.sin((phase += (2 * Math.PI * (300 + (at % RATE_HZ) / 10)) / RATE_HZ)),
      ),
    ),
    [],
  );
});

test('harmonic voices with gliding pitch hold no word', () => {
  const random = seeded(7);
  let pitchHz = 120;
  let phase = 0;
  const voice = Float32Array.from({ length: RATE_HZ * 60 }, (_, at) => {
    if (at % 12_000 === 0) pitchHz = 90 + random() * 250; // steady for 250 ms, as a sung vowel
    phase += (2 * Math.PI * pitchHz) / RATE_HZ;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 30; harmonic++) sum += Math.sin(harmonic * phase) / harmonic;
    return 0.2 * sum;
  });
  assert.deepEqual(listen(voice), []);
});

test('a number outside the codebook or a rate that cannot hold it is refused by name', () => {
  assert.throws(() => wordSamples(4096, RATE_HZ), /tone word 4096 is not 0 to 4095/);
  assert.throws(() => wordSamples(1.5, RATE_HZ), RangeError);
  assert.throws(() => wordSamples(0, 8000), /sample rate 8000 Hz/);
  assert.throws(() => new ToneWordDecoder(Number.NaN), RangeError);
});
