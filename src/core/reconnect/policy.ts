/**
 * How stubborn a session is. Data only: the machine reads it, nothing here decides. `resilient` is ours;
 * `classic` is the letter of the source document (seed 002): five attempts, 2^n seconds, no help from hints.
 */

/** The two policies. */
export const POLICY_NAMES = ['resilient', 'classic'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/** Numbers and switches of a policy. */
export interface ReconnectPolicy {
  readonly name: PolicyName;
  /** Wall time from the first detection of an outage to `failed`, ms; offline included. Infinity: attempts are counted. */
  readonly budgetMs: number;
  /** Rejoins before `failed`; Infinity: time is counted. */
  readonly maxRejoins: number;
  /** First wait, ms; doubles with each failed rejoin. */
  readonly firstDelayMs: number;
  /** Longest wait, ms. */
  readonly maxDelayMs: number;
  /** Share of a wait that is drawn by lot, 0 to 1: a wait lies between (1 - jitterRatio) × delay and delay. */
  readonly jitterRatio: number;
  /** Waits end early on hints and answered probes, and no attempt starts while offline. */
  readonly heedsHints: boolean;
  /** How long the SDK may repair by itself, ms from the outage's start; 0: not at all. */
  readonly sdkRepairMs: number;
  /**
   * The same while only media is cut and the server answers all along, ms: a new room would have no media either, so
   * the old one is held and its ICE restarted.
   */
  readonly mediaHoldMs: number;
  /** After this the session is rebuilt although the SDK has not said `disconnected`, ms, if the server answers. */
  readonly lastResortMs: number;
  /** One rejoin from its probe to the joined room, ms. */
  readonly attemptMs: number;
  /** How long a joined room has to prove that media flows, ms. */
  readonly proofMs: number;
  /** The first join with its retries, ms. */
  readonly firstJoinMs: number;
  /** Tries within the first join. */
  readonly firstJoinTries: number;
  /** Proven connection after which failed rejoins are forgotten, ms. */
  readonly provenResetMs: number;
  /** Pause between two pushes of the SDK's repair while media is cut and it has not noticed, ms. */
  readonly nudgeMs: number;
  /** A cut of one direction is treated as an outage after this, ms. */
  readonly oneSidedMs: number;
  /** After `failed` by budget, `online` and `visible` start again by themselves. */
  readonly resumeWhenBack: boolean;
  /** False in text-only mode: there is no microphone to open first. */
  readonly withMicrophone: boolean;
}

/** What a host may choose of a policy. */
export interface PolicyChoice {
  /** @default 'resilient' */
  readonly policy?: PolicyName;
  /** Only for `resilient`, ms, 5,000 to 3,600,000. @default 120000 */
  readonly budgetMs?: number;
  /** @default false */
  readonly resumeWhenBack?: boolean;
  /** No microphone. @default false */
  readonly textOnly?: boolean;
}

/** Default budget: two minutes, as the server side keeps an absent participant for 150 s. */
export const DEFAULT_BUDGET_MS = 120_000;

const RESILIENT: ReconnectPolicy = {
  name: 'resilient',
  budgetMs: DEFAULT_BUDGET_MS,
  maxRejoins: Infinity,
  firstDelayMs: 1000,
  maxDelayMs: 8000,
  jitterRatio: 0.25,
  heedsHints: true,
  sdkRepairMs: 15_000,
  mediaHoldMs: DEFAULT_BUDGET_MS / 2,
  lastResortMs: 30_000,
  attemptMs: 5000,
  proofMs: 5000,
  firstJoinMs: 15_000,
  firstJoinTries: 3,
  provenResetMs: 10_000,
  nudgeMs: 3000,
  oneSidedMs: 15_000,
  resumeWhenBack: false,
  withMicrophone: true,
};

const CLASSIC: ReconnectPolicy = {
  ...RESILIENT,
  name: 'classic',
  budgetMs: Infinity,
  maxRejoins: 5,
  maxDelayMs: 16_000,
  jitterRatio: 0,
  heedsHints: false,
  sdkRepairMs: 0,
  mediaHoldMs: 0,
};

/** The policy that a host chose; the choice is checked by session-options.ts. */
export function reconnectPolicy(choice: PolicyChoice = {}): ReconnectPolicy {
  const base = choice.policy === 'classic' ? CLASSIC : RESILIENT;
  return {
    ...base,
    ...(choice.budgetMs !== undefined &&
      base.name === 'resilient' && {
        budgetMs: choice.budgetMs,
        // Half is left for rooms of ours, in case the old one cannot be helped.
        mediaHoldMs: Math.max(base.sdkRepairMs, choice.budgetMs / 2),
      }),
    resumeWhenBack: choice.resumeWhenBack ?? false,
    withMicrophone: !(choice.textOnly ?? false),
  };
}
