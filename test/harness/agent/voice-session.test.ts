import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildMessage } from '../../../harness/agent/ipc.ts';
import type { LiveRoomHandler } from '../../../harness/agent/live-room.ts';
import type { PipelineHost } from '../../../harness/agent/pipeline.ts';
import { FRAME_SAMPLES } from '../../../harness/agent/pcm.ts';
import type { RoomStats } from '../../../harness/agent/room-stats.ts';
import { VoiceSession } from '../../../harness/agent/voice-session.ts';
import { ManualClock, turn } from '../../support/node/manual-clock.ts';

interface Joined {
  token: string;
  handler: LiveRoomHandler;
  left: boolean;
  states: string[];
  sent: string[];
  ids: string[];
  /** What becomes of messages on their way. */
  onItsWay: Promise<boolean>;
  expectsAudio: boolean;
  rebuilt: string[];
  stats: RoomStats | undefined;
}

/** A session over a fake room; the test plays the server. */
function makeSession(chance = 0): {
  session: VoiceSession;
  clock: ManualClock;
  rooms: Joined[];
  reports: ChildMessage[];
  pipeline: {
    started: number;
    stopped: number;
    heard: number;
    texts: string[];
    host: PipelineHost | undefined;
  };
  ended: Promise<string>;
  server: { there: boolean; refuses: boolean; hangs: boolean; tokens: number };
} {
  const clock = new ManualClock();
  const rooms: Joined[] = [];
  const reports: ChildMessage[] = [];
  const server = { there: true, refuses: false, hangs: false, tokens: 0 };
  const pipeline = {
    started: 0,
    stopped: 0,
    heard: 0,
    texts: [] as string[],
    host: undefined as PipelineHost | undefined,
  };
  const session = new VoiceSession({
    start: {
      type: 'start',
      voiceSessionId: 'v',
      pipeline: 'count',
      roomName: 'r',
      identity: 'agent-v',
      url: 'ws://x',
      token: 'first',
      graceMs: 150_000,
      leftMs: 5_000,
      emptyMs: 300_000,
      voice: 'none',
      context: [],
      nextWord: 0,
      users: [],
      responds: false,
    },
    clock,
    random: () => chance / 7,
    version: '1',
    out: { play: () => Promise.resolve(true) },
    makePipeline: (host) => {
      pipeline.host = host;
      return {
        start: () => void pipeline.started++,
        stop: () => Promise.resolve(void pipeline.stopped++),
        onUserAudio: () => void pipeline.heard++,
        onText: (text) => void pipeline.texts.push(text),
      };
    },
    join: (token, handler) => {
      if (server.refuses) return Promise.reject(new Error('refused'));
      if (server.hangs) return new Promise(() => {});
      const room: Joined = {
        token,
        handler,
        left: false,
        states: [],
        sent: [],
        ids: [],
        onItsWay: Promise.resolve(true),
        expectsAudio: false,
        rebuilt: [],
        stats: undefined,
      };
      rooms.push(room);
      return Promise.resolve({
        setState: (state) => void room.states.push(state),
        sendChat: (text, id) => (room.ids.push(id), room.sent.push(`chat ${text}`), room.onItsWay),
        sendSpokenReply: (text, id) => (
          room.ids.push(id),
          Promise.resolve(room.sent.push(`spoken ${text}`) > 0)
        ),
        leave: () => Promise.resolve(void (room.left = true)),
        expectsAudioOf: () => room.expectsAudio,
        resubscribe: (identity) => Promise.resolve(room.rebuilt.push(identity) > 0),
        stats: () => Promise.resolve(room.stats),
      });
    },
    isServerThere: () => Promise.resolve(server.there),
    freshToken: () => Promise.resolve(`fresh-${++server.tokens}`),
    report: (message) => void reports.push(message),
  });
  return { session, clock, rooms, reports, pipeline, ended: session.run(), server };
}
const types = (reports: ChildMessage[]): string[] => reports.map((report) => report.type);

