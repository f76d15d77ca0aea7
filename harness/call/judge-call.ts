/**
 * Makes the result of a call from what both ends saw. Pure, and the only place that decides whether a call is good:
 * connected, not lost, every word once and in order both ways (or every utterance answered, where the pipeline speaks
 * no words), no error in the page and no breach of its content security policy.
 * Which words count is in word-flow.ts.
 */
import type { ProbeReport, SoundSide } from '../../src/shared/probe-report.ts';
import type { Pipeline } from '../contracts.ts';
import { answeredSpeech, type AnsweredUtterance } from './answered-speech.ts';
import type { CallFacts, TimedWord } from './call-facts.ts';
import type { CallClient, CallPhase, CallResult } from './call-result.ts';
import { silentSpans, wordFlow, type WordFlow } from './word-flow.ts';

/** What was asked for. */
export interface CallDemand {
  readonly client: CallClient;
  readonly pipeline: Pipeline;
  readonly seconds: number;
}

/** The result, and what the contract has no field for. */
export interface JudgedCall {
  readonly result: CallResult;
  /** Why it is not good, one sentence each; empty when it is. */
  readonly why: readonly string[];
  readonly toAgent: WordFlow;
  readonly fromAgent: WordFlow;
  /** The user's utterances, for pipelines that answer speech. */
  readonly utterances: readonly AnsweredUtterance[];
}

/** From `connected` to the first sound, silent or not, that arrives at the other end, ms. */
const EAR_LIMIT_MS = 3_000;
/** An utterance that ended so shortly before the mark need not be answered yet, ms. */
const ANSWER_LIMIT_MS = 3_000;

export function judgeCall(demand: CallDemand, facts: CallFacts): JudgedCall {
  const { page, agent, markWallMs } = facts;
  const click = page.find((report) => report.kind === 'click');
  const sinceClick = (report: ProbeReport | undefined) =>
    report === undefined || click === undefined ? null : Math.round(report.at.monoMs - click.at.monoMs);
  const connected = page.find((report) => report.kind === 'phase' && report.phase === 'connected');
  const heardFrom = page.find((report) => report.kind === 'sound' && report.side === 'agent' && report.on);
  const agentTrack = page.find((report) => report.kind === 'track' && report.side === 'agent' && report.live);

  const toAgent = wordFlow(pageWords(page, 'user'), agent.heard, agent.listeningFromWallMs, markWallMs);
  const fromAgent = wordFlow(agent.spoken, pageWords(page, 'agent'), agentTrack?.at.wallMs, markWallMs);
  const phaseAtMark = page.findLast((report) => report.kind === 'phase' && report.at.wallMs <= markWallMs);
  const sessionLost =
    connected === undefined ||
    (phaseAtMark?.kind === 'phase' && ['failed', 'ended', 'idle'].includes(phaseAtMark.phase));
  const utterances =
    demand.pipeline === 'count' ? [] : dueUtterances(page, agent.listeningFromWallMs, markWallMs);

  const why = [
    ...(click === undefined ? ['Start was never clicked'] : []),
    ...(connected === undefined ? [`never connected${lastPhaseText(page)}`] : []),
    ...(connected !== undefined && sessionLost ? [`the session ended by itself${lastPhaseText(page)}`] : []),
    ...(demand.pipeline === 'count' && connected !== undefined
      ? lateEar(connected.at.wallMs, agent.listeningFromWallMs, agentTrack?.at.wallMs)
      : []),
    ...(demand.pipeline === 'count'
      ? [
          ...flowFaults('to the agent', toAgent, demand.seconds),
          ...flowFaults('from the agent', fromAgent, demand.seconds),
        ]
      : speechFaults(utterances)),
    ...page.flatMap((report) => {
      if (report.kind === 'cspViolation')
        return [`the page broke its content security policy: ${report.directive} ${report.blocked}`];
      return report.kind === 'pageError' ? [`error in the page: ${report.message}`] : [];
    }),
  ];
  return {
    result: {
      ok: why.length === 0,
      client: demand.client,
      connectMs: sinceClick(connected),
      agentHeardMs: sinceClick(heardFrom),
      wordsSpoken: toAgent.spoken,
      wordsHeardByAgent: toAgent.heard,
      wordsHeardBack: fromAgent.heard,
      wordsSpokenByAgent: fromAgent.spoken,
      phases: page.flatMap((report): CallPhase[] =>
        report.kind === 'phase'
          ? [
              {
                atMs: sinceClick(report) ?? 0,
                phase: report.phase,
                ...(report.reason !== undefined && { reason: report.reason }),
              },
            ]
          : [],
      ),
      faults: [],
      falseConnectedMs: Math.round(falseConnectedMs(facts)),
      joins: agent.userJoins,
      agents: agent.agentJoins,
      sessionLost,
    },
    why,
    toAgent,
    fromAgent,
    utterances,
  };
}

