import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndedSession } from '../../../harness/telemetry/ended-session.ts';
import { analyse } from '../../../harness/telemetry/ended-session.ts';
import { outlooks } from '../../../harness/telemetry/outlook.ts';
import { parseAgentsMessage } from '../../../src/shared/agent-sessions.ts';

const ended = (outcome: 'good' | 'bad', reason: string, kind = 'cli'): EndedSession => ({
  sessionId: 's',
  kind,
  startedWallMs: 5,
  durationMs: 1,
  reason,
  outcome,
  messages: 0,
  recoveries: 0,
  reconnections: 0,
  hangs: 0,
  errors: {},
});
const many = (count: number, ...facts: Parameters<typeof ended>): EndedSession[] =>
  Array.from({ length: count }, () => ended(...facts));

test('each kind has an outlook of its own, with its samples and the commonest reasons first', () => {
  const found = outlooks([
    ...many(30, 'good', 'completed'),
    ...many(1, 'bad', 'timeout'),
    ...many(3, 'bad', 'exitCode'),
    ...many(2, 'bad', 'died', 'voice'),
  ]);
  const [cli, voice] = found;
  assert.deepEqual([cli?.kind, cli?.samples, cli?.failed], ['cli', 34, 4]);
  assert.deepEqual(cli?.reasons, [
    { reason: 'exitCode', count: 3 },
    { reason: 'timeout', count: 1 },
  ]);
  assert.ok(cli.lowRatio > 0.04 && cli.highRatio < 0.27);
  assert.deepEqual([voice?.kind, voice?.samples, voice?.needed], ['voice', 2, 20]);
});

test('cancelled sessions say nothing, and a share that grows is told once there is enough of it', () => {
  assert.deepEqual(outlooks(many(50, 'good', 'cancelled')), []);
  const growing = [...many(30, 'good', 'completed'), ...many(20, 'good', 'completed')];
  assert.equal(outlooks(growing)[0]?.trend, 'steady');
  assert.equal(outlooks([...growing, ...many(30, 'bad', 'memory')])[0]?.trend, 'rising');
  assert.equal(outlooks(growing.slice(0, 39))[0]?.trend, 'notEnoughData');
});

test('only the last thousand of a kind count', () => {
  const [outlook] = outlooks([...many(500, 'bad', 'memory'), ...many(1000, 'good', 'completed')]);
  assert.deepEqual([outlook?.samples, outlook?.failed], [1000, 0]);
});

test('the outlook goes over the wire', () => {
  const message = { type: 'ended', sessionId: 's', analytics: analyse(many(25, 'bad', 'auth')) };
  assert.deepEqual(parseAgentsMessage(JSON.parse(JSON.stringify(message))), message);
});
