/**
 * Decides whether a call under a fault was good enough: the scenario's criteria against what was observed. Pure.
 * Never lenient by silence: a criterion whose fact was not observed fails by that name. With `slackMs` (tests) times
 * get longer, and a word may be missed by a busy machine; phases and joins are judged as they are.
 */
import type { CallFault, CallPhase, CallResult } from '../call/call-result.ts';
import type { Afterwards, Criteria, Scenario } from './scenario.ts';

/** A call and what was looked at beyond its contract. */
export type ObservedCall = Pick<
  CallResult,
  'connectMs' | 'phases' | 'faults' | 'falseConnectedMs' | 'joins' | 'agents' | 'sessionLost'
> & {
  /** What was checked by hand after the fault; missing: not looked at. */
  readonly afterwards?: Partial<Record<Afterwards, boolean>>;
  readonly pageErrors?: number;
  readonly elementsFromText?: number;
};

/** The verdict; `why` has a sentence for each criterion that was missed. */
export interface Verdict {
  readonly pass: boolean;
  readonly why: readonly string[];
}

/** What criteria are checked on: the call, cut to what came after the fault. */
interface Evidence {
  readonly call: ObservedCall;
  /** From the first application to the last heal. Missing where the set-up is the fault. */
  readonly fault: CallFault | undefined;
  /** Without the harness's own hanging up. */
  readonly phases: readonly CallPhase[];
  /** Phases that began after the fault; all of them where it came before Start. */
  readonly after: readonly CallPhase[];
  readonly slackMs: number;
}

type Check<K extends keyof Criteria> = (
  limit: NonNullable<Criteria[K]>,
  evidence: Evidence,
) => string | undefined;

/**
 * Each way, in tests: a machine that has more to do than it can drops a block of sound now and then. Who loses the path
 * loses two words a second, and shows it by a join or a phase as well.
 */
const WORDS_OF_A_BUSY_MACHINE = 1;

const FINAL = ['failed', 'ended'];
/** The usual way in: none of these tells of a fault. */
const WAY_IN = ['idle', 'requestingMic', 'connecting', 'connected'];

/** @param options.slackMs added to every longest time. @default 0 */
export function judge(
  scenario: Scenario,
  call: ObservedCall,
  options: { readonly slackMs?: number } = {},
): Verdict {
  const last = call.phases.at(-1);
  const hungUp = last?.phase === 'ended' && last.reason === 'stopped';
  const phases = hungUp ? call.phases.slice(0, -1) : call.phases;
  const fault = call.faults[0];
  if (scenario.fault !== undefined && scenario.time.at === 'connected' && fault === undefined) {
    return { pass: false, why: ['the fault was never applied'] };
  }
  const after =
    fault === undefined || scenario.time.at === 'beforeStart'
      ? phases
      : phases.filter(({ atMs }) => atMs >= fault.atMs);
  const evidence: Evidence = { call, fault, phases, after, slackMs: options.slackMs ?? 0 };
  const why = (Object.keys(CHECKS) as (keyof Criteria)[]).flatMap((name) => {
    const missed = runCheck(name, scenario.pass, evidence);
    return missed === undefined ? [] : [missed];
  });
  return { pass: why.length === 0, why };
}

function runCheck<K extends keyof Criteria>(
  name: K,
  criteria: Criteria,
  evidence: Evidence,
): string | undefined {
  const limit = criteria[name];
  return limit === undefined ? undefined : (CHECKS[name] as Check<K>)(limit, evidence);
}

