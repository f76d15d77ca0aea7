import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { dispose, RoomEvent } from '@livekit/rtc-node';
import { RoomServiceClient } from 'livekit-server-sdk';
import { ToneWordDecoder, wordSamples } from '../../../src/shared/tone-words.ts';
import { rmsOf, SAMPLE_RATE_HZ, toFloat32, toInt16 } from '../../../harness/agent/pcm.ts';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { startAgentRig } from '../../support/node/agent-rig.ts';
import type { AgentRig } from '../../support/node/agent-rig.ts';
import { processEnd } from '../../support/node/process-ends.ts';
import { sourceArguments } from '../../support/node/run-program.ts';
import { dispatchAgent, RtcUser, until } from '../../support/node/rtc-user.ts';
import { speechLike } from '../../support/node/speech-like.ts';

const AGENT = 'test-agent';
const ears = new WeakMap<RtcUser, { decoder: ToneWordDecoder; heard: number; words: number[] }>();
/** All words that a user has heard so far; each sound is decoded once, however often this is asked. */
const wordsOf = (user: RtcUser): number[] => {
  const ear = ears.get(user) ?? { decoder: new ToneWordDecoder(SAMPLE_RATE_HZ), heard: 0, words: [] };
  ears.set(user, ear);
  for (const { samples } of user.heard.slice(ear.heard))
    ear.words.push(...ear.decoder.push(toFloat32(samples)).map((word) => word.index));
  ear.heard = user.heard.length;
  return [...ear.words];
};

/** From word 0 on, each once and in order. */
function assertCount(words: number[]): void {
  assert.deepEqual(
    words,
    words.map((_, at) => at),
  );
}