test('the pipeline starts once, when a user is here, hears us and is heard, in whichever order', async () => {
  const { session, rooms, pipeline, ended } = makeSession();
  await turn();
  rooms[0]?.handler.onHeard();
  assert.equal(pipeline.started, 0);
  rooms[0]?.handler.onUserCame('alice');
  assert.equal(pipeline.started, 0);
  rooms[0]?.handler.onUserAudioBegan('alice');
  rooms[0]?.handler.onHeard();
  assert.equal(pipeline.started, 1);
  assert.deepEqual(rooms[0]?.states, ['listening']);
  session.end('test');
  assert.equal(await ended, 'test');
});

test('a user who hears us and sends nothing is spoken to after 1 s', async () => {
  const { session, clock, rooms, pipeline, ended } = makeSession();
  await turn();
  rooms[0]?.handler.onUserCame('alice');
  rooms[0]?.handler.onHeard();
  await clock.advance(999);
  assert.equal(pipeline.started, 0);
  await clock.advance(1);
  assert.equal(pipeline.started, 1);
  session.end('test');
  await ended;
  assert.equal(clock.sleeping, 0);
});

test('a bye ends the session: pipeline stopped, room left, and nothing sleeps on', async () => {
  const { rooms, pipeline, ended, clock, reports } = makeSession();
  await turn();
  rooms[0]?.handler.onUserCame('alice');
  rooms[0]?.handler.onBye('alice');
  assert.equal(await ended, 'bye');
  assert.deepEqual([pipeline.stopped, rooms[0]?.left, clock.sleeping], [1, true, 0]);
  assert.ok(types(reports).includes('participantLeft'));
});

test('after a lost server it waits until the port answers, joins with a fresh token, and the same pipeline goes on', async () => {
  const { session, clock, rooms, reports, pipeline, ended, server } = makeSession();
  await turn();
  rooms[0]?.handler.onUserCame('alice');
  rooms[0]?.handler.onHeard();
  server.there = false;
  rooms[0]?.handler.onUserWent('alice', 'NONE', false);
  rooms[0]?.handler.onDisconnected('UNKNOWN_REASON');
  await clock.advance(30_000);
  assert.deepEqual([rooms.length, rooms[0]?.left, server.tokens], [1, true, 0]);
  server.there = true;
  await clock.advance(250);
  assert.deepEqual(
    rooms.map((room) => room.token),
    ['first', 'fresh-1'],
  );
  rooms[1]?.handler.onUserCame('alice');
  rooms[1]?.handler.onHeard();
  assert.deepEqual([pipeline.started, pipeline.stopped], [1, 0]);
  assert.deepEqual(
    reports.filter((report) => report.type === 'participantJoined'),
    [
      { type: 'participantJoined', identity: 'alice', returned: false },
      { type: 'participantJoined', identity: 'alice', returned: true },
    ],
  );
  session.end('test');
  await ended;
});

test("rtc-node's own repair is dropped when the server is known to be back: one new room, with the token that came, the same pipeline", async () => {
  const { session, clock, rooms, reports, pipeline, ended, server } = makeSession();
  await turn();
  rooms[0]?.handler.onUserCame('alice');
  rooms[0]?.handler.onHeard();
  rooms[0]?.handler.onUserAudioBegan('alice');
  server.there = false;
  rooms[0]?.handler.onConnection('reconnecting');
  await clock.advance(5_000);
  assert.deepEqual([rooms.length, rooms[0]?.left], [1, false]);
  server.there = true;
  session.serverBack('brought');
  await turn();
  assert.deepEqual(
    rooms.map((room) => [room.token, room.left]),
    [
      ['first', true],
      ['brought', false],
    ],
  );
  assert.equal(server.tokens, 0);
  rooms[1]?.handler.onUserCame('alice');
  assert.deepEqual([pipeline.started, pipeline.stopped], [1, 0]);
  assert.deepEqual(
    reports.filter(({ type }) => type === 'connection' || type === 'joined').map(({ type }) => type),
    ['joined', 'connection', 'joined'],
  );
  session.end('test');
  assert.equal(await ended, 'test');
  assert.equal(clock.sleeping, 0);
});

