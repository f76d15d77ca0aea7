import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { cliManagerRig } from '../../support/node/cli-manager-rig.ts';
import { processEnd } from '../../support/node/process-ends.ts';

async function all(answer: AsyncGenerator<string, void>): Promise<string[]> {
  const sentences: string[] = [];
  for await (const sentence of answer) sentences.push(sentence);
  return sentences;
}

test('turns go to one process, and answers come sentence by sentence, each once', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  assert.deepEqual(await all(conversation.ask('good day')), ['You said "good day".', 'That is all.']);
  const { pid } = conversation.session;
  assert.deepEqual(await all(conversation.ask('and again')), ['You said "and again".', 'That is all.']);
  assert.equal(conversation.session.pid, pid);
  assert.equal(conversation.session.status, 'running');
  assert.deepEqual(
    calls().map(({ turn }) => turn),
    ['good day', 'and again'],
  );
  const args = calls()[0]?.args ?? [];
  for (const flag of ['--input-format', '--include-partial-messages', '--verbose'])
    assert.ok(args.includes(flag), flag);
  const session = await conversation.close();
  assert.equal(session.status, 'completed');
  assert.equal(startTimeOf(pid ?? 0), undefined);
  await assert.rejects(all(conversation.ask('more')), /closed/);
});

test('the first sentence is there long before the last', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  const answer = conversation.ask('please count');
  const first = await answer.next();
  assert.equal(first.value, 'Number 0.');
  assert.equal(conversation.session.answer, '', 'its result is seconds away');
  await answer.return();
});

test('aborting interrupts the assistant, and the next turn is asked in the same process', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  const stop = new AbortController();
  const heard: string[] = [];
  await assert.rejects(
    (async () => {
      for await (const sentence of conversation.ask('please count', stop.signal)) {
        heard.push(sentence);
        if (heard.length === 3) stop.abort(new Error('the user speaks'));
      }
    })(),
    /the user speaks/,
  );
  assert.equal(heard.length, 3);
  const { pid } = conversation.session;
  assert.deepEqual(await all(conversation.ask('next')), ['You said "next".', 'That is all.']);
  assert.equal(conversation.session.pid, pid);
  assert.equal(conversation.session.retryCount, 0);
});

test('a newer question ends the answer to the older one', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  const older = conversation.ask('please count');
  assert.equal((await older.next()).value, 'Number 0.');
  const newer = all(conversation.ask('something else'));
  const rest = await all(older);
  assert.ok(rest.length < 10);
  assert.deepEqual(await newer, ['You said "something else".', 'That is all.']);
});

test('a process that does not hear an interrupt is ended, and the conversation goes on in the next', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok,deaf'));
  const answer = conversation.ask('hang');
  const first = answer.next();
  await new Promise<void>((resolve) => manager.onUpdate((_one, { type }) => type === 'message' && resolve()));
  assert.equal(conversation.interrupt(), true);
  assert.equal((await first).done, true);
  assert.deepEqual(await all(conversation.ask('now')), ['You said "now".', 'That is all.']);
  const [before, after] = calls();
  assert.notEqual(before?.pid, after?.pid);
  assert.ok(after?.args.includes(`--resume=talk-${before?.pid}`));
});

test('a process that dies in the middle of an answer is recovered, and goes on after what was heard', async (t) => {
  const { manager, modes, calls, updates } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  const sentences = await all(conversation.ask('die once'));
  assert.equal(sentences[0], 'You said "die once".');
  assert.ok(sentences.includes('That is all.'));
  const [first, second] = calls();
  assert.match(second?.turn ?? '', /You were cut off[^]*heard already: "You said "die once"\. "/);
  assert.ok(second?.args.includes(`--resume=talk-${first?.pid}`));
  assert.deepEqual(
    updates.flatMap((one) => (one.type === 'status' ? [one.to] : [])),
    ['running', 'recovering', 'running'],
  );
});

test('a conversation that the assistant does not know any more goes on in a new one', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', {
    ...modes('forgetful'),
    resume: 'talk-of-last-year',
  });
  assert.deepEqual(await all(conversation.ask('hello')), ['You said "hello".', 'That is all.']);
  assert.equal(calls().length, 1);
  assert.equal(conversation.session.retryCount, 1);
});

test('a turn without an answer is timed out and retried, and the conversation stays open', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', { ...modes('ok'), timeout: 4000, maxRetries: 1 });
  await assert.rejects(all(conversation.ask('hang')), { category: 'timeout', message: /4000 ms/ });
  assert.equal(conversation.session.status, 'running');
  assert.equal(conversation.session.retryCount, 1);
  assert.equal((await all(conversation.ask('hello'))).length, 2);
});

test('a process may be silent between turns, and is stale when it is so in one', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const options = { ...modes('ok'), maxRetries: 0, staleAfterMs: 1500, healthCheckInterval: 300 };
  const conversation = manager.openConversation('voice', options);
  await conversation.warm();
  const { pid } = conversation.session;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await all(conversation.ask('hello'));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(conversation.session.pid, pid);
  await assert.rejects(all(conversation.ask('hang')), { category: 'stale' });
});

test('a refused login ends the conversation as failed', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  await assert.rejects(all(conversation.ask('refuse')), { category: 'auth' });
  const session = await conversation.ended;
  assert.equal(session.status, 'failed');
  assert.equal(session.pid, undefined);
});

test('a command that cannot be started fails the turn and the conversation', async (t) => {
  const { manager } = await cliManagerRig(t, { config: { claudeCommand: '/nowhere/claude' } });
  const conversation = manager.openConversation('voice');
  await assert.rejects(all(conversation.ask('x')), { category: 'spawn' });
  assert.equal((await conversation.ended).status, 'failed');
});

test('a process older than its limit is ended between turns, and the conversation goes on in the next', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', { ...modes('ok'), maxAgeMs: 5000 });
  await all(conversation.ask('one'));
  await processEnd(conversation.session.pid ?? 0);
  await all(conversation.ask('two'));
  const [first, second] = calls();
  assert.notEqual(first?.pid, second?.pid);
  assert.ok(second?.args.includes(`--resume=talk-${first?.pid}`));
});

test('a conversation that answers closes the breaker of its profile while it goes on', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const { manager, modes } = await cliManagerRig(t, { profiles: [{ name: 'p' }] });
  await Promise.all(
    Array.from({ length: 5 }, () =>
      manager.executeClaudeSession('a', 'x', { command: 'false', maxRetries: 0 }),
    ),
  );
  assert.equal(manager.getProfiles()[0]?.breaker, 'open');
  t.mock.timers.tick(30_000);
  const conversation = manager.openConversation('voice', modes('ok'));
  await all(conversation.ask('hello'));
  assert.equal(manager.getProfiles()[0]?.breaker, 'closed');
  assert.equal(manager.getProfiles()[0]?.running, 1);
});

test('a conversation is a session: found, counted, cancelled', async (t) => {
  const { manager, modes, left } = await cliManagerRig(t);
  const conversation = manager.openConversation('voice', modes('ok'));
  await conversation.warm();
  assert.deepEqual(manager.getActiveSessions(), [conversation.session]);
  assert.equal(manager.getSessionHealthMetrics().staleSessions, 0);
  assert.equal(manager.cancelSession(conversation.session.id), true);
  assert.equal((await conversation.ended).status, 'cancelled');
  assert.deepEqual(left(), []);
});
