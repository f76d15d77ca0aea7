/**
 * What one entry of the matrix is: a fault as data, when it comes and for how long, what must be seen, and how often
 * it is played. Data only: no function, no clock, so that a scenario can be printed, compared and shared.
 */
import type { FaultSpec } from '../faults/create-fault.ts';

/** The groups of the matrix, for `clara chaos --only`. */
export const SCENARIO_GROUPS = [
  'signal',
  'join',
  'media',
  'outage',
  'policy',
  'quality',
  'server',
  'agent',
  'token',
  'room',
  'microphone',
  'page',
  'hostile',
] as const;
export type ScenarioGroup = (typeof SCENARIO_GROUPS)[number];

/** Where a scenario can be played: `fake` against the fake server in the page or a fake clock, `real` here. */
export type Ring = 'fake' | 'real';

/** Whose connection or process is hit. */
export type Victim = 'browser' | 'server' | 'agent' | 'nobody';

/** When the fault comes: before Start is pressed, or so many ms after the call is connected. */
export type FaultTime =
  { readonly at: 'beforeStart' } | { readonly at: 'connected'; readonly afterMs: number };

/** What is different from a usual call, before it begins. */
export interface CallSetup {
  /** @default resilient */
  readonly policy?: 'resilient' | 'classic';
  /** The session tries on slowly after its budget. @default false */
  readonly resumeWhenBack?: boolean;
  /** `denied`: drop the fake permission flag; `silent`: a WAV of silence. @default a WAV of tone words */
  readonly microphone?: 'denied' | 'silent';
  /** Drop the flag that lets sound play without a gesture. @default false */
  readonly autoplayBlocked?: boolean;
  /** No microphone: messages and the agent's voice only. @default false */
  readonly textOnly?: boolean;
  /** No worker is registered. @default false */
  readonly noAgent?: boolean;
}

/** What the call runner checks by hand of the page after the fault, as facts named in the call's observation. */
export const AFTERWARDS = [
  'microphoneReleased', // no live capture is left
  'startWorks', // the Start button begins a new session
  'resumeWorks', // and it is in the same conversation where the room still is
  'contextTold', // the page says that the conversation goes on elsewhere
  'secondTabExplained', // the second tab says that the first one has the session
  'soundPrompted', // the page asks for a gesture
  'soundAfterGesture', // and then plays
  'newTokenOnce', // exactly one more token was asked for
  'sameMicrophone', // the page has opened one microphone only, and has it
  'onePublication', // one user and one agent are in the server's rooms, with one track each
  'silenceTold', // the page says that the user is not heard, within 5 s of being connected
] as const;
export type Afterwards = (typeof AFTERWARDS)[number];

/** What must be seen. Every criterion that is there is judged; one that is missing is not. Times in ms. */
export interface Criteria {
  /** From the fault to the first sign of it on the screen. Missing where it need not be told. */
  readonly toldMs?: number;
  /** The same, from the heal: a frozen page cannot tell earlier. */
  readonly toldAfterHealMs?: number;
  /** From the heal to sound in both directions. A fault that is never taken back counts from the fault. */
  readonly audioBackMs?: number;
  /** From the heal to the phase `connected`. */
  readonly shownBackMs?: number;
  /** From sound to the phase `connected`. */
  readonly shownAfterAudioMs?: number;
  /** From the click on Start to `connected`. */
  readonly connectMs?: number;
  /** From the click on Start to a final phase. */
  readonly finalWithinMs?: number;
  /** Time from the first sign to `failed`, and how far off it may be. */
  readonly failsAfter?: { readonly budgetMs: number; readonly toleranceMs: number };
  /** Words lost each way; 0 means that sound never broke. */
  readonly maxWordsLost?: number;
  /** Joins of the user beyond the first. */
  readonly maxExtraJoins?: number;
  /** Agents that joined, in all. */
  readonly maxAgents?: number;
  readonly maxFalseConnectedMs?: number;
  /** Changes of the phase after the fault. */
  readonly maxPhaseChanges?: number;
  /** Shortest time that a phase stands on the screen after the fault: shorter ones flicker. */
  readonly minPhaseMs?: number;
  /** Errors that reached the page. */
  readonly maxPageErrors?: number;
  /** Elements that were made from text of others. */
  readonly maxElementsFromText?: number;
  /** True: the session was never lost. */
  readonly sameConversation?: boolean;
  /** Phases that must all be seen after the fault. */
  readonly expectPhases?: readonly string[];
  /** Phases that must not. */
  readonly neverPhases?: readonly string[];
  /** The last phase. */
  readonly endsIn?: 'connected' | 'failed' | 'ended';
  /** One of these reasons stands with a phase after the fault. */
  readonly reasons?: readonly string[];
  readonly afterwards?: readonly Afterwards[];
}

