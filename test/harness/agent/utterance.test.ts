import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_SAMPLES } from '../../../harness/agent/pcm.ts';
import { DEFAULT_ENDPOINT, UtteranceDetector } from '../../../harness/agent/utterance.ts';
import type { EndpointEvent } from '../../../harness/agent/utterance.ts';

/** Plays `#` as voiced and `.` as silent frames of 20 ms; each frame carries its number. */
function play(
  pattern: string,
  agentSpeaks = false,
  detector = new UtteranceDetector(),
): { at: number; event: EndpointEvent }[] {
  return [...pattern].flatMap((mark, at) => {
    const event = detector.push(new Int16Array(FRAME_SAMPLES).fill(at), mark === '#', agentSpeaks);
    return event === undefined ? [] : [{ at, event }];
  });
}
const silence = (ms: number): string => '.'.repeat(ms / 20);

test('speech between silences starts with its third voiced frame and ends after the hangover', () => {
  const events = play(`${silence(400)}${'#'.repeat(25)}${silence(1000)}`);
  assert.deepEqual(
    events.map(({ at, event }) => [at, event.type]),
    [
      [22, 'started'],
      [20 + 25 + DEFAULT_ENDPOINT.hangoverMs / 20 - 1, 'ended'],
    ],
  );
});

test('an utterance keeps 60 ms before its first voiced frame and 100 ms after its last', () => {
  const ended = play(`${silence(400)}${'#'.repeat(25)}${silence(1000)}`)[1]?.event;
  assert.ok(ended?.type === 'ended');
  const numbers = ended.frames.map((frame) => frame[0]);
  assert.deepEqual([numbers[0], numbers.at(-1), numbers.length], [17, 49, 33]);
  assert.deepEqual([ended.voicedMs, ended.silentMs], [500, DEFAULT_ENDPOINT.hangoverMs]);
});

test('of the sound before the first voiced frame, all but 20 ms of dead silence is left out: it would only delay the answer', () => {
  const detector = new UtteranceDetector();
  const frameOf = (level: number): Int16Array => new Int16Array(FRAME_SAMPLES).fill(level);
  const events = [
    ...Array.from({ length: 20 }, () => detector.push(frameOf(0), false, false)),
    ...Array.from({ length: 25 }, () => detector.push(frameOf(9_000), true, false)),
    ...Array.from({ length: 20 }, () => detector.push(frameOf(0), false, false)),
  ];
  const ended = events.find((event) => event?.type === 'ended');
  assert.ok(ended?.type === 'ended');
  assert.deepEqual(
    ended.frames.map((frame) => frame[0]),
    [0, ...Array.from({ length: 25 }, () => 9_000), 0, 0, 0, 0, 0],
  );
});

test('a pause shorter than the hangover does not end an utterance', () => {
  const events = play(`${'#'.repeat(10)}${silence(300)}${'#'.repeat(10)}${silence(600)}`);
  assert.deepEqual(
    events.map(({ event }) => event.type),
    ['started', 'ended'],
  );
});

test('a click of one frame begins nothing, and a short noise is dropped', () => {
  assert.deepEqual(play(`${silence(200)}#${silence(800)}`), []);
  assert.deepEqual(
    play(`${silence(200)}###${silence(800)}`).map(({ event }) => event.type),
    ['started', 'dropped'],
  );
});

test('while the agent speaks an onset takes twice the voice', () => {
  assert.deepEqual(play(`${silence(200)}#####${silence(800)}`, true), []);
  assert.equal(play(`${silence(200)}######${silence(800)}`, true)[0]?.event.type, 'started');
});

test('an utterance ends at its longest, and the next begins only after a silence', () => {
  const detector = new UtteranceDetector({ ...DEFAULT_ENDPOINT, maxMs: 1_000 });
  const events = play(`${'#'.repeat(300)}${silence(400)}${'#'.repeat(20)}`, false, detector);
  assert.deepEqual(
    events.map(({ event }) => event.type),
    ['started', 'ended', 'started'],
  );
  assert.ok(events[1]?.event.type === 'ended' && events[1].event.frames.length === 50);
  assert.ok((events[2]?.at ?? 0) >= 320);
});