test('a server that is back changes nothing for a connection that stands, or whose repair is through', async () => {
  const { session, rooms, ended } = makeSession();
  await turn();
  session.serverBack('unwanted');
  rooms[0]?.handler.onConnection('reconnecting');
  rooms[0]?.handler.onConnection('connected');
  session.serverBack('unwanted');
  await turn();
  assert.deepEqual([rooms.length, rooms[0]?.left], [1, false]);
  rooms[0]?.handler.onDisconnected('SIGNAL_CLOSE');
  await turn();
  assert.deepEqual(
    rooms.map((room) => room.token),
    ['first', 'fresh-1'],
  );
  session.end('test');
  await ended;
});

test('a session that waits for its server joins as soon as it is told, and does not wait for its next look', async () => {
  const { session, clock, rooms, ended, server } = makeSession();
  await turn();
  server.there = false;
  rooms[0]?.handler.onDisconnected('SERVER_SHUTDOWN');
  await clock.advance(5_010);
  session.serverBack('brought');
  await turn();
  assert.equal(rooms[1]?.token, 'brought');
  session.end('test');
  await ended;
  assert.equal(clock.sleeping, 0);
});

test('a token that came with the server and is refused is used once', async () => {
  const { session, clock, rooms, ended, server } = makeSession();
  await turn();
  server.refuses = true;
  rooms[0]?.handler.onConnection('reconnecting');
  session.serverBack('brought');
  await turn();
  server.refuses = false;
  await clock.advance(200);
  assert.deepEqual(
    rooms.map((room) => room.token),
    ['first', 'fresh-1'],
  );
  session.end('test');
  await ended;
});

test('a connection of ours that does not come back ends the session with the grace time', async () => {
  const { clock, rooms, ended, server } = makeSession();
  await turn();
  rooms[0]?.handler.onUserCame('alice');
  server.there = false;
  rooms[0]?.handler.onDisconnected('UNKNOWN_REASON');
  let reason: string | undefined;
  void ended.then((why) => (reason = why));
  await clock.advance(149_000);
  assert.equal(reason, undefined);
  await clock.advance(2_000);
  assert.equal(reason, 'notBack');
  assert.equal(clock.sleeping, 0);
});

test('a refused join is tried again with back-off and a new token each time', async () => {
  const { session, clock, rooms, ended, server } = makeSession();
  await turn();
  server.refuses = true;
  rooms[0]?.handler.onDisconnected('SIGNAL_CLOSE');
  await clock.advance(2_000);
  assert.ok(server.tokens >= 4 && server.tokens <= 8, `${server.tokens} tries in 2 s`);
  server.refuses = false;
  await clock.advance(1_000);
  assert.equal(rooms.length, 2);
  session.end('test');
  await ended;
});

for (const [reason, endReason] of [
  ['DUPLICATE_IDENTITY', 'replaced'],
  ['ROOM_DELETED', 'roomDeleted'],
  ['PARTICIPANT_REMOVED', 'removed'],
] as const) {
  test(`${reason} ends the session and nothing is joined again`, async () => {
    const { clock, rooms, ended } = makeSession();
    await turn();
    rooms[0]?.handler.onUserCame('alice');
    rooms[0]?.handler.onDisconnected(reason);
    assert.equal(await ended, endReason);
    await clock.advance(60_000);
    assert.equal(rooms.length, 1);
  });
}

test('only the user it listens to is heard, and another takes its place when it is gone', async () => {
  const { session, rooms, pipeline, ended } = makeSession();
  await turn();
  const frame = new Int16Array(FRAME_SAMPLES);
  rooms[0]?.handler.onUserCame('alice');
  rooms[0]?.handler.onUserCame('bob');
  rooms[0]?.handler.onUserAudio('bob', frame);
  assert.equal(pipeline.heard, 0);
  rooms[0]?.handler.onUserAudio('alice', frame);
  rooms[0]?.handler.onBye('alice');
  rooms[0]?.handler.onUserAudio('bob', frame);
  assert.equal(pipeline.heard, 2);
  session.end('test');
  await ended;
});

