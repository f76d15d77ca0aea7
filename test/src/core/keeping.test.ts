import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeepSwitch, type KeptRun } from '../../../src/core/keeping/keep-switch.ts';
import {
  MAX_SOUND_BYTES,
  SessionKeeper,
  type SoundPort,
  type TakeListener,
} from '../../../src/core/keeping/keeper.ts';
import { Writable } from '../../../src/core/readable.ts';
import type { TranscriptEntry } from '../../../src/core/session/types.ts';
import type { KeptLine, KeptPiece, KeptSound } from '../../../src/shared/recording.ts';
import { FakeClock } from '../../support/core/fake-clock.ts';

const RUN: KeptRun = { sessionId: 's', startedMonoMs: 0 };
const line = (id: string, text: string, more: Partial<TranscriptEntry> = {}): TranscriptEntry => ({
  id,
  from: 'agent',
  kind: 'speech',
  text,
  final: true,
  wallMs: 5,
  ...more,
});
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A sound recorder that a test speaks for; `stop` gives the last piece, at once or, as a real one does, later. */
class FakeSound implements SoundPort {
  readonly takes: { listener: TakeListener; stops: number }[] = [];
  isSupported = true;
  /** The test gives the last piece by {@link FakeSound.lastPiece}. */
  isLate = false;
  record(listener: TakeListener): (() => void) | undefined {
    if (!this.isSupported) return undefined;
    const take = { listener, stops: 0 };
    this.takes.push(take);
    return () => {
      if (take.stops++ === 0 && !this.isLate) this.lastPiece(take);
    };
  }
  lastPiece(take = this.takes.at(-1)): void {
    take?.listener.piece({ type: 'audio/webm', data: Uint8Array.of(99) });
  }
  piece(...bytes: number[]): void {
    this.takes.at(-1)?.listener.piece({ type: 'audio/webm', data: Uint8Array.from(bytes) });
  }
}

function bench() {
  const clock = new FakeClock();
  const sound = new FakeSound();
  const transcript = new Writable<readonly TranscriptEntry[]>([]);
  const pieces: KeptPiece[] = [];
  /** Ids of sessions. */
  const keptIn = new Set<string>();
  const world = {
    hasRow: true,
    fault: undefined as Error | undefined,
    loadFault: undefined as Error | undefined,
    /** What keeps is loaded when it resolves. */
    gate: Promise.resolve(),
  };
  const keeping = new KeepSwitch(
    async (run, tell) => {
      await world.gate;
      if (world.loadFault !== undefined) throw world.loadFault;
      const store = {
        keep: (id: string, added: readonly KeptPiece[]) => {
          if (world.fault !== undefined) return Promise.reject(world.fault);
          if (world.hasRow) {
            pieces.push(...added);
            if (added.length > 0) keptIn.add(id);
          }
          return Promise.resolve(world.hasRow);
        },
      };
      return new SessionKeeper({ run, clock, sound, transcript, tell, store: Promise.resolve(store) });
    },
    () => transcript.value,
  );
  const say = (...entries: TranscriptEntry[]): void => transcript.set([...transcript.value, ...entries]);
  const texts = (): string[] =>
    pieces.filter((piece): piece is KeptLine => piece.kind === 'text').map(({ text }) => text);
  const sounds = (): KeptSound[] => pieces.filter((piece): piece is KeptSound => piece.kind === 'sound');
  return { clock, sound, transcript, pieces, keptIn, world, keeping, say, texts, sounds };
}

test('nothing is kept unless the user switches it on', async () => {
  const { keeping, say, pieces, sound } = bench();
  keeping.begin(RUN);
  say(line('a', 'before'));
  await settled();
  keeping.end();
  await settled();
  assert.deepEqual(pieces, []);
  assert.equal(sound.takes.length, 0);
  assert.deepEqual(keeping.states.value, { text: 'off', sound: 'off' });
});

test('text is kept from the switch on, when it is finished, until the switch off', async () => {
  const { keeping, say, texts, transcript, clock, pieces } = bench();
  keeping.begin(RUN);
  say(line('a', 'before'), line('b', 'half', { final: false }));
  await clock.advance(1500);
  keeping.set('text', true);
  say(line('while', 'while it loads'));
  await settled();
  transcript.set(transcript.value.map((entry) => (entry.id === 'b' ? line('b', 'half and whole') : entry)));
  say(line('m', 'typed', { from: 'user', kind: 'text', delivery: 'sending' }));
  await settled();
  assert.deepEqual(texts(), ['while it loads', 'half and whole']);
  const sent = line('m', 'typed', { from: 'user', kind: 'text', delivery: 'sent' });
  transcript.set(transcript.value.map((entry) => (entry.id === 'm' ? sent : entry)));
  await settled();
  assert.deepEqual(pieces.at(-1), {
    kind: 'text',
    seq: 2,
    atMs: 1500,
    wallMs: 5,
    from: 'user',
    by: 'text',
    id: 'm',
    text: 'typed',
  });
  keeping.set('text', false);
  await settled();
  say(line('c', 'after'));
  await settled();
  assert.equal(texts().length, 3);
  keeping.set('text', true);
  await settled();
  assert.equal(texts().length, 3, 'what was said while it was off stays unkept');
  assert.equal(transcript.watcherCount, 1);
  keeping.end();
  await settled();
  assert.equal(transcript.watcherCount, 0);
});

