import { test } from 'node:test';
import assert from 'node:assert/strict';
import { judgeCall } from '../../../harness/call/judge-call.ts';
import type { CallFacts } from '../../../harness/call/call-facts.ts';
import type { ProbeHappening, ProbeReport } from '../../../src/shared/probe-report.ts';

/** Wall time of the page's monotonic zero, ms. */
const ORIGIN_MS = 1_700_000_000_000;
const at = (monoMs: number, happening: ProbeHappening): ProbeReport => ({
  ...happening,
  at: { monoMs, wallMs: ORIGIN_MS + monoMs },
});
const demand = { client: 'clara', pipeline: 'count', seconds: 3 } as const;
/** Words every 500 ms from `fromMs`. */
const counting = (first: number, fromMs: number, count: number) =>
  Array.from({ length: count }, (_, number) => ({ index: first + number, monoMs: fromMs + 500 * number }));

/** A good call of three seconds: click at 100, connected at 700, six words each way, mark at 4200. */
function goodCall(): { page: ProbeReport[]; facts: CallFacts } {
  const up = counting(2048, 1000, 6);
  const down = counting(0, 1100, 6);
  const page = [
    at(0, { kind: 'ready' }),
    at(100, { kind: 'click' }),
    at(110, { kind: 'phase', phase: 'requestingMic' }),
    at(200, { kind: 'phase', phase: 'connecting' }),
    at(700, { kind: 'phase', phase: 'connected' }),
    at(800, { kind: 'track', side: 'agent', live: true }),
    at(1100, { kind: 'sound', side: 'agent', on: true }),
    ...up.map(({ index, monoMs }) => at(monoMs, { kind: 'word', side: 'user', index })),
    ...down.map(({ index, monoMs }) => at(monoMs + 100, { kind: 'word', side: 'agent', index })),
  ];
  return {
    page,
    facts: {
      page,
      agent: {
        listeningFromWallMs: ORIGIN_MS + 900,
        heard: up.map(({ index, monoMs }) => ({ index, atWallMs: ORIGIN_MS + monoMs + 250 })),
        spoken: down.map(({ index, monoMs }) => ({ index, atWallMs: ORIGIN_MS + monoMs })),
        userJoins: 1,
        agentJoins: 1,
      },
      markWallMs: ORIGIN_MS + 4200,
    },
  };
}

test('a good call is ok and told in times since the click', () => {
  const { result, why } = judgeCall(demand, goodCall().facts);
  assert.deepEqual(why, []);
  assert.deepEqual(result, {
    ok: true,
    client: 'clara',
    connectMs: 600,
    agentHeardMs: 1000,
    wordsSpoken: [2048, 2049, 2050, 2051, 2052, 2053],
    wordsHeardByAgent: [2048, 2049, 2050, 2051, 2052, 2053],
    wordsHeardBack: [0, 1, 2, 3, 4, 5],
    wordsSpokenByAgent: [0, 1, 2, 3, 4, 5],
    phases: [
      { atMs: 10, phase: 'requestingMic' },
      { atMs: 100, phase: 'connecting' },
      { atMs: 600, phase: 'connected' },
    ],
    faults: [],
    falseConnectedMs: 0,
    joins: 1,
    agents: 1,
    sessionLost: false,
  });
});

test('one lost word in either direction makes the call bad and is named', () => {
  const { facts } = goodCall();
  const up = judgeCall(demand, {
    ...facts,
    agent: { ...facts.agent, heard: facts.agent.heard.filter((word) => word.index !== 2050) },
  });
  assert.equal(up.result.ok, false);
  assert.deepEqual(up.why, ['1 words to the agent were lost: 2050']);
  const down = judgeCall(demand, {
    ...facts,
    page: facts.page.filter((report) => report.kind !== 'word' || report.index !== 3),
  });
  assert.deepEqual(down.why, ['1 words from the agent were lost: 3']);
});

test('a call that never connected says what the page showed last', () => {
  const { page, facts } = goodCall();
  const failed = [...page.slice(0, 4), at(900, { kind: 'phase', phase: 'failed', reason: 'micDenied' })];
  const nothing = { listeningFromWallMs: undefined, heard: [], spoken: [], userJoins: 0, agentJoins: 0 };
  const { result, why } = judgeCall(demand, { ...facts, page: failed, agent: nothing });
  assert.equal(why[0], 'never connected; the page showed failed (micDenied)');
  assert.deepEqual(
    [result.ok, result.connectMs, result.agentHeardMs, result.sessionLost, result.joins],
    [false, null, null, true, 0],
  );
});