function pageWords(page: readonly ProbeReport[], side: SoundSide): TimedWord[] {
  return page.flatMap((report) =>
    report.kind === 'word' && report.side === side
      ? [{ index: report.index, atWallMs: report.at.wallMs }]
      : [],
  );
}

function lastPhaseText(page: readonly ProbeReport[]): string {
  const last = page.findLast((report) => report.kind === 'phase');
  if (last?.kind !== 'phase') return '; the page showed no phase';
  return `; the page showed ${last.phase}${last.reason === undefined ? '' : ` (${last.reason})`}`;
}

function lateEar(connectedWallMs: number, ...openedWallMs: readonly (number | undefined)[]): string[] {
  return openedWallMs.flatMap((openMs, which) => {
    const lateMs = (openMs ?? Infinity) - connectedWallMs;
    const who = which === 0 ? 'the agent' : 'the page';
    return lateMs > EAR_LIMIT_MS ? [`${who} heard nothing within ${EAR_LIMIT_MS} ms of connected`] : [];
  });
}

/** Half of the words that fit in: fewer mean that something stood still, even if what came was whole. */
function flowFaults(direction: string, flow: WordFlow, seconds: number): string[] {
  const needed = Math.max(1, Math.floor(seconds));
  return [
    ...(flow.spoken.length < needed
      ? [`only ${flow.spoken.length} words ${direction} in ${seconds} s, at least ${needed} are due`]
      : []),
    ...(flow.lost.length > 0
      ? [`${flow.lost.length} words ${direction} were lost: ${flow.lost.join(' ')}`]
      : []),
    ...(flow.twice.length > 0
      ? [`${flow.twice.length} words ${direction} came twice: ${flow.twice.join(' ')}`]
      : []),
    ...(flow.invented.length > 0
      ? [`${flow.invented.length} words ${direction} were heard but not said: ${flow.invented.join(' ')}`]
      : []),
    ...(!flow.whole &&
    flow.lost.length + flow.twice.length + flow.invented.length === 0 &&
    flow.spoken.length > 0
      ? [`the words ${direction} came in another order`]
      : []),
  ];
}

function dueUtterances(
  page: readonly ProbeReport[],
  listeningFromWallMs: number | undefined,
  markWallMs: number,
): AnsweredUtterance[] {
  // Both clocks of one report tie the agent's wall time to the page's monotonic one.
  const tie = page[0]?.at;
  if (tie === undefined || listeningFromWallMs === undefined) return [];
  const toMono = (wallMs: number) => tie.monoMs + (wallMs - tie.wallMs);
  return answeredSpeech(page, toMono(listeningFromWallMs)).filter(
    (utterance) => utterance.endMonoMs + ANSWER_LIMIT_MS <= toMono(markWallMs),
  );
}

function speechFaults(utterances: readonly AnsweredUtterance[]): string[] {
  if (utterances.length === 0) return ['no utterance was spoken and finished in time to be answered'];
  const silent = utterances.filter((utterance) => utterance.latencyMs === undefined).length;
  return silent === 0 ? [] : [`${silent} of ${utterances.length} utterances were not answered by sound`];
}

/** How long `connected` stood on the screen while words were due in either direction and did not come. */
function falseConnectedMs(facts: CallFacts): number {
  const phases = facts.page.flatMap((report) =>
    report.kind === 'phase' ? [{ atMs: report.at.wallMs, phase: report.phase }] : [],
  );
  const green = phases.flatMap(({ atMs, phase }, number) =>
    phase === 'connected'
      ? [{ fromMs: atMs, toMs: Math.min(phases[number + 1]?.atMs ?? Infinity, facts.markWallMs) }]
      : [],
  );
  const silent = [
    ...silentSpans(facts.agent.heard, facts.markWallMs),
    ...silentSpans(pageWords(facts.page, 'agent'), facts.markWallMs),
  ].sort((one, other) => one.fromMs - other.fromMs);
  let total = 0;
  for (const span of green) {
    let countedToMs = span.fromMs; // both directions may be silent at once: count the time once
    for (const { fromMs, toMs } of silent) {
      const startMs = Math.max(fromMs, countedToMs);
      const endMs = Math.min(toMs, span.toMs);
      if (endMs <= startMs) continue;
      total += endMs - startMs;
      countedToMs = endMs;
    }
  }
  return total;
}