describe('an agent on a real LiveKit server', { timeout: 120_000 }, () => {
  let rig: AgentRig;
  before(async () => {
    rig = await startAgentRig({ leftMs: 400, voice: 'none' });
  });
  after(async () => {
    await rig.stop();
    await dispose();
  });

  const join = async (
    t: TestContext,
    room: string,
    identity: string,
    attributes?: Record<string, string>,
  ): Promise<RtcUser> => {
    const user = await RtcUser.join(rig.server, room, identity, attributes);
    t.after(() => user.leave());
    return user;
  };

  test('joins on dispatch, answers ping and text, and is gone within 2 s of the bye', async (t) => {
    const id = 'text-and-bye';
    const room = await dispatchAgent(rig.server, AGENT, id, 'parrot');
    const user = await join(t, room, 'alice');
    const agent = await until(() => user.agent(), 10_000, 'the agent');
    assert.equal(agent.identity, `agent-${id}`);
    await until(() => agent.attributes['lk.agent.state'] === 'listening', 5_000, 'the state');
    await until(() => agent.trackPublications.size === 1, 2_000, 'the track');
    assert.ok((await user.ping(agent.identity)) < 2_000);
    await user.sendText('good morning');
    const answer = await until(() => user.texts[0], 5_000, 'the answer');
    assert.deepEqual({ topic: answer.topic, text: answer.text }, { topic: 'lk.chat', text: 'good morning' });
    await rig.report('turn', id);
    const [session] = [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id);
    assert.equal(session?.participantId, 'alice');
    assert.equal(session?.messageCount, 1);
    assert.equal(rig.agent.hasLiveAgent(id), true);
    const byeMonoMs = performance.now();
    await user.bye();
    await rig.report('exited', id);
    assert.ok(performance.now() - byeMonoMs < 2_000);
    assert.equal(rig.agent.hasLiveAgent(id), false);
    assert.deepEqual(
      [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id),
      [],
    );
    await user.leave();
  });

  test('exchanges tone words once and in order, both ways', async (t) => {
    const id = 'count-words';
    const room = await dispatchAgent(rig.server, AGENT, id, 'count');
    const user = await join(t, room, 'bob');
    await rig.report('audible', id);
    const said = [500, 501, 502, 503, 504, 505];
    const pcm = new Int16Array(SAMPLE_RATE_HZ * 0.5 * said.length);
    said.forEach((index, at) =>
      pcm.set(toInt16(wordSamples(index, SAMPLE_RATE_HZ)), at * SAMPLE_RATE_HZ * 0.5),
    );
    await user.say(new Int16Array(SAMPLE_RATE_HZ / 2));
    await user.say(pcm);
    const heard = (): number[] =>
      rig.reports.flatMap((report) =>
        report.type === 'heardWords' && report.voiceSessionId === id
          ? report.words.map((word) => word.index)
          : [],
      );
    await until(() => heard().length >= said.length, 3_000, 'all words at the agent');
    assert.deepEqual(heard(), said);
    const back = wordsOf(user);
    assert.ok(back.length >= 5, `${back.length} words came back`);
    assertCount(back);
    await user.bye();
    await rig.report('exited', id);
  });

  test('the parrot says speech back after its end, and only once', async (t) => {
    const id = 'parrot-speech';
    const room = await dispatchAgent(rig.server, AGENT, id, 'parrot');
    const user = await join(t, room, 'carol');
    await rig.report('listening', id);
    await user.say(new Int16Array(SAMPLE_RATE_HZ));
    const beforeSpeech = user.heard.length;
    const endMonoMs = await user.say(speechLike(900));
    assert.ok(
      user.heard.slice(beforeSpeech).every(({ samples }) => rmsOf(samples) < 0.01),
      'it spoke before the end',
    );
    const first = await until(
      () => user.heard.slice(beforeSpeech).find(({ samples }) => rmsOf(samples) > 0.01),
      5_000,
      'the speech',
    );
    await user.say(new Int16Array(SAMPLE_RATE_HZ * 2));
    const loudMs = user.heard.slice(beforeSpeech).filter(({ samples }) => rmsOf(samples) > 0.01).length * 10;
    assert.ok(loudMs > 600 && loudMs < 1_300, `${loudMs} ms of 900 came back`);
    assert.ok(first.atMonoMs > endMonoMs);
    const { turn } = await rig.report('turn', id);
    assert.equal(turn.kind, 'speech');
    await user.bye();
    await rig.report('exited', id);
  });

  test('a session that is ended while its agent is on its way is over within 1.5 s, and nobody is left in the room', async () => {
    const id = 'ended-early';
    const room = await dispatchAgent(rig.server, AGENT, id, 'parrot');
    await until(() => rig.agent.hasLiveAgent(id), 5_000, 'the job');
    const startMonoMs = performance.now();
    await rig.agent.endSession(id, 'bye');
    const tookMs = performance.now() - startMonoMs;
    assert.ok(tookMs < 1_500, `${tookMs} ms`);
    assert.equal(rig.agent.hasLiveAgent(id), false);
    const unheard = await dispatchAgent(rig.server, AGENT, 'ended-before', 'parrot');
    await rig.agent.endSession('ended-before', 'bye'); // its job comes after about 205 ms
    await sleep(600);
    const client = new RoomServiceClient(rig.server.httpUrl, rig.server.apiKey, rig.server.apiSecret);
    assert.deepEqual(await client.listParticipants(room), []);
    assert.deepEqual(await client.listParticipants(unheard), []);
    assert.equal(rig.agent.hasLiveAgent('ended-before'), false);
  });

  test('an agent that is killed, and one that hangs, is replaced: told, one at a time, and the count goes on', async (t) => {
    const id = 'killed-and-hung';
    const room = await dispatchAgent(rig.server, AGENT, id, 'count');
    const user = await join(t, room, 'grace', { 'clara.resume': '1' });
    let atMonoMs: number[] = [];
    user.room.on(RoomEvent.ParticipantDisconnected, () => atMonoMs.push(performance.now()));
    user.room.on(RoomEvent.ParticipantConnected, () => atMonoMs.push(performance.now()));
    await until(() => wordsOf(user).length >= 2, 10_000, 'words');
    const [session] = [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id);
    for (const { signal, toldMs, replacedMs } of [
      { signal: 'SIGKILL', toldMs: 5_000, replacedMs: 6_000 },
      { signal: 'SIGSTOP', toldMs: 5_000, replacedMs: 10_000 },
    ] as const) {
      const before = wordsOf(user);
      const pid = rig.pidOf(id);
      atMonoMs = [];
      const faultMonoMs = performance.now();
      process.kill(pid, signal);
      await until(() => atMonoMs.length >= 2, 15_000, `an agent after ${signal}`);
      const [told = Infinity, replaced = Infinity] = atMonoMs.map((monoMs) => monoMs - faultMonoMs);
      t.diagnostic(`${signal}: told ${Math.round(told)} ms, replaced ${Math.round(replaced)} ms`);
      assert.ok(told <= toldMs && replaced <= replacedMs, `told ${told} ms, replaced ${replaced} ms`);
      assert.equal([...user.room.remoteParticipants.values()].length, 1);
      assert.equal(user.agent()?.attributes['clara.context'], 'handedOver');
      await until(() => wordsOf(user).length >= before.length + 2, 10_000, 'words again');
      assert.ok((await user.ping(`agent-${id}`)) < 2_000, 'the new one answers');
      const words = wordsOf(user);
      assert.deepEqual(words, [...new Set(words)], 'no word twice');
      const skipped = (words[before.length] ?? 0) - (before.at(-1) ?? 0) - 1;
      assert.ok(skipped >= 0 && skipped <= 1, `the count went on after ${skipped} words`);
      await processEnd(pid, 2_000);
    }
    assert.deepEqual(
      [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id),
      [session],
    );
    await rig.agent.endSession(id, 'test');
  });

  test('a second dispatch for the same voice session brings no second agent', async (t) => {
    const id = 'asked-twice';
    const room = await dispatchAgent(rig.server, AGENT, id, 'parrot');
    const user = await join(t, room, 'dave');
    await until(() => user.agent(), 10_000, 'the agent');
    const pids = rig.childPids.length;
    await dispatchAgent(rig.server, AGENT, id, 'parrot');
    await user.say(new Int16Array(SAMPLE_RATE_HZ)); // five times the time that the first dispatch took
    assert.equal([...user.room.remoteParticipants.values()].length, 1);
    assert.equal(
      rig.reports.filter((report) => report.type === 'joined' && report.voiceSessionId === id).length,
      1,
    );
    assert.ok(rig.childPids.length <= pids + 1, 'at most the next warm child was made');
    await rig.agent.endSession(id, 'test');
  });

  test('a user with clara.resume comes back into the same session; one without is gone after leaving, and finds its conversation kept', async (t) => {
    const id = 'comes-back';
    const room = await dispatchAgent(rig.server, AGENT, id, 'parrot');
    const first = await join(t, room, 'erin', { 'clara.resume': '1' });
    await rig.report('participantJoined', id);
    await first.sendText('remember me');
    await rig.report('turn', id);
    const [session] = [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id);
    await first.leave();
    assert.equal((await rig.report('participantAway', id)).forMs, 150_000);
    const second = await join(t, room, 'erin');
    await until(
      () =>
        rig.reports.some(
          (report) => report.type === 'participantJoined' && report.returned && report.voiceSessionId === id,
        ),
      5_000,
      'the return',
    );
    assert.deepEqual(
      [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id),
      [session],
    );
    await second.leave(); // this one carries no resume value
    assert.equal((await rig.report('exited', id)).reason, 'notBack');
    const sessions = () => [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id);
    assert.deepEqual(sessions(), []);
    const third = await join(t, await dispatchAgent(rig.server, AGENT, id, 'parrot'), 'erin');
    const agent = await until(() => third.agent(), 5_000, 'a new agent');
    assert.equal(agent.attributes['clara.context'], 'earlier');
    const [fresh] = await until(() => sessions().length > 0 && sessions(), 5_000, 'a new session');
    assert.notEqual(fresh?.sessionId, session?.sessionId);
    assert.equal(fresh?.context[0]?.text, 'remember me');
    await rig.agent.endSession(id, 'test');
  });

  test('the children of a parent that is SIGKILLed end by themselves', async () => {
    const parent = spawn(
      process.execPath,
      [...sourceArguments('test/support/node/agent-parent.ts'), rig.server.url, rig.server.apiKey],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TEST_API_SECRET: rig.server.apiSecret },
      },
    );
    let output = '';
    parent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await until(() => output.includes('started') && output.includes('child'), 20_000, 'the parent');
      await dispatchAgent(rig.server, 'killed-agent', 'parent-killed', 'count');
      await until(() => output.includes('joined'), 20_000, 'the join');
    } finally {
      parent.kill('SIGKILL');
    }
    const pids = [...output.matchAll(/child (\d+)/g)].map((match) => Number(match[1]));
    assert.ok(pids.length >= 1);
    for (const pid of pids) await processEnd(pid, 4_000);
    assert.deepEqual(
      pids.filter((pid) => startTimeOf(pid) !== undefined),
      [],
    );
  });

  for (const { how, signals } of [
    { how: 'killed', signals: ['SIGKILL'] },
    { how: 'shut down', signals: ['SIGTERM', 'SIGTERM'] },
  ] as const) {
    test(`after the server was ${how} and is back, the same agent is in the room within 1.5 s, once, and its session goes on`, async (t) => {
      const id = `server-${signals.length}`;
      const room = await dispatchAgent(rig.server, AGENT, id, 'count');
      const before = await join(t, room, 'frank', { 'clara.resume': '1' });
      await until(() => wordsOf(before).length > 2, 10_000, 'words');
      const sessions = () => [...rig.agent.sessions.values()].filter((one) => one.voiceSessionId === id);
      const kept = sessions();
      const joins = (): boolean[] =>
        rig.reports.flatMap((report) =>
          report.type === 'joined' && report.voiceSessionId === id ? [report.again] : [],
        );
      const lastConnection = (): string | undefined =>
        rig.reports
          .flatMap((report) =>
            report.type === 'connection' && report.voiceSessionId === id ? [report.state] : [],
          )
          .at(-1);
      for (const signal of signals) {
        rig.server.signal(signal);
        await sleep(100);
      }
      await rig.server.exited;
      const left = before.leave(); // or its own repair would meet the one that joins below
      await until(() => !rig.agent.readiness().ok, 5_000, 'the worker notices');
      await sleep(3_000); // rtc-node waits for seconds between its later tries
      await rig.server.startAgain(AbortSignal.timeout(10_000));
      const backMonoMs = performance.now();
      // By a new join, or by its own repair where a try of that came first.
      await until(() => joins().length > 1 || lastConnection() === 'connected', 5_000, 'the agent is back');
      const tookMs = performance.now() - backMonoMs;
      t.diagnostic(`${how}: agent back after ${Math.round(tookMs)} ms`);
      assert.ok(tookMs <= 1_500, `back after ${tookMs} ms`);
      await left;
      const after = await join(t, room, 'frank', { 'clara.resume': '1' });
      await until(() => wordsOf(after).length > 2, 10_000, 'words');
      await sleep(2_000); // an agent of before that still repairs itself would come now
      assert.equal(joins().filter((again) => !again).length, 1, 'one agent');
      assert.deepEqual(sessions(), kept);
      const client = new RoomServiceClient(rig.server.httpUrl, rig.server.apiKey, rig.server.apiSecret);
      const agents = async () =>
        (await client.listParticipants(room)).filter(({ identity }) => identity === `agent-${id}`);
      assert.deepEqual(
        (await agents()).map(({ tracks }) => tracks.length),
        [1],
      );
      const words = wordsOf(after);
      assert.ok((words[0] ?? 0) > 2, 'the count goes on');
      assert.deepEqual(words, [...new Set(words)], 'no word twice');
      const pid = rig.pidOf(id);
      await rig.agent.endSession(id, 'test');
      await processEnd(pid, 2_000);
      assert.deepEqual([await agents(), startTimeOf(pid)], [[], undefined]);
    });
  }
});