test('a session that ended by itself before the mark is lost', () => {
  const { page, facts } = goodCall();
  const { result, why } = judgeCall(demand, {
    ...facts,
    page: [...page, at(4100, { kind: 'phase', phase: 'ended', reason: 'removed' })],
  });
  assert.equal(result.sessionLost, true);
  assert.match(why[0] ?? '', /ended by itself; the page showed ended \(removed\)/);
});

test('the end after the mark is the harness hanging up', () => {
  const { page, facts } = goodCall();
  assert.equal(
    judgeCall(demand, {
      ...facts,
      page: [...page, at(5000, { kind: 'phase', phase: 'ended', reason: 'stopped' })],
    }).result.ok,
    true,
  );
});

test('a breach of the content security policy and an error in the page make the call bad', () => {
  const { page, facts } = goodCall();
  const { why } = judgeCall(demand, {
    ...facts,
    page: [
      ...page,
      at(900, { kind: 'cspViolation', directive: 'script-src', blocked: 'inline' }),
      at(950, { kind: 'pageError', message: 'boom' }),
    ],
  });
  assert.deepEqual(why, [
    'the page broke its content security policy: script-src inline',
    'error in the page: boom',
  ]);
});

test('too few words are bad even when none is lost', () => {
  const { facts } = goodCall();
  const { why } = judgeCall({ ...demand, seconds: 60 }, facts);
  assert.match(why.join(), /only 6 words to the agent in 60 s, at least 60 are due/);
});

test('an agent that begins to hear late is told', () => {
  const { facts } = goodCall();
  const late = { ...facts.agent, listeningFromWallMs: ORIGIN_MS + 3800 };
  assert.match(
    judgeCall(demand, { ...facts, agent: late }).why.join(),
    /the agent heard nothing within 3000 ms of connected/,
  );
});

test('connected on the screen while words are missing is counted once for both directions', () => {
  const { facts } = goodCall();
  const cut = (atWallMs: number) => atWallMs < ORIGIN_MS + 1700;
  const { result } = judgeCall(demand, {
    ...facts,
    page: facts.page.filter(
      (report) => report.kind !== 'word' || report.side !== 'agent' || cut(report.at.wallMs),
    ),
    agent: { ...facts.agent, heard: facts.agent.heard.filter((word) => cut(word.atWallMs)) },
  });
  // The agent's last word came at 1250, the page's at 1200: silent from 1750 and 1700 to the mark at 4200.
  assert.equal(result.falseConnectedMs, 4200 - 1700);
});

test('what is shown as reconnecting is not false', () => {
  const { page, facts } = goodCall();
  const cut = (atWallMs: number) => atWallMs < ORIGIN_MS + 1700;
  const { result } = judgeCall(demand, {
    ...facts,
    page: [
      ...page.filter((report) => report.kind !== 'word' || report.side !== 'agent' || cut(report.at.wallMs)),
      at(2750, { kind: 'phase', phase: 'reconnecting' }),
    ],
    agent: { ...facts.agent, heard: facts.agent.heard.filter((word) => cut(word.atWallMs)) },
  });
  assert.equal(result.falseConnectedMs, 2750 - 1700);
});

test('with a pipeline that answers speech, each utterance needs an answer', () => {
  const speech = (...times: readonly [side: 'user' | 'agent', on: boolean, monoMs: number][]) =>
    times.map(([side, on, monoMs]) => at(monoMs, { kind: 'sound', side, on }));
  const page = [
    at(100, { kind: 'click' }),
    at(700, { kind: 'phase', phase: 'connected' }),
    ...speech(
      ['user', true, 1000],
      ['user', false, 2000],
      ['agent', true, 2600],
      ['agent', false, 3500],
      ['user', true, 5000],
      ['user', false, 6000],
    ),
  ];
  const agent = { listeningFromWallMs: ORIGIN_MS + 900, heard: [], spoken: [], userJoins: 1, agentJoins: 1 };
  const parrot = { client: 'clara', pipeline: 'parrot', seconds: 9 } as const;
  const early = judgeCall(parrot, { page, agent, markWallMs: ORIGIN_MS + 8000 });
  assert.equal(early.result.ok, true, 'the second utterance is not due yet');
  assert.deepEqual(
    early.utterances.map(({ latencyMs }) => latencyMs),
    [600],
  );
  const late = judgeCall(parrot, { page, agent, markWallMs: ORIGIN_MS + 10_000 });
  assert.deepEqual(late.why, ['1 of 2 utterances were not answered by sound']);
});
