import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { EarlierTurn, Responder } from '../../../harness/responder/responder.ts';
import { ResponderHost } from '../../../harness/responder/responder-host.ts';
import type { FakeSessionChild } from '../../support/node/fake-session-child.ts';
import { turn } from '../../support/node/manual-clock.ts';
import { join, makeRig } from '../../support/node/parent-rig.ts';
import { silentLog } from '../../support/node/silent-log.ts';

/** A parent whose sessions are answered by a responder that notes what is done with it. */
async function build(t: TestContext) {
  const done: string[] = [];
  const earlier: (readonly EarlierTurn[])[] = [];
  const responder: Responder = {
    probe: () => Promise.resolve({ ready: true, version: '1' }),
    open: (sessionId, turns) => {
      done.push(`open ${sessionId}`);
      earlier.push(turns);
      return {
        async *answer(text, signal) {
          yield `You said ${text}.`;
          if (text !== 'wait') return;
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          done.push('stopped');
          signal.throwIfAborted();
        },
        close: () => Promise.resolve(void done.push(`close ${sessionId}`)),
      };
    },
  };
  const host = new ResponderHost(responder, silentLog);
  t.after(() => host.stop());
  const rig = await makeRig(t, { responder: host });
  let jobs = 0;
  const serve = async (voiceSessionId: string, pipeline = 'parrot'): Promise<FakeSessionChild> => {
    const jobId = `answered-${jobs++}`;
    rig.server.offer(jobId, JSON.stringify({ voiceSessionId, pipeline }));
    await rig.server.next('availability', (value) => value.jobId === jobId);
    rig.server.assign(jobId, 'room-pass');
    await rig.server.next('updateJob', (value) => value.jobId === jobId);
    return serving(voiceSessionId);
  };
  const serving = (voiceSessionId: string): FakeSessionChild => {
    const child = rig.children.findLast((one) =>
      one.received.some((message) => message.type === 'start' && message.voiceSessionId === voiceSessionId),
    );
    assert.ok(child);
    return child;
  };
  return { ...rig, host, done, earlier, serveTyped: serve, serving };
}

/** What a child got as answers. */
const answersTo = (child: FakeSessionChild): unknown[] =>
  child.received.filter(({ type }) => type === 'sentence' || type === 'answered');

test('a child’s question is answered to that child, and no watcher hears it', async (t) => {
  const { serveTyped, reports } = await build(t);
  const child = await serveTyped('voice-one');
  assert.equal((await child.next('start')).responds, true);
  child.say({ type: 'ask', requestId: 'c1-1', text: 'hello' });
  await child.next('answered');
  assert.deepEqual(answersTo(child), [
    { type: 'sentence', requestId: 'c1-1', text: 'You said hello.' },
    { type: 'answered', requestId: 'c1-1' },
  ]);
  assert.deepEqual(
    reports.filter(({ type }) => (type as string) === 'ask'),
    [],
  );
});

test('an assistant is opened with its session, and closed when the session is over', async (t) => {
  const { serveTyped, agent, host, done } = await build(t);
  await serveTyped('voice-one');
  assert.deepEqual(done, ['open voice-one']);
  await agent.endSession('voice-one', 'bye');
  await turn();
  assert.deepEqual(done, ['open voice-one', 'close voice-one']);
  assert.equal(host.size, 0);
});

test('a lost child’s question is given up, and the new child finds the same assistant', async (t) => {
  const { serveTyped, serving, done, host } = await build(t);
  const first = await serveTyped('voice-one');
  first.say({ type: 'joined', tookMs: 1, again: false });
  join(first, 'alice');
  first.say({ type: 'ask', requestId: 'c1-1', text: 'wait' });
  await first.next('sentence');
  first.die(null, 'SIGKILL');
  await turn();
  const second = serving('voice-one');
  assert.notEqual(second, first);
  second.say({ type: 'ask', requestId: 'c2-1', text: 'again' });
  await second.next('answered');
  assert.deepEqual(answersTo(second), [
    { type: 'sentence', requestId: 'c2-1', text: 'You said again.' },
    { type: 'answered', requestId: 'c2-1' },
  ]);
  assert.deepEqual(done, ['open voice-one', 'stopped'], 'opened once');
  assert.equal(host.size, 1);
});

test('a user who comes back after the session gets an assistant that is told what was said', async (t) => {
  const { serveTyped, agent, earlier } = await build(t);
  const child = await serveTyped('voice-one');
  join(child, 'alice');
  const said = { from: 'user', kind: 'text', text: 'hi', atWallMs: 1 } as const;
  child.say({ type: 'turn', identity: 'alice', turn: said });
  child.say({ type: 'ended', reason: 'userGone' });
  await child.exited;
  await turn();
  assert.equal(agent.hasLiveAgent('voice-one'), false);
  await serveTyped('voice-one');
  assert.deepEqual(earlier, [[], [said]]);
});

test('sessions that measure have no assistant', async (t) => {
  const { serveTyped, done } = await build(t);
  const child = await serveTyped('voice-one', 'count');
  assert.equal((await child.next('start')).responds, false);
  assert.deepEqual(done, []);
});
