import { test } from 'node:test';
import assert from 'node:assert/strict';
import { SoundActivity, type SoundChange } from '../../../harness/probe/sound-activity.ts';

const RATE_HZ = 48_000;
const loud = (durationMs: number) =>
  Float32Array.from({ length: durationMs * 48 }, (_, at) => 0.1 * Math.sin(at / 5));
const silent = (durationMs: number) => new Float32Array(durationMs * 48);

function changesIn(...parts: readonly Float32Array[]): { on: boolean; atMs: number }[] {
  const activity = new SoundActivity({ sampleRateHz: RATE_HZ });
  const changes: SoundChange[] = parts.flatMap((part) => activity.push(part));
  return changes.map(({ on, atSample }) => ({ on, atMs: atSample / 48 }));
}

test('sound begins with its first loud 10 ms and stops with its last', () => {
  assert.deepEqual(changesIn(silent(200), loud(300), silent(600)), [
    { on: true, atMs: 200 },
    { on: false, atMs: 500 },
  ]);
});

test('a pause within a sentence is no end', () => {
  assert.deepEqual(changesIn(loud(300), silent(350), loud(300), silent(600)), [
    { on: true, atMs: 0 },
    { on: false, atMs: 950 },
  ]);
});

test('a click is no sound', () => {
  assert.deepEqual(changesIn(silent(100), loud(10), silent(600)), []);
});

test('hiss below the threshold is silence', () => {
  assert.deepEqual(changesIn(loud(500).map((sample) => sample / 50)), []);
});