const CHECKS: { readonly [K in keyof Required<Criteria>]: Check<K> } = {
  toldMs: (limit, evidence) => within('told', toldMs(evidence), limit, evidence, 'nothing was shown'),
  toldAfterHealMs: (limit, evidence) => {
    const { fault } = evidence;
    const told =
      fault === undefined || fault.firstUiStateMs === null
        ? null
        : fault.atMs + fault.firstUiStateMs - fault.healedMs;
    return within('told after the heal', told, limit, evidence, 'nothing was shown');
  },
  audioBackMs: (limit, evidence) =>
    within('sound back', evidence.fault?.audioBackMs ?? null, limit, evidence, 'sound did not come back'),
  shownBackMs: (limit, evidence) =>
    stayedConnected(evidence)
      ? undefined
      : within(
          'shown as back',
          evidence.fault?.shownBackMs ?? null,
          limit,
          evidence,
          'it was never shown as back',
        ),
  shownAfterAudioMs: (limit, evidence) => {
    const { fault } = evidence;
    if (stayedConnected(evidence)) return undefined;
    if (fault === undefined || fault.audioBackMs === null || fault.shownBackMs === null)
      return 'it was never both heard and shown as back';
    return within('shown after sound was back', fault.shownBackMs - fault.audioBackMs, limit, evidence, '');
  },
  connectMs: (limit, evidence) =>
    within('connected', evidence.call.connectMs, limit, evidence, 'never connected'),
  finalWithinMs: (limit, evidence) =>
    within(
      'final phase',
      evidence.phases.find(({ phase }) => FINAL.includes(phase))?.atMs ?? null,
      limit,
      evidence,
      'no final phase',
    ),
  failsAfter: ({ budgetMs, toleranceMs }, evidence) => {
    const told = toldMs(evidence);
    const failed = evidence.after.find(({ phase }) => phase === 'failed');
    if (told === null || failed === undefined) return 'it never failed, or was never told';
    const tookMs = failed.atMs - (evidence.fault?.atMs ?? 0) - told;
    const mostMs = toleranceMs + evidence.slackMs;
    return Math.abs(tookMs - budgetMs) <= mostMs
      ? undefined
      : `failed after ${ms(tookMs)}, the budget is ${ms(budgetMs)} ± ${ms(mostMs)}`;
  },
  maxWordsLost: (limit, { fault, slackMs }) => {
    if (fault === undefined) return 'words lost were not counted';
    const { toAgent, fromAgent } = fault.wordsLost;
    const most = limit + (slackMs > 0 ? WORDS_OF_A_BUSY_MACHINE : 0);
    return Math.max(toAgent, fromAgent) <= most
      ? undefined
      : `${toAgent} words to the agent and ${fromAgent} from it were lost, at most ${most} may be`;
  },
  maxExtraJoins: (limit, { call }) => atMost('joins beyond the first', Math.max(0, call.joins - 1), limit),
  maxAgents: (limit, { call }) => atMost('agents', call.agents, limit),
  maxFalseConnectedMs: (limit, { call, slackMs }) =>
    atMost('ms shown as connected without sound', Math.round(call.falseConnectedMs), limit + slackMs),
  maxPhaseChanges: (limit, { after }) => atMost('changes of the phase', after.length, limit),
  minPhaseMs: (limit, { after }) => {
    const shortest = Math.min(
      ...after.slice(1).map(({ atMs }, number) => atMs - (after[number]?.atMs ?? atMs)),
    );
    return shortest >= limit
      ? undefined
      : `a phase was shown for ${ms(shortest)} only, at least ${ms(limit)} is readable`;
  },
  maxPageErrors: (limit, { call }) =>
    call.pageErrors === undefined
      ? 'errors of the page were not counted'
      : atMost('errors in the page', call.pageErrors, limit),
  maxElementsFromText: (limit, { call }) =>
    call.elementsFromText === undefined
      ? 'elements made from text were not counted'
      : atMost('elements made from text', call.elementsFromText, limit),
  sameConversation: (wanted, { call }) =>
    call.sessionLost === wanted ? (wanted ? 'the session was lost' : 'the session was not lost') : undefined,
  expectPhases: (wanted, { after }) => {
    const missing = wanted.filter((name) => !after.some(({ phase }) => phase === name));
    return missing.length === 0 ? undefined : `never showed ${missing.join(', ')}`;
  },
  neverPhases: (unwanted, { after }) => {
    const shown = [...new Set(after.map(({ phase }) => phase))].filter((phase) => unwanted.includes(phase));
    return shown.length === 0 ? undefined : `showed ${shown.join(', ')}`;
  },
  endsIn: (wanted, { phases }) => {
    const last = phases.at(-1)?.phase ?? 'no phase';
    return last === wanted ? undefined : `ended in ${last}, not in ${wanted}`;
  },
  reasons: (wanted, { after }) =>
    after.some(({ reason }) => reason !== undefined && wanted.includes(reason))
      ? undefined
      : `the reason ${wanted.join(' or ')} was not told`,
  afterwards: (wanted, { call }) => {
    const missed = wanted.filter((name) => call.afterwards?.[name] !== true);
    if (missed.length === 0) return undefined;
    return missed
      .map((name) => `${name} ${call.afterwards?.[name] === undefined ? 'was not looked at' : 'is not so'}`)
      .join(', ');
  },
};

/** From the fault, or from the click where the set-up is the fault, to the first sign. */
function toldMs({ fault, after }: Evidence): number | null {
  if (fault !== undefined) return fault.firstUiStateMs;
  return after.find(({ phase, reason }) => !WAY_IN.includes(phase) || reason !== undefined)?.atMs ?? null;
}

/** True when nothing but `connected` was shown after the fault: there was nothing to be shown as back. */
function stayedConnected({ fault, after, phases }: Evidence): boolean {
  const before = fault === undefined ? undefined : phases.findLast(({ atMs }) => atMs < fault.atMs);
  return before?.phase === 'connected' && after.every(({ phase }) => phase === 'connected');
}

function within(
  what: string,
  value: number | null,
  limitMs: number,
  { slackMs }: Evidence,
  never: string,
): string | undefined {
  if (value === null) return never;
  const mostMs = limitMs + slackMs;
  return value <= mostMs ? undefined : `${what} after ${ms(value)}, at most ${ms(mostMs)} are allowed`;
}

function atMost(what: string, value: number, limit: number): string | undefined {
  return value <= limit ? undefined : `${value} ${what}, at most ${limit} may be`;
}

const ms = (value: number): string => `${Math.round(value)} ms`;
