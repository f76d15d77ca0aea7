/** A scenario's criteria as words for readers of the report. Pure; every criterion has its words here. */
import { seconds } from './report-format.ts';
import type { Criteria } from './scenario.ts';

type Words = { readonly [K in keyof Required<Criteria>]: (limit: NonNullable<Criteria[K]>) => string };

const AFTERWARDS_WORDS: Record<NonNullable<Criteria['afterwards']>[number], string> = {
  microphoneReleased: 'the microphone is released',
  startWorks: 'Start works again',
  resumeWorks: 'the conversation can be resumed',
  contextTold: 'the user is told that the conversation goes on in a new room',
  secondTabExplained: 'the second tab explains itself',
  soundPrompted: 'the page asks for a gesture',
  soundAfterGesture: 'sound plays after it',
  newTokenOnce: 'one new token is asked for',
  sameMicrophone: 'the same microphone',
  onePublication: 'one user and one agent in the room, one track each',
  silenceTold: 'the page says that it hears nothing within 5 s',
};

const WORDS: Words = {
  toldMs: (limit) => `told within ${short(limit)}`,
  toldAfterHealMs: (limit) => `told within ${short(limit)} after the end`,
  audioBackMs: (limit) => `sound back within ${short(limit)}`,
  shownBackMs: (limit) => `shown as back within ${short(limit)}`,
  shownAfterAudioMs: (limit) => `shown within ${short(limit)} of sound`,
  connectMs: (limit) => `connected within ${short(limit)}`,
  finalWithinMs: (limit) => `settled within ${short(limit)}`,
  failsAfter: ({ budgetMs, toleranceMs }) => `gives up after ${short(budgetMs)} ± ${short(toleranceMs)}`,
  maxWordsLost: (limit) => (limit === 0 ? 'no word lost' : `at most ${limit} words lost`),
  maxExtraJoins: (limit) => (limit === 0 ? 'no second join' : `at most ${limit + 1} joins`),
  maxAgents: (limit) => (limit === 0 ? 'no agent' : limit === 1 ? 'one agent' : `at most ${limit} agents`),
  maxFalseConnectedMs: (limit) => `at most ${short(limit)} shown as connected without sound`,
  maxPhaseChanges: (limit) => `at most ${limit} changes on the screen`,
  minPhaseMs: (limit) => `no text shorter than ${short(limit)}`,
  maxPageErrors: (limit) => `${limit} errors in the page`,
  maxElementsFromText: (limit) => `${limit} elements made from text`,
  sameConversation: (wanted) => (wanted ? 'the same conversation' : 'a new conversation'),
  expectPhases: (phases) => `shows ${phases.join(', ')}`,
  neverPhases: (phases) => `never shows ${phases.join(', ')}`,
  endsIn: (phase) => `ends ${phase}`,
  reasons: (reasons) => `names ${reasons.join(' or ')}`,
  afterwards: (wanted) => wanted.map((name) => AFTERWARDS_WORDS[name]).join(', '),
};

/** One phrase for each criterion, in a fixed order. */
export function promiseOf(criteria: Criteria): readonly string[] {
  return (Object.keys(WORDS) as (keyof Criteria)[]).flatMap((name) => words(name, criteria));
}

function words<K extends keyof Criteria>(name: K, criteria: Criteria): string[] {
  const limit = criteria[name];
  // The index type is exact here, but a lookup by a union key is not narrowed by the compiler.
  return limit === undefined ? [] : [(WORDS[name] as (limit: NonNullable<Criteria[K]>) => string)(limit)];
}

/** 4 s rather than 4.0 s: a limit is a round number. */
const short = (limitMs: number): string =>
  limitMs % 1_000 === 0 ? `${limitMs / 1_000} s` : seconds(limitMs);
