import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConversationKeeper } from '../../../harness/agent/conversation-keeper.ts';

test('what a child still says after its user has ended the session is kept by nobody', () => {
  const keeper = new ConversationKeeper(1_000);
  keeper.begin('one');
  keeper.addTurn('one', { from: 'user', kind: 'text', text: 'words', atWallMs: 1 });
  assert.equal(keeper.find('one', 0)?.turns.length, 1);
  keeper.forget('one');
  keeper.addTurn('one', { from: 'user', kind: 'text', text: 'late words', atWallMs: 2 });
  keeper.spoke('one', 7);
  assert.equal(keeper.find('one', 0), undefined);
});

test('replacements count from none again after five minutes without one', () => {
  const keeper = new ConversationKeeper(1_000);
  keeper.begin('one');
  const minute = 60_000;
  assert.deepEqual(
    [0, 1, 5.9].map((at) => keeper.replaced('one', at * minute)),
    [1, 2, 3],
  );
  assert.equal(keeper.replaced('one', 10.8 * minute), 4);
  assert.equal(keeper.replaced('one', 15.8 * minute), 1);
  assert.equal(keeper.replaced('one', 16 * minute), 2);
});
