import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsAfterToldMs } from '../../../harness/bench/agent-faults.ts';

const fault = {
  id: 'agent-leak',
  atMs: 10_000,
  healedMs: 10_000,
  firstUiStateMs: 5_000,
  audioBackMs: 0,
  shownBackMs: 0,
  wordsLost: { toAgent: 0, fromAgent: 0 },
  wordsTwice: { toAgent: 0, fromAgent: 0 },
};
const said = (...times: number[]) => times.map((atMs) => ({ atMs, fate: 'heard' as const }));

test('words that flowed before a leaking agent was ended are not words that flow again', () => {
  const before = said(11_000, 14_500);
  const lost = [{ atMs: 15_500, fate: 'lost' as const }];
  const toAgent = [...before, ...lost, ...said(16_500)];
  const run = { faults: [fault], words: { toAgent, fromAgent: [...before, ...said(17_000)] } };
  assert.equal(wordsAfterToldMs(run), 7_000);
  assert.equal(wordsAfterToldMs({ ...run, words: { toAgent, fromAgent: before } }), undefined);
  assert.equal(wordsAfterToldMs({ ...run, faults: [{ ...fault, firstUiStateMs: null }] }), undefined);
});
