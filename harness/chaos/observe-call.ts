/**
 * Makes the run of a report from what was played: the call's own result, what came of the fault, the verdict. Pure.
 * A session is lost when the page had given up at the mark, had never connected, or when another voice session
 * answered than the one that began.
 */
import type { CallClient, CallPhase, CallResult } from '../call/call-result.ts';
import { judgeCall } from '../call/judge-call.ts';
import type { ChaosRun, WordFate } from '../scenario/chaos-result.ts';
import { judge, type ObservedCall } from '../scenario/judge.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { readFor } from '../scenario/stock-reading.ts';
import type { TimedWord } from '../call/call-facts.ts';
import { GAP_MS, WORD_MS } from '../../src/shared/tone-words.ts';
import { faultFacts, pageWords } from './fault-facts.ts';
import { withEpochs } from './word-epochs.ts';
import { falseConnectedMs } from './false-connected.ts';
import { isStrained } from './strain.ts';
import type { PlayedCall } from './play-call.ts';

/** A word that began later than this before the mark was not over at it, ms. */
const LAST_WORD_MS = WORD_MS + GAP_MS;

/** Which run it was. */
export interface RunName {
  readonly client: CallClient;
  readonly run: number;
}

/** @param slackMs added to every longest time, for tests on busy machines */
export function observeCall(
  scenario: Scenario,
  { client, run }: RunName,
  played: PlayedCall,
  slackMs = 0,
): ChaosRun {
  const { facts, clickWallMs, fault, frozen, voiceSessions } = played;
  const seen = { page: facts.page, agent: facts.agent, untilWallMs: facts.markWallMs };
  const { result } = judgeCall({ client, pipeline: 'count', seconds: 1 }, facts);
  const sinceClick = (wallMs: number): number => Math.round(wallMs - clickWallMs);
  const joinsAtMs = facts.page.flatMap((report) =>
    report.kind === 'joined' ? [sinceClick(report.at.wallMs)] : [],
  );
  const connected = facts.page.find((report) => report.kind === 'phase' && report.phase === 'connected');
  const heardFrom = facts.page.find(
    (report) =>
      report.kind === 'sound' && report.side === 'agent' && report.on && report.at.wallMs >= clickWallMs,
  );
  const still = frozen && fault !== undefined ? [{ fromMs: fault.atWallMs, toMs: fault.healedWallMs }] : [];
  const call: Omit<CallResult, 'ok' | 'client'> = {
    connectMs: connected === undefined ? null : sinceClick(connected.at.wallMs),
    agentHeardMs: heardFrom === undefined ? null : sinceClick(heardFrom.at.wallMs),
    wordsSpoken: result.wordsSpoken,
    wordsHeardByAgent: result.wordsHeardByAgent,
    wordsHeardBack: result.wordsHeardBack,
    wordsSpokenByAgent: result.wordsSpokenByAgent,
    phases: facts.page.flatMap((report): CallPhase[] =>
      report.kind === 'phase' && report.at.wallMs <= facts.markWallMs
        ? [
            {
              atMs: sinceClick(report.at.wallMs),
              phase: report.phase,
              ...(report.reason !== undefined && { reason: report.reason }),
            },
          ]
        : [],
    ),
    faults: fault === undefined ? [] : [faultFacts(fault, seen, clickWallMs)],
    falseConnectedMs: falseConnectedMs(seen, still),
    joins: joinsAtMs.length,
    agents: facts.agent.agentJoins,
    sessionLost: result.sessionLost || voiceSessions.length > 1,
  };
  const observed: ObservedCall = {
    ...call,
    afterwards: played.afterwards,
    pageErrors: facts.page.filter(({ kind }) => kind === 'pageError' || kind === 'cspViolation').length,
  };
  const read = readFor(client, scenario, observed);
  const verdict = judge(read.scenario, read.call, { slackMs });
  const complaints = facts.page.flatMap((report) => {
    if (report.kind === 'cspViolation')
      return [`the page broke its content security policy: ${report.directive}`];
    return report.kind === 'pageError' ? [`error in the page: ${report.message}`] : [];
  });
  // Errors are ours to answer for only where the page is ours.
  const strained = isStrained(facts.page, facts.markWallMs, still);
  const why = [
    ...(strained ? ['the machine was too busy: the page did not even capture its own microphone whole'] : []),
    ...verdict.why,
    ...(client === 'clara' ? [...new Set(complaints)] : []),
  ];
  const pass = why.length === 0;
  return {
    id: scenario.id,
    run,
    ok: pass,
    client,
    pass,
    ...(why.length > 0 && { why }),
    ...(strained && { unplayed: true }),
    ...call,
    joinsAtMs,
    words: wordFates(played),
  };
}

/** Every word by its time: what was said while the other side could hear it, up to the mark. */
function wordFates({ facts, clickWallMs }: PlayedCall): NonNullable<ChaosRun['words']> {
  const { page, agent, markWallMs } = facts;
  const agentTrack = page.find((report) => report.kind === 'track' && report.side === 'agent' && report.live);
  const fates = (
    allSpoken: readonly TimedWord[],
    allHeard: readonly TimedWord[],
    audibleFromWallMs: number | undefined,
  ): WordFate[] => {
    const { spoken, heard } = withEpochs(allSpoken, allHeard);
    const times = new Map<number, number>();
    for (const { index } of heard) times.set(index, (times.get(index) ?? 0) + 1);
    return spoken
      .filter(
        (word) => word.atWallMs >= (audibleFromWallMs ?? 0) && word.atWallMs < markWallMs - LAST_WORD_MS,
      )
      .map(({ index, atWallMs }) => {
        const count = times.get(index) ?? 0;
        return {
          atMs: Math.round(atWallMs - clickWallMs),
          fate: count === 0 ? 'lost' : count === 1 ? 'heard' : 'twice',
        };
      });
  };
  return {
    toAgent: fates(pageWords(page, 'user'), agent.heard, agent.listeningFromWallMs),
    fromAgent: fates(agent.spoken, pageWords(page, 'agent'), agentTrack?.at.wallMs),
  };
}

/** A run that could not be played at all. */
export function unplayedRun(id: string, { client, run }: RunName, why: string): ChaosRun {
  return {
    id,
    run,
    ok: false,
    client,
    pass: false,
    why: [`it could not be played: ${why}`],
    unplayed: true,
    connectMs: null,
    agentHeardMs: null,
    wordsSpoken: [],
    wordsHeardByAgent: [],
    wordsHeardBack: [],
    wordsSpokenByAgent: [],
    phases: [],
    faults: [],
    falseConnectedMs: 0,
    joins: 0,
    agents: 0,
    sessionLost: true,
  };
}
