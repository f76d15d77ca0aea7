import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose } from '@livekit/rtc-node';
import { SAMPLE_RATE_HZ, toInt16 } from '../../../harness/agent/pcm.ts';
import { findInspector } from '../../../harness/supervisor/stack-note.ts';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { wordSamples } from '../../../src/shared/tone-words.ts';
import { startAgentRig } from '../../support/node/agent-rig.ts';
import type { AgentRig } from '../../support/node/agent-rig.ts';
import type * as Ws from 'ws';
import { RtcUser, dispatchAgent, until } from '../../support/node/rtc-user.ts';

// The harness's ws: the root has an older one, of a build tool.
const { WebSocket } = createRequire(new URL('../../../harness/package.json', import.meta.url))(
  'ws',
) as typeof Ws;

const AGENT = 'test-agent';

function words(...indices: number[]): Int16Array {
  const pcm = new Int16Array(SAMPLE_RATE_HZ * 0.5 * indices.length);
  indices.forEach((index, at) =>
    pcm.set(toInt16(wordSamples(index, SAMPLE_RATE_HZ)), at * SAMPLE_RATE_HZ * 0.5),
  );
  return pcm;
}

describe('the care for sessions on a real LiveKit server', { timeout: 120_000 }, () => {
  let rig: AgentRig;
  before(async () => {
    rig = await startAgentRig({ maxRssBytes: 400 * 1024 * 1024 });
  });
  after(async () => {
    await rig.stop();
    await dispose();
  });

  async function join(t: TestContext, id: string, identity: string, userKey?: string): Promise<RtcUser> {
    const room = await dispatchAgent(rig.server, AGENT, id, 'count');
    const attributes = { 'clara.resume': '1', ...(userKey !== undefined && { 'clara.user': userKey }) };
    const user = await RtcUser.join(rig.server, room, identity, attributes);
    t.after(() => user.leave());
    return user;
  }
  const sessionOf = (identity: string) =>
    [...rig.agent.sessions.values()].find(({ participantId }) => participantId === identity);
  const heardBy = (id: string): number[] =>
    rig.reports.flatMap((report) =>
      report.type === 'heardWords' && report.voiceSessionId === id
        ? report.words.map(({ index }) => index)
        : [],
    );

  test('the way of a user’s sound is built anew on demand, and words are heard after it as before', async (t) => {
    const id = 'care-rebuild';
    const user = await join(t, id, 'ann');
    await rig.report('audible', id);
    await user.say(new Int16Array(SAMPLE_RATE_HZ / 2));
    await user.say(words(500, 501));
    await until(() => heardBy(id).length >= 2, 5_000, 'words before');
    const session = sessionOf('ann');
    assert.ok(session);
    const startedMonoMs = performance.now();
    rig.agent.rebuildSound(session.sessionId);
    const { ok } = await rig.report('rebuilt', id, 8_000);
    t.diagnostic(`rebuilt in ${Math.round(performance.now() - startedMonoMs)} ms`);
    assert.equal(ok, true);
    await user.say(new Int16Array(SAMPLE_RATE_HZ / 2));
    await user.say(words(510, 511));
    await until(() => heardBy(id).includes(511), 5_000, 'words after');
    await user.bye();
    await rig.report('exited', id);
  });

  test('latency is measured, and memory of the processes is in the figures', async (t) => {
    const id = 'care-latency';
    const user = await join(t, id, 'ben');
    await rig.report('audible', id);
    for (let i = 0; i < 6; i += 1) await user.say(words(520 + i, 530 + i));
    const { tookMs } = await rig.report('audioLatency', id, 10_000);
    t.diagnostic(`audio latency ${tookMs} ms`);
    assert.ok(tookMs > 0 && tookMs < 500, `${tookMs} ms`);
    const { memoryUsage, audioLatency } = rig.agent.metrics;
    assert.ok(audioLatency > 0);
    const own = process.memoryUsage().rss / 1024 / 1024;
    assert.ok(memoryUsage > own + 50, `${memoryUsage} MB with ${own} MB of this process`);
    await user.bye();
    await rig.report('exited', id);
  });

  test("a user's newer session ends the older one, whose user is put out of its room", async (t) => {
    const first = await join(t, 'care-first', 'cat-1', 'key-of-cat');
    await until(() => sessionOf('cat-1'), 10_000, 'the first session');
    const out = new Promise((resolve) => first.room.once('disconnected', resolve));
    const second = await join(t, 'care-second', 'cat-2', 'key-of-cat');
    await until(() => sessionOf('cat-2'), 10_000, 'the second session');
    await out;
    await until(() => sessionOf('cat-1') === undefined, 5_000, 'the end of the first');
    await sleep(200);
    assert.ok(sessionOf('cat-2'));
    assert.ok(second.agent());
    await second.bye();
    await rig.report('exited', 'care-second');
  });

  test('a child that leaks is ended at its limit and replaced, and the conversation goes on', async (t) => {
    const id = 'care-leak';
    const user = await join(t, id, 'dan');
    await rig.report('audible', id);
    const pid = rig.pidOf(id);
    await leak(pid, () => rig.stderrOf(id));
    const lost = await rig.report('lost', id, 30_000);
    assert.equal(lost.reason, 'memory');
    await until(() => user.agent()?.attributes['clara.context'] === 'handedOver', 10_000, 'a new agent');
    assert.equal(startTimeOf(pid), undefined);
    await user.bye();
    await rig.report('exited', id);
  });
});

/** Makes a Node process leak some 100 MB/s, through its inspector. @param stderr what it has written there */
async function leak(pid: number, stderr: () => string): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await until(() => findInspector(stderr()), 5_000, 'an inspector'));
  await once(socket, 'open');
  const expression =
    'globalThis.leaked = []; setInterval(() => globalThis.leaked.push(Buffer.alloc(2 * 1024 * 1024, 1)), 20)';
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
  await once(socket, 'message');
  socket.terminate();
}
