import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { AgentReport, SessionFact } from '../../../harness/agent/agent-report.ts';
import { AgentWitness } from '../../../harness/call/agent-witness.ts';

/** An agent that tells what the test says. */
function fakeAgent() {
  const watchers = new Set<(report: AgentReport) => void>();
  return {
    watchers,
    onReport(watcher: (report: AgentReport) => void) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    tell: (...facts: readonly SessionFact[]) => {
      for (const fact of facts) for (const watcher of watchers) watcher({ ...fact, voiceSessionId: 'a' });
    },
  };
}

test('joins, words and the first sound are kept; a rejoin is no further agent', () => {
  const agent = fakeAgent();
  const witness = new AgentWitness(agent);
  agent.tell(
    { type: 'joined', tookMs: 100, again: false },
    { type: 'participantJoined', identity: 'u', returned: false },
    { type: 'listening', identity: 'u', atWallMs: 5000 },
    { type: 'listening', identity: 'u', atWallMs: 9000 },
    { type: 'heardWords', words: [{ index: 7, atWallMs: 5300 }] },
    { type: 'spokenWords', words: [{ index: 0, atWallMs: 5250 }] },
    { type: 'joined', tookMs: 100, again: true },
    { type: 'participantJoined', identity: 'u', returned: true },
  );
  assert.deepEqual(witness.facts(), {
    listeningFromWallMs: 5000,
    heard: [{ index: 7, atWallMs: 5300 }],
    spoken: [{ index: 0, atWallMs: 5000 }], // told at the end of its 250 ms
    userJoins: 2,
    agentJoins: 1,
  });
});

test('a wait ends with the report that makes it true, or with its signal', async () => {
  const agent = fakeAgent();
  const witness = new AgentWitness(agent);
  const waiting = witness.until(({ exits }) => exits === 1, new AbortController().signal);
  agent.tell({ type: 'exited', reason: 'bye' });
  await waiting;
  await witness.until(({ exits }) => exits === 1, new AbortController().signal);
  await assert.rejects(
    witness.until(({ exits }) => exits === 2, AbortSignal.abort('enough')),
    (reason) => reason === 'enough',
  );
});

test('a stopped witness hears nothing more', async () => {
  const agent = fakeAgent();
  await new AgentWitness(agent).stop();
  assert.equal(agent.watchers.size, 0);
});