test('a wish from before the start counts for that session only', async () => {
  const { keeping, say, texts } = bench();
  keeping.set('text', true);
  keeping.begin(RUN);
  await settled();
  say(line('a', 'first'));
  await settled();
  keeping.end();
  await settled();
  assert.equal(keeping.states.value.text, 'off');
  keeping.begin({ ...RUN, sessionId: 't' });
  say(line('b', 'second'));
  await settled();
  assert.deepEqual(texts(), ['first']);
});

test('sound is one take from on to off or end, its last piece included, and the next switch begins another', async () => {
  const { keeping, sound, sounds, clock } = bench();
  keeping.begin(RUN);
  keeping.set('sound', true);
  await settled();
  sound.piece(1, 2);
  keeping.set('sound', false);
  await settled();
  await clock.advance(3000);
  keeping.set('sound', true);
  await settled();
  sound.piece(3);
  keeping.end();
  await settled();
  assert.deepEqual(
    sounds().map(({ seq, take, atMs, data }) => [seq, take, atMs, [...data]]),
    [
      [0, 0, 0, [1, 2]],
      [1, 0, 0, [99]],
      [2, 1, 3000, [3]],
      [3, 1, 3000, [99]],
    ],
  );
  assert.deepEqual(
    sound.takes.map(({ stops }) => stops),
    [1, 1],
  );
});

test('as much sound is kept as may be, which is told once, and nothing after a hole', async () => {
  const { keeping, sound, sounds } = bench();
  const told: string[] = [];
  keeping.states.watch((states) => told.push(states.sound));
  keeping.begin(RUN);
  keeping.set('sound', true);
  await settled();
  const most = { type: 'audio/webm', data: new Uint8Array(MAX_SOUND_BYTES - 1) };
  sound.takes[0]?.listener.piece(most);
  sound.piece(1, 2);
  sound.piece(3);
  await settled();
  assert.deepEqual(
    sounds().map(({ data }) => data.length),
    [MAX_SOUND_BYTES - 1],
  );
  assert.deepEqual(told, ['on', 'full']);
  assert.equal(sound.takes[0]?.stops, 1);
  keeping.set('sound', true);
  await settled();
  assert.equal(keeping.states.value.sound, 'full');
  assert.equal(sound.takes.length, 1);
});

test('a browser that cannot, and a recorder that fails, are told and leave the text alone', async () => {
  const { keeping, sound, say, texts } = bench();
  keeping.begin(RUN);
  sound.isSupported = false;
  keeping.set('text', true);
  keeping.set('sound', true);
  await settled();
  assert.deepEqual(keeping.states.value, { text: 'on', sound: 'unsupported' });
  sound.isSupported = true;
  keeping.set('sound', true);
  await settled();
  sound.takes[0]?.listener.failed();
  assert.equal(keeping.states.value.sound, 'failed');
  say(line('a', 'still kept'));
  await settled();
  assert.deepEqual(texts(), ['still kept']);
  keeping.set('sound', false);
  assert.equal(keeping.states.value.sound, 'off', 'the reason was read');
});

test('a store that fails ends the keeping and throws at nobody', async () => {
  const { keeping, world, sound, say } = bench();
  keeping.begin(RUN);
  keeping.set('text', true);
  keeping.set('sound', true);
  await settled();
  world.fault = new Error('disk');
  say(line('a', 'lost'));
  sound.piece(1);
  await settled();
  assert.deepEqual(keeping.states.value, { text: 'failed', sound: 'failed' });
  assert.equal(sound.takes[0]?.stops, 1);
});

test('code that cannot be loaded is told, and the next switch tries again', async () => {
  const { keeping, world, say, texts } = bench();
  keeping.begin(RUN);
  world.loadFault = new Error('offline');
  keeping.set('text', true);
  await settled();
  assert.equal(keeping.states.value.text, 'failed');
  world.loadFault = undefined;
  keeping.set('text', true);
  await settled();
  say(line('a', 'now'));
  await settled();
  assert.deepEqual(texts(), ['now']);
});

