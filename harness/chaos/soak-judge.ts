/**
 * Decides what a soak has shown, from samples and the times of its faults: stuck phases, lost sound, duplicates, leaks.
 * Pure. Time counts against the client only while nothing is broken ("sound time"): who waits in an outage is not stuck.
 */
import type { ProbeReport } from '../../src/shared/probe-report.ts';
import type { TimedWord } from '../call/call-facts.ts';
import { silentSpans } from '../call/word-flow.ts';
import { subtract, type Span } from './false-connected.ts';
import { pageWords, shownPhases } from './fault-facts.ts';

/** What was looked at once in a while. */
export interface SoakSample {
  readonly atWallMs: number;
  /** After a garbage collection. */
  readonly heapBytes: number;
  readonly listeners: number;
  readonly nodes: number;
  readonly openConnections: number;
  /** Session processes of the agent side, warm ones included. */
  readonly agentProcesses: number;
  /** As the server has it: people of the user's identity, agents, and the most tracks that one of them publishes. */
  readonly users: number;
  readonly agents: number;
  readonly mostTracks: number;
}

/** A stay that was too long, ms from the soak's beginning; `soundMs` of it nothing was broken. */
export interface StuckStay {
  readonly what: string;
  readonly fromMs: number;
  readonly soundMs: number;
}

/** First and last third of the samples, in the middle of each. */
export interface Trend {
  readonly first: number;
  readonly last: number;
}

/** What came of a soak. */
export interface SoakFacts {
  readonly minutes: number;
  readonly faults: number;
  /** Faults that found nothing to break, such as an agent that was just being replaced. */
  readonly notApplied: number;
  /** Faults that could not be taken back, and why, such as a server that did not start again. */
  readonly undoFailed: readonly string[];
  /** How often page and server were looked into; one that did not answer in time is not among them. */
  readonly looks: number;
  readonly stuck: readonly StuckStay[];
  readonly pageErrors: readonly string[];
  readonly sessionsLost: number;
  /** Sentences; each once. */
  readonly duplicates: readonly string[];
  readonly heapBytes: Trend;
  readonly listeners: Trend;
  readonly nodes: Trend;
  /** What the page held at each look: where a step is, the faults of that minute are to be looked at. */
  readonly series: readonly PageHolds[];
  readonly mostConnections: number;
  readonly mostAgentProcesses: number;
}

/** Numbers of one look; `atMs` from the soak's beginning. */
export type PageHolds = Pick<SoakSample, 'heapBytes' | 'listeners' | 'nodes'> & { readonly atMs: number };

/** The material. */
export interface SoakSeen {
  readonly fromWallMs: number;
  readonly untilWallMs: number;
  readonly page: readonly ProbeReport[];
  readonly heardByAgent: readonly TimedWord[];
  readonly broken: readonly Span[];
  readonly notApplied: number;
  readonly undoFailed: readonly string[];
  readonly samples: readonly SoakSample[];
  readonly sessionsLost: number;
}

/** Longest stay outside `connected`, or without sound, while nothing is broken, ms. */
const STUCK_MS = 30_000;
/** Of one client: its connection, and one that is on its way while the old one goes. */
const MOST_CONNECTIONS = 2;
/** One that serves, one that is warm, one that takes over. */
const MOST_AGENT_PROCESSES = 3;
/** Growth between first and last third that is no leak: caches, compiled code, a longer transcript. */
const HEAP_SLACK_BYTES = 8 * 1024 * 1024;
const COUNT_SLACK = 100;
/** With more faults that broke nothing, or fewer looks at what they left, a soak has not shown what it is for. */
const MOST_NOT_APPLIED_RATIO = 0.25;
const LEAST_LOOKED_RATIO = 0.5;
const FINAL = ['failed', 'ended'];

/** All that was seen as facts. */
export function soakFacts(seen: SoakSeen): SoakFacts {
  const samples = seen.samples;
  return {
    minutes: Math.round((seen.untilWallMs - seen.fromWallMs) / 6_000) / 10,
    faults: seen.broken.length,
    notApplied: seen.notApplied,
    undoFailed: seen.undoFailed,
    looks: samples.length,
    stuck: [...stuckPhases(seen), ...stuckSound(seen)],
    pageErrors: [
      ...new Set(
        seen.page.flatMap((report) => {
          if (report.kind === 'cspViolation') return [`content security policy: ${report.directive}`];
          return report.kind === 'pageError' ? [report.message] : [];
        }),
      ),
    ],
    sessionsLost: seen.sessionsLost,
    duplicates: duplicatesIn(samples),
    heapBytes: trendOf(samples.map(({ heapBytes }) => heapBytes)),
    listeners: trendOf(samples.map(({ listeners }) => listeners)),
    nodes: trendOf(samples.map(({ nodes }) => nodes)),
    series: samples.map(({ atWallMs, heapBytes, listeners, nodes }) => ({
      atMs: Math.round(atWallMs - seen.fromWallMs),
      heapBytes,
      listeners,
      nodes,
    })),
    mostConnections: Math.max(0, ...samples.map(({ openConnections }) => openConnections)),
    mostAgentProcesses: Math.max(0, ...samples.map(({ agentProcesses }) => agentProcesses)),
  };
}

