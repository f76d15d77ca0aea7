import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoredConversations, storedText } from '../../../harness/agent/stored-conversations.ts';
import type { ConversationTurn } from '../../../harness/agent/agent-session.ts';
import { MemorySessionStore } from '../../../harness/supervisor/memory-session-store.ts';
import { StoreUnavailableError } from '../../../harness/supervisor/session-store.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { turn as oneTurn } from '../../support/node/manual-clock.ts';
import { makeRig } from '../../support/node/parent-rig.ts';

const said = (text: string): ConversationTurn => ({ from: 'user', kind: 'text', text, atWallMs: 1 });
const fail = (error: unknown): never => assert.fail(String(error));
const talk = (...texts: string[]) => ({ turns: texts.map(said), nextWord: 7 });

function memory(clock = new FakeEngineClock()): { store: MemorySessionStore; clock: FakeEngineClock } {
  return { store: new MemorySessionStore({ clock, onError: fail }), clock };
}

test('what is kept is found by another agent until its time is over', async () => {
  const { store, clock } = memory();
  new StoredConversations(store, 60_000, fail).keep('voice-one', talk('hi', 'there'), false);
  const other = new StoredConversations(store, 60_000, fail);
  assert.deepEqual(await other.find('voice-one'), { ...talk('hi', 'there'), isOver: false });
  assert.equal(await other.find('voice-two'), undefined);
  await clock.advance(60_000);
  assert.equal(await other.find('voice-one'), undefined);
});

test('one write at a time goes to the store, and of those that wait only the last', async () => {
  const written: string[] = [];
  const release: (() => void)[] = [];
  const slow = {
    keepContext: (_key: string, value: string) => {
      written.push(value);
      return new Promise<void>((resolve) => release.push(resolve));
    },
    context: () => Promise.resolve(undefined),
    dropContext: () => Promise.resolve(),
  };
  const conversations = new StoredConversations(slow, 60_000, fail);
  for (const count of [1, 2, 3]) conversations.keep('voice-one', talk('hi', `turn ${count}`), false);
  assert.equal(written.length, 1);
  release.shift()?.();
  await oneTurn();
  assert.deepEqual(
    written.map((text) => (JSON.parse(text) as { turns: { text: string }[] }).turns[1]?.text),
    ['turn 1', 'turn 3'],
  );
});

test('a store that is away, or holds something else, is told and no conversation is found', async () => {
  const told: unknown[] = [];
  const away = {
    keepContext: () => Promise.reject(new StoreUnavailableError('Redis SET: away')),
    context: () => Promise.reject(new StoreUnavailableError('Redis GET: away')),
    dropContext: () => Promise.resolve(),
  };
  const conversations = new StoredConversations(away, 60_000, (error) => told.push(error));
  conversations.keep('voice-one', talk('hi'), true);
  assert.equal(await conversations.find('voice-one'), undefined);
  await oneTurn();
  assert.equal(told.filter((error) => error instanceof StoreUnavailableError).length, 2);
  const { store } = memory();
  await store.keepContext('voice-one', '{"turns":"my secret words"}', 1000);
  const readers = new StoredConversations(store, 60_000, (error) => told.push(error));
  assert.equal(await readers.find('voice-one'), undefined);
  assert.doesNotMatch(String(told.at(-1)), /secret/);
});

test('a time to live of 0 keeps nothing, and the oldest of too many words are left out', async () => {
  const { store } = memory();
  new StoredConversations(store, 0, fail).keep('voice-one', talk('hi'), true);
  await oneTurn();
  assert.equal(await store.context('voice-one'), undefined);
  const long = talk(...Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(15_000)}`));
  const text = storedText(long, true);
  assert.ok(text.length < 270_000, `${text.length} characters`);
  const { turns } = JSON.parse(text) as { turns: ConversationTurn[] };
  assert.equal(turns.at(-1)?.text?.slice(0, 3), '39 ');
});

const contextOf = (token: string): string | undefined =>
  (
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      attributes: Record<string, string>;
    }
  ).attributes['clara.context'];

test('an agent goes on with the conversation that a dead supervisor left in the store, and tells the user', async (t) => {
  for (const [isOver, origin] of [
    [false, 'handedOver'],
    [true, 'earlier'],
  ] as const) {
    const { store } = memory();
    await store.keepContext('voice-one', storedText(talk('hi'), isOver), 60_000);
    const rig = await makeRig(t, { store });
    const child = await rig.serve('voice-one');
    const start = await child.next('start');
    assert.deepEqual([start.context, start.nextWord], [talk('hi').turns, 7]);
    assert.equal(contextOf(start.token), origin);
    child.say({ type: 'turn', identity: 'alice', turn: said('more') });
    await oneTurn();
    assert.match((await store.context('voice-one')) ?? '', /more/);
    child.say({ type: 'ended', reason: 'bye' });
    await oneTurn();
    await oneTurn();
    assert.equal(await store.context('voice-one'), undefined, 'who says bye leaves no word behind');
    await rig.agent.stop();
  }
});

test('a store in memory keeps a bounded number of them: those that were written last', async () => {
  const { store } = memory();
  for (let i = 0; i < 2_000; i += 1) {
    await store.keepContext(`voice-${i}`, 'text', 60_000);
    await store.keepContext('voice-0', 'text', 60_000);
  }
  const found = await Promise.all(Array.from({ length: 2_000 }, (_, i) => store.context(`voice-${i}`)));
  assert.equal(found.filter((text) => text !== undefined).length, 1_000);
  assert.equal(found[0], 'text');
  assert.equal(found[1], undefined);
  assert.equal(found[1_999], 'text');
});