test('pieces wait for the row of the session, and give up when it never comes', async () => {
  const { keeping, world, say, texts, clock } = bench();
  world.hasRow = false;
  keeping.begin(RUN);
  keeping.set('text', true);
  await settled();
  say(line('a', 'early'));
  await settled();
  assert.deepEqual(texts(), []);
  world.hasRow = true;
  await clock.advance(2000);
  await settled();
  assert.deepEqual(texts(), ['early']);
  world.hasRow = false;
  say(line('b', 'never'));
  for (let tries = 0; tries < 12; tries++) {
    await settled();
    await clock.advance(2000);
  }
  assert.equal(keeping.states.value.text, 'failed');
  assert.equal(clock.timerCount, 0);
});

test('a piece that comes in the moment a write ends is written too', async () => {
  for (let ticks = 0; ticks < 20; ticks++) {
    const { keeping, say, texts } = bench();
    keeping.begin(RUN);
    keeping.set('text', true);
    await settled();
    say(line('a', 'first'));
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    say(line('b', 'second'));
    await settled();
    assert.deepEqual(texts(), ['first', 'second'], `after ${ticks} microtasks`);
  }
});

/** A bench whose keeper is loaded when the test says so. */
function gatedBench() {
  const made = bench();
  let open = (): void => {};
  made.world.gate = new Promise<void>((resolve) => (open = resolve));
  return { ...made, open };
}

test('nothing is kept that is said after the switch off, also when what keeps comes later', async () => {
  const { keeping, say, pieces, sound, transcript, open } = gatedBench();
  keeping.begin(RUN);
  keeping.set('text', true);
  keeping.set('sound', true);
  keeping.set('text', false);
  keeping.set('sound', false);
  say(line('a', 'after the switch off'));
  open();
  await settled();
  assert.deepEqual(pieces, []);
  assert.equal(sound.takes.length, 0);
  assert.equal(transcript.watcherCount, 0);
});

test('nothing of the next session is kept in the one before, also when what keeps comes later', async () => {
  const { keeping, say, texts, keptIn, sound, world, open } = gatedBench();
  keeping.begin(RUN);
  keeping.set('text', true);
  keeping.set('sound', true);
  keeping.end();
  keeping.begin({ ...RUN, sessionId: 't' });
  say(line('a', 'said with both switches off'));
  open();
  await settled();
  assert.deepEqual([...keptIn], []);
  assert.equal(sound.takes.length, 0);
  world.gate = Promise.resolve();
  keeping.set('text', true);
  await settled();
  say(line('b', 'wanted'));
  await settled();
  assert.deepEqual(texts(), ['wanted']);
  assert.deepEqual([...keptIn], ['t']);
});

test('what was said while the switch was off is not kept when it is on again before what keeps has come', async () => {
  const { keeping, say, texts, sound, open } = gatedBench();
  keeping.begin(RUN);
  keeping.set('text', true);
  keeping.set('sound', true);
  keeping.set('text', false);
  keeping.set('sound', false);
  say(line('a', 'in between'));
  keeping.set('text', true);
  keeping.set('sound', true);
  say(line('b', 'wanted'));
  open();
  await settled();
  assert.deepEqual(texts(), ['wanted']);
  assert.equal(sound.takes.length, 1);
});

test('sound ends where a piece of it is lost, its last piece included, and leaves later wishes alone', async () => {
  const { keeping, world, sound, sounds, say, texts } = bench();
  sound.isLate = true;
  keeping.begin(RUN);
  keeping.set('sound', true);
  await settled();
  sound.piece(1);
  await settled();
  world.fault = new Error('disk');
  sound.piece(2);
  await settled();
  assert.equal(keeping.states.value.sound, 'failed');
  keeping.set('text', true);
  await settled();
  sound.lastPiece();
  await settled();
  assert.deepEqual(keeping.states.value, { text: 'on', sound: 'failed' });
  world.fault = undefined;
  sound.lastPiece();
  say(line('a', 'kept'));
  await settled();
  assert.deepEqual(
    sounds().map(({ seq, data }) => [seq, [...data]]),
    [[0, [1]]],
    'nothing after the hole',
  );
  assert.deepEqual(texts(), ['kept']);
  keeping.set('sound', true);
  await settled();
  sound.piece(3);
  await settled();
  assert.deepEqual(
    sounds().map(({ take, data }) => [take, [...data]]),
    [
      [0, [1]],
      [1, [3]],
    ],
    'the next take is whole',
  );
});

test('a store without room is told as full, for the kind that found it so', async () => {
  const { keeping, world, say } = bench();
  keeping.begin(RUN);
  keeping.set('text', true);
  keeping.set('sound', true);
  await settled();
  world.fault = new DOMException('no room', 'QuotaExceededError');
  say(line('a', 'lost'));
  await settled();
  assert.deepEqual(keeping.states.value, { text: 'full', sound: 'on' });
});
