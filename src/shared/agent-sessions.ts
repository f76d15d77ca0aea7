/**
 * What the agent side tells of its sessions on `/api/agents`: the dashboard's wire. Counts, times and codes only:
 * no word of a conversation, no token, no name of a user.
 */

/** A session that runs. Times are wall ms; what is not known yet is absent. */
export interface AgentSessionView {
  readonly sessionId: string;
  /** `voice` or `cli`. */
  readonly kind: string;
  readonly state: string;
  readonly startedWallMs: number;
  /** Of its process tree. */
  readonly rssBytes?: number;
  readonly cpuMs?: number;
  /** Finished turns of the user. */
  readonly messages: number;
  /** New processes in the place of lost ones. */
  readonly recoveries: number;
  readonly reconnections: number;
  readonly errors: number;
  /** Code of the last error. */
  readonly lastError?: string;
  /** End of speech to the first audio of the last answer, ms. */
  readonly answerMs?: number;
}

/** Something that happened. */
export interface AgentSessionNews {
  readonly atWallMs: number;
  readonly sessionId: string;
  /** A code: `started`, `state`, `hung`, `recovery`, `error`, `warning`, `ended`. */
  readonly event: string;
  readonly text: string;
}

/** Middle and 95th of 100, and how many they were taken from. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
}

/** How the next session of a kind will end, as far as the last ones tell: counts and an interval, no more. */
export interface AgentOutlook {
  readonly kind: string;
  /** Ended sessions that it is taken from; those that somebody cancelled are not among them. */
  readonly samples: number;
  /** Fewer samples than these tell nothing. */
  readonly needed: number;
  /** Samples that ended badly. */
  readonly failed: number;
  /** The share that ends badly is in here, 95 times of 100; 0 to 1. */
  readonly lowRatio: number;
  readonly highRatio: number;
  /** Of that share, the older half of the samples beside the newer. */
  readonly trend: 'rising' | 'falling' | 'steady' | 'notEnoughData';
  /** Why the failed ones did, the commonest first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
}

/** What the sessions that have ended were like. */
export interface AgentAnalytics {
  readonly sessions: number;
  readonly sinceWallMs?: number;
  readonly durationMs: Spread;
  readonly joinMs: Spread;
  readonly answerMs: Spread;
  readonly maxRssBytes: Spread;
  readonly endReasons: Readonly<Record<string, number>>;
  readonly errorsByCode: Readonly<Record<string, number>>;
  /** New processes in all, sessions that had one, and those of them that ended well all the same. */
  readonly recoveries: { readonly total: number; readonly sessions: number; readonly survived: number };
  /** One for each kind. */
  readonly outlook?: readonly AgentOutlook[];
}

/** One message of the stream. A `session` replaces what was known of it. */
export type AgentsMessage =
  | {
      readonly type: 'snapshot';
      readonly nowWallMs: number;
      readonly sessions: readonly AgentSessionView[];
      readonly news: readonly AgentSessionNews[];
      readonly analytics: AgentAnalytics;
    }
  | { readonly type: 'session'; readonly session: AgentSessionView }
  | { readonly type: 'news'; readonly news: AgentSessionNews }
  | { readonly type: 'ended'; readonly sessionId: string; readonly analytics: AgentAnalytics };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isOptional = (value: unknown, is: (one: unknown) => boolean): boolean =>
  value === undefined || is(value);
const isCounts = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isNumber);
const isSpread = (value: unknown): boolean =>
  isRecord(value) && isNumber(value['count']) && isNumber(value['p50']) && isNumber(value['p95']);

function isSession(value: unknown): value is AgentSessionView {
  return (
    isRecord(value) &&
    isText(value['sessionId']) &&
    isText(value['kind']) &&
    isText(value['state']) &&
    ['startedWallMs', 'messages', 'recoveries', 'reconnections', 'errors'].every((name) =>
      isNumber(value[name]),
    ) &&
    ['rssBytes', 'cpuMs', 'answerMs'].every((name) => isOptional(value[name], isNumber)) &&
    isOptional(value['lastError'], isText)
  );
}

function isNews(value: unknown): value is AgentSessionNews {
  return (
    isRecord(value) &&
    isNumber(value['atWallMs']) &&
    ['sessionId', 'event', 'text'].every((name) => isText(value[name]))
  );
}

const TRENDS: readonly unknown[] = ['rising', 'falling', 'steady', 'notEnoughData'];

function isOutlook(value: unknown): value is AgentOutlook {
  return (
    isRecord(value) &&
    isText(value['kind']) &&
    ['samples', 'needed', 'failed', 'lowRatio', 'highRatio'].every((name) => isNumber(value[name])) &&
    TRENDS.includes(value['trend']) &&
    Array.isArray(value['reasons']) &&
    value['reasons'].every((one) => isRecord(one) && isText(one['reason']) && isNumber(one['count']))
  );
}

function isAnalytics(value: unknown): value is AgentAnalytics {
  return (
    isRecord(value) &&
    isNumber(value['sessions']) &&
    isOptional(value['sinceWallMs'], isNumber) &&
    ['durationMs', 'joinMs', 'answerMs', 'maxRssBytes'].every((name) => isSpread(value[name])) &&
    isCounts(value['endReasons']) &&
    isCounts(value['errorsByCode']) &&
    isRecord(value['recoveries']) &&
    ['total', 'sessions', 'survived'].every((name) =>
      isNumber((value['recoveries'] as Record<string, unknown>)[name]),
    ) &&
    isOptional(value['outlook'], (outlook) => Array.isArray(outlook) && outlook.every(isOutlook))
  );
}

/** Reads one message of the stream; undefined for anything else. */
export function parseAgentsMessage(value: unknown): AgentsMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { type, sessions, news, session, analytics } = value;
  const isOne =
    (type === 'snapshot' &&
      isNumber(value['nowWallMs']) &&
      Array.isArray(sessions) &&
      sessions.every(isSession) &&
      Array.isArray(news) &&
      news.every(isNews) &&
      isAnalytics(analytics)) ||
    (type === 'session' && isSession(session)) ||
    (type === 'news' && isNews(news)) ||
    (type === 'ended' && isText(value['sessionId']) && isAnalytics(analytics));
  return isOne ? (value as unknown as AgentsMessage) : undefined; // every field of its variant was looked at
}