test('each answer goes out once: as a transcript when it is spoken, as a message when not', async () => {
  const { session, rooms, pipeline, ended } = makeSession();
  await turn();
  rooms[0]?.handler.onUserCame('alice');
  rooms[0]?.handler.onText('alice', 'hello');
  pipeline.host?.sendText('one', true);
  pipeline.host?.sendText('two', false);
  await turn();
  assert.deepEqual([pipeline.texts, rooms[0]?.sent], [['hello'], ['spoken one', 'chat two']]);
  session.end('test');
  await ended;
});

test('texts go out one after the other, however long one takes, so that none overtakes another', async () => {
  const { session, rooms, pipeline, ended } = makeSession();
  await turn();
  const [room] = rooms;
  assert.ok(room);
  room.handler.onUserCame('alice');
  let isSent: (went: boolean) => void = () => {};
  room.onItsWay = new Promise((resolve) => (isSent = resolve));
  for (const text of ['one', 'two', 'three']) pipeline.host?.sendText(text, false);
  await turn();
  assert.deepEqual(room.sent, ['chat one']);
  isSent(false); // one that fails holds nobody up
  await turn();
  assert.deepEqual(room.sent, ['chat one', 'chat two', 'chat three']);
  session.end('test');
  await ended;
});

test('answers of an agent that takes over have ids of their own, or they would replace those of the one before', async () => {
  const ids: string[] = [];
  for (let agent = 0; agent < 2; agent++) {
    const { session, rooms, pipeline, ended } = makeSession(agent);
    await turn();
    rooms[0]?.handler.onUserCame('alice');
    pipeline.host?.sendText('one', true);
    pipeline.host?.sendText('two', false);
    await turn();
    ids.push(...(rooms[0]?.ids ?? []));
    session.end('test');
    await ended;
  }
  assert.equal(new Set(ids).size, 4);
});

test('a session that is ended while its join hangs waits no longer than 300 ms for it', async () => {
  const { session, clock, rooms, ended, server } = makeSession();
  await turn();
  server.hangs = true;
  rooms[0]?.handler.onDisconnected('SIGNAL_CLOSE');
  await clock.advance(1_000);
  session.end('bye');
  await clock.advance(300);
  let reason: string | undefined;
  void ended.then((why) => (reason = why));
  await turn();
  assert.equal(reason, 'bye');
  assert.equal(clock.sleeping, 0);
});

test('a session that is ended while it joins leaves the room that comes late', async () => {
  const { session, rooms, ended } = makeSession();
  session.end('early');
  assert.equal(await ended, 'early');
  assert.ok(rooms.every((room) => room.left));
});

test('a client that asks of the session now and then sends no heartbeats: its silence is told, and its path is not', async () => {
  for (const asks of ['once', 'everySecond'] as const) {
    const { session, clock, rooms, reports, ended } = makeSession();
    await turn();
    const [room] = rooms;
    assert.ok(room);
    room.expectsAudio = true;
    room.handler.onUserCame('alice');
    let signsOfLife = 0;
    for (let second = 0; second < 20; second++) {
      const isAsked = asks === 'once' ? second === 0 : second < 10;
      if (isAsked) room.handler.onSessionRequest(new Uint8Array(), 'alice');
      room.stats = {
        audioPackets: second < 8 ? second : 8,
        jitterBufferDelayS: 0,
        jitterBufferEmitted: 0,
        roundTripS: 0,
        signsOfLife: signsOfLife++,
      };
      await clock.advance(1_000);
    }
    const told = reports.flatMap((one) => {
      if (one.type === 'audioFlow') return [`flows ${one.flows}`];
      return one.type === 'userPath' ? [`up ${one.up}`] : [];
    });
    assert.deepEqual(told, asks === 'once' ? ['flows false'] : ['up false'], asks);
    session.end('over');
    await ended;
  }
});
