import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cliManagerRig } from '../../support/node/cli-manager-rig.ts';

test('a session that answers is completed, with its answer, its lines, its exit code and nothing left', async (t) => {
  const { manager, modes, calls, left } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('agent-1', 'Analyze project structure', modes('ok'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.equal(session.answer, 'Done with 25 characters.');
  assert.equal(session.exitCode, 0);
  assert.equal(session.process, undefined);
  assert.equal(session.output.length, 5);
  assert.equal(session.costUsd, 0.25);
  assert.match(session.conversationId ?? '', /^talk-\d+$/);
  const [call] = calls();
  assert.equal(call?.prompt, 'Analyze project structure');
  assert.deepEqual(left(), []);
});