/**
 * How `npm test` plays it: whole, shorter under a budget of 20 s, with the fake clock only, or not at all because
 * another scenario covers in its short form what this one would show.
 */
export type ShortForm =
  | { readonly mode: 'whole'; /** @default the scenario's */ readonly watchMs?: number }
  | {
      readonly mode: 'shortened';
      readonly lastsMs: number;
      readonly budgetMs: number;
      /** @default the scenario's */
      readonly watchMs?: number;
    }
  | { readonly mode: 'fakeClock' }
  | { readonly mode: 'covered'; readonly by: string };

/** How often `clara chaos` plays it for its figures. */
export interface WantedRuns {
  readonly clara: number;
  /** 0 where stock has nothing to compare. */
  readonly stock: number;
}

/** How long a fault lasts: ms, or never taken back while the call goes on. */
export type FaultLength = number | 'untilEnd';

/** One entry of the matrix. */
export interface Scenario {
  /** Stable, kebab-case. */
  readonly id: string;
  readonly group: ScenarioGroup;
  /** What happens, in one sentence for somebody who has never seen the project. */
  readonly story: string;
  readonly rings: readonly Ring[];
  readonly victim: Victim;
  readonly setup?: CallSetup;
  /** Missing where the set-up is the fault. */
  readonly fault?: FaultSpec;
  readonly time: FaultTime;
  readonly lastsMs: FaultLength;
  /** The fault again and again, `upMs` between two. */
  readonly repeat?: { readonly times: number; readonly upMs: number };
  /** How long the call goes on after the heal. */
  readonly watchMs: number;
  readonly pass: Criteria;
  readonly short: ShortForm;
  readonly runs: WantedRuns;
}

/** From the first application of the fault to the last heal, ms; 0 for one that is never taken back. */
export function faultSpanMs(scenario: Pick<Scenario, 'lastsMs' | 'repeat'>): number {
  if (scenario.lastsMs === 'untilEnd') return 0;
  const { times, upMs } = scenario.repeat ?? { times: 1, upMs: 0 };
  return times * scenario.lastsMs + (times - 1) * upMs;
}

/** The scenario as `npm test` plays it; undefined where no call does. */
export function shortened(scenario: Scenario): Scenario | undefined {
  switch (scenario.short.mode) {
    case 'fakeClock':
    case 'covered':
      return undefined;
    case 'whole': {
      const { watchMs = scenario.watchMs } = scenario.short;
      return { ...scenario, watchMs };
    }
    case 'shortened': {
      const { lastsMs, budgetMs, watchMs = scenario.watchMs } = scenario.short;
      const { failsAfter, afterwards, ...pass } = scenario.pass;
      // A shorter fault ends within the agent's grace time: it is the same session still, with nothing to be told.
      const stillTrue = afterwards?.filter((name) => name !== 'contextTold');
      return {
        ...scenario,
        lastsMs,
        watchMs,
        pass: {
          ...pass,
          ...(stillTrue !== undefined && { afterwards: stillTrue }),
          ...(failsAfter !== undefined && { failsAfter: { ...failsAfter, budgetMs } }),
        },
      };
    }
  }
}
