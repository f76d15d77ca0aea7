import { test } from 'node:test';
import assert from 'node:assert/strict';
import { silentSpans, wordFlow } from '../../../harness/call/word-flow.ts';

const words = (...indices: readonly number[]) =>
  indices.map((index, at) => ({ index, atWallMs: 1000 + 500 * at }));
const LATE_MS = 1_000_000;

test('all words once and in order are whole', () => {
  const flow = wordFlow(words(5, 6, 7), words(5, 6, 7), 0, LATE_MS);
  assert.deepEqual(flow, {
    spoken: [5, 6, 7],
    heard: [5, 6, 7],
    lost: [],
    twice: [],
    invented: [],
    whole: true,
  });
});

test('a word that was not heard is lost', () => {
  const flow = wordFlow(words(5, 6, 7), words(5, 7), 0, LATE_MS);
  assert.deepEqual([flow.lost, flow.whole], [[6], false]);
});

test('a word that was heard two times came twice, and once in the list of those', () => {
  const flow = wordFlow(words(5, 6), words(5, 5, 5, 6), 0, LATE_MS);
  assert.deepEqual([flow.twice, flow.lost, flow.whole], [[5], [], false]);
});

test('another order is not whole although nothing is lost', () => {
  const flow = wordFlow(words(5, 6), words(6, 5), 0, LATE_MS);
  assert.deepEqual([flow.lost, flow.twice, flow.invented, flow.whole], [[], [], [], false]);
});

test('a word that nobody said is invented', () => {
  assert.deepEqual(wordFlow(words(5), words(5, 9), 0, LATE_MS).invented, [9]);
});

test('words before the ear opened count only when they were heard', () => {
  const opened = 1600; // after the start of 6, before that of 7
  assert.deepEqual(wordFlow(words(5, 6, 7), words(7), opened, LATE_MS).spoken, [7]);
  assert.deepEqual(wordFlow(words(5, 6, 7), words(6, 7), opened, LATE_MS).spoken, [6, 7]);
});

test('an ear that never opened loses everything', () => {
  assert.deepEqual(wordFlow(words(5, 6), [], undefined, LATE_MS).lost, [5, 6]);
});

test('a word that was not over at the mark counts on neither side', () => {
  const flow = wordFlow(words(5, 6, 7), words(5, 6, 7), 0, 2400); // 7 begins at 2000 and ends at 2500
  assert.deepEqual([flow.spoken, flow.heard, flow.whole], [[5, 6], [5, 6], true]);
});

test('no words at all are not whole', () => {
  assert.equal(wordFlow([], [], 0, LATE_MS).whole, false);
});

test('regular words leave no silent span', () => {
  assert.deepEqual(silentSpans(words(1, 2, 3), 2900), []);
});

test('a hole between words is silent from the end of the one to the start of the next', () => {
  const heard = [
    { index: 1, atWallMs: 1000 },
    { index: 9, atWallMs: 5000 },
  ];
  assert.deepEqual(silentSpans(heard, 5400), [{ fromMs: 1500, toMs: 5000 }]);
});

test('words that stop are silent to the mark', () => {
  assert.deepEqual(silentSpans(words(1), 9000), [{ fromMs: 1500, toMs: 9000 }]);
});
