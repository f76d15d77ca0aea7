import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soakFacts, soakFaults, type SoakSample, type SoakSeen } from '../../../harness/chaos/soak-judge.ts';
import { playSoakStep } from '../../../harness/chaos/soak-step.ts';
import type { Fault } from '../../../harness/faults/fault.ts';
import type { TimedWord } from '../../../harness/call/call-facts.ts';
import type { ProbeReport } from '../../../src/shared/probe-report.ts';

const MB = 1024 * 1024;
const phase = (wallMs: number, name: string): ProbeReport => ({
  kind: 'phase',
  phase: name,
  at: { monoMs: wallMs, wallMs },
});
const words = (fromMs: number, toMs: number): TimedWord[] =>
  Array.from({ length: (toMs - fromMs) / 500 }, (_, number) => ({
    index: number,
    atWallMs: fromMs + number * 500,
  }));
const said = (heard: readonly TimedWord[]): ProbeReport[] =>
  heard.map(({ index, atWallMs }) => ({
    kind: 'word',
    side: 'agent',
    index,
    at: { monoMs: atWallMs, wallMs: atWallMs },
  }));
const sample = (changes: Partial<SoakSample> = {}): SoakSample => ({
  atWallMs: 0,
  heapBytes: 10 * MB,
  listeners: 200,
  nodes: 300,
  openConnections: 1,
  agentProcesses: 2,
  users: 1,
  agents: 1,
  mostTracks: 1,
  ...changes,
});

/** Two minutes, connected from the beginning, sound all the time, one fault of 10 s at 30 s. */
function soak(changes: Partial<SoakSeen> = {}): SoakSeen {
  return {
    fromWallMs: 0,
    untilWallMs: 120_000,
    page: [phase(0, 'connected'), ...said(words(0, 120_000))],
    heardByAgent: words(0, 120_000),
    broken: [{ fromMs: 30_000, toMs: 40_000 }],
    notApplied: 0,
    undoFailed: [],
    samples: [sample(), sample(), sample()],
    sessionsLost: 0,
    ...changes,
  };
}
const faultsOf = (seen: SoakSeen): string[] => soakFaults(soakFacts(seen));

test('a soak in which nothing went wrong has nothing to tell', () => {
  const facts = soakFacts(soak());
  assert.deepEqual([facts.minutes, facts.faults, facts.stuck], [2, 1, []]);
  assert.deepEqual(soakFaults(facts), []);
});

test('a phase is stuck after 30 s with nothing broken, whether or not it changes its name meanwhile', () => {
  const page = (toMs: number) => [
    phase(0, 'connected'),
    phase(31_000, 'unstable'),
    phase(33_000, 'reconnecting'),
    phase(toMs, 'connected'),
    ...said(words(0, 120_000)),
  ];
  assert.deepEqual(faultsOf(soak({ page: page(69_000) })), []);
  assert.deepEqual(faultsOf(soak({ page: page(71_000) })), [
    'stuck unstable ... reconnecting at 31 s, 31 s of it with nothing broken',
  ]);
});

test('a page that has given up is not stuck, but its session was lost', () => {
  const page = [phase(0, 'connected'), phase(31_000, 'failed'), ...said(words(0, 120_000))];
  assert.deepEqual(faultsOf(soak({ page, sessionsLost: 1 })), ['1 sessions were lost']);
});

test('silence is stuck like a phase', () => {
  assert.deepEqual(faultsOf(soak({ heardByAgent: [...words(0, 30_000), ...words(80_000, 120_000)] })), [
    'stuck without sound to the agent at 30 s, 40 s of it with nothing broken',
  ]);
});

test('duplicates are told', () => {
  const samples = [sample(), sample({ users: 2, mostTracks: 2 }), sample({ agents: 3 })];
  assert.deepEqual(faultsOf(soak({ samples })), [
    '2 users were in the room at once',
    '3 agents were in the room at once',
    '2 tracks were published by one participant at once',
  ]);
});

test('growth between the thirds is a leak, a spike is none', () => {
  const heap = (...values: number[]) => values.map((value) => sample({ heapBytes: value * MB }));
  assert.deepEqual(faultsOf(soak({ samples: heap(10, 60, 12) })), []);
  assert.match(faultsOf(soak({ samples: heap(10, 20, 40) }))[0] ?? '', /the heap grew/);
  assert.match(
    faultsOf(soak({ samples: [sample(), sample(), sample({ listeners: 900 })] }))[0] ?? '',
    /event listeners grew from 200 to 900/,
  );
  const looks = [300, 300, 480, 480].map((nodes, at) => sample({ nodes, atWallMs: 1000 + at * 30_000 }));
  const facts = soakFacts(soak({ fromWallMs: 1000, samples: looks }));
  assert.deepEqual(soakFaults(facts), ['nodes grew from 300 to 480']);
  assert.deepEqual(
    facts.series.map(({ atMs, nodes }) => [atMs, nodes]),
    [
      [0, 300],
      [30_000, 300],
      [60_000, 480],
      [90_000, 480],
    ],
  );
});

test('connections and processes that pile up are told', () => {
  assert.deepEqual(faultsOf(soak({ samples: [sample({ openConnections: 3, agentProcesses: 5 })] })), [
    '3 peer connections were open at once, at most 2 may be',
    '5 agent processes ran at once, at most 3 may',
  ]);
});

test('a soak whose faults broke nothing, or that was hardly looked at, has shown nothing', () => {
  assert.deepEqual(faultsOf(soak({ broken: [], notApplied: 40 })), [
    '40 of 40 faults found nothing to break, at most a quarter may',
  ]);
  assert.deepEqual(
    faultsOf(soak({ notApplied: 1, broken: Array(3).fill({ fromMs: 30_000, toMs: 40_000 }) })),
    [],
  );
  const broken = Array.from({ length: 10 }, (_, at) => ({ fromMs: at * 10_000, toMs: at * 10_000 + 1 }));
  assert.deepEqual(faultsOf(soak({ broken, samples: [sample(), sample(), sample()] })), [
    'only 3 looks after 10 faults, at least half should have one',
  ]);
});

const step = (fault: Pick<Fault, 'apply'>) =>
  playSoakStep(
    { id: 'server-kill', ...fault },
    {},
    { lasts: () => Promise.resolve(), wallMs: () => 30_000 },
    new AbortController().signal,
  );

test('a fault that cannot be taken back was broken, and is a complaint of its own', async () => {
  const outcome = await step({
    apply: () => Promise.resolve(() => Promise.reject(new Error('the server did not start again'))),
  });
  assert.deepEqual(outcome, {
    applied: true,
    span: { fromMs: 30_000, toMs: 30_000 },
    undoFailed: 'the server did not start again',
  });
  assert.deepEqual(faultsOf(soak({ undoFailed: ['1 processEnd: the server did not start again'] })), [
    'a fault could not be taken back: 1 processEnd: the server did not start again',
  ]);
});

test('a fault that found nothing to break is told as not applied', async () => {
  const outcome = await step({ apply: () => Promise.reject(new Error('no agent is there')) });
  assert.deepEqual(outcome, { applied: false, why: 'no agent is there' });
});