/** Why a soak is not good; empty when it is. */
export function soakFaults(facts: SoakFacts): string[] {
  const grew = (what: string, { first, last }: Trend, slack: number, unit: string): string[] =>
    last > first * 1.25 + slack
      ? [`${what} grew from ${Math.round(first)} to ${Math.round(last)} ${unit}`.trimEnd()]
      : [];
  const tried = facts.faults + facts.notApplied;
  return [
    ...facts.undoFailed.map((each) => `a fault could not be taken back: ${each}`),
    ...(facts.notApplied > tried * MOST_NOT_APPLIED_RATIO
      ? [`${facts.notApplied} of ${tried} faults found nothing to break, at most a quarter may`]
      : []),
    ...(facts.looks < facts.faults * LEAST_LOOKED_RATIO
      ? [`only ${facts.looks} looks after ${facts.faults} faults, at least half should have one`]
      : []),
    ...facts.stuck.map(
      ({ what, fromMs, soundMs }) =>
        `stuck ${what} at ${Math.round(fromMs / 1_000)} s, ${Math.round(soundMs / 1_000)} s of it with nothing broken`,
    ),
    ...facts.pageErrors.map((message) => `error in the page: ${message}`),
    ...(facts.sessionsLost > 0 ? [`${facts.sessionsLost} sessions were lost`] : []),
    ...facts.duplicates,
    ...grew('the heap', facts.heapBytes, HEAP_SLACK_BYTES, 'bytes'),
    ...grew('event listeners', facts.listeners, COUNT_SLACK, ''),
    ...grew('nodes', facts.nodes, COUNT_SLACK, ''),
    ...(facts.mostConnections > MOST_CONNECTIONS
      ? [`${facts.mostConnections} peer connections were open at once, at most ${MOST_CONNECTIONS} may be`]
      : []),
    ...(facts.mostAgentProcesses > MOST_AGENT_PROCESSES
      ? [`${facts.mostAgentProcesses} agent processes ran at once, at most ${MOST_AGENT_PROCESSES} may`]
      : []),
  ];
}

function stuckPhases({ page, fromWallMs, untilWallMs, broken }: SoakSeen): StuckStay[] {
  const phases = shownPhases(page).filter(({ atWallMs }) => atWallMs <= untilWallMs);
  const stays: { what: string; fromMs: number; toMs: number }[] = [];
  for (const [at, { phase, atWallMs }] of phases.entries()) {
    const toMs = phases[at + 1]?.atWallMs ?? untilWallMs;
    const last = stays.at(-1);
    const isCalm = phase === 'connected' || FINAL.includes(phase);
    if (isCalm) stays.push({ what: '', fromMs: atWallMs, toMs: atWallMs });
    // From one phase to the next without `connected` is one stay: going round in circles is stuck too.
    else if (last !== undefined && last.what !== '' && last.toMs === atWallMs)
      stays[stays.length - 1] = {
        what: `${last.what.split(' ... ')[0]} ... ${phase}`,
        fromMs: last.fromMs,
        toMs,
      };
    else stays.push({ what: phase, fromMs: atWallMs, toMs });
  }
  return tooLong(
    stays.filter(({ what }) => what !== ''),
    broken,
    fromWallMs,
  );
}

function stuckSound({ page, heardByAgent, fromWallMs, untilWallMs, broken }: SoakSeen): StuckStay[] {
  const silent = (what: string, words: readonly TimedWord[]) =>
    silentSpans(words, untilWallMs).map((span) => ({ what, ...span }));
  return tooLong(
    [
      ...silent('without sound to the agent', heardByAgent),
      ...silent('without sound from the agent', pageWords(page, 'agent')),
    ],
    broken,
    fromWallMs,
  );
}

function tooLong(
  stays: readonly { readonly what: string; readonly fromMs: number; readonly toMs: number }[],
  broken: readonly Span[],
  zeroMs: number,
): StuckStay[] {
  return stays.flatMap(({ what, fromMs, toMs }) => {
    const soundMs = subtract([{ fromMs, toMs }], broken).reduce(
      (sum, span) => sum + span.toMs - span.fromMs,
      0,
    );
    return soundMs > STUCK_MS ? [{ what, fromMs: fromMs - zeroMs, soundMs }] : [];
  });
}

function duplicatesIn(samples: readonly SoakSample[]): string[] {
  const most = (pick: (sample: SoakSample) => number): number => Math.max(0, ...samples.map(pick));
  const [users, agents, tracks] = [
    most(({ users: n }) => n),
    most(({ agents: n }) => n),
    most(({ mostTracks }) => mostTracks),
  ];
  return [
    ...(users > 1 ? [`${users} users were in the room at once`] : []),
    ...(agents > 1 ? [`${agents} agents were in the room at once`] : []),
    ...(tracks > 1 ? [`${tracks} tracks were published by one participant at once`] : []),
  ];
}

function trendOf(values: readonly number[]): Trend {
  const third = Math.max(1, Math.floor(values.length / 3));
  return { first: middle(values.slice(0, third)), last: middle(values.slice(-third)) };
}

function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
