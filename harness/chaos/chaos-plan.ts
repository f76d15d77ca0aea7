/**
 * Decides which calls a chaos run is made of, in which order, and how long they take. Pure. First every scenario once,
 * then every one again: an early look at the report shows the whole picture. Within a round the longest come first, so
 * that lanes end together.
 */
import { CALL_CLIENTS, type CallClient } from '../call/call-result.ts';
import { MATRIX, selectScenarios, shardOf } from '../scenario/matrix.ts';
import { faultSpanMs, shortened, type Scenario } from '../scenario/scenario.ts';
import type { RunName } from './observe-call.ts';

/** One call to make. */
export interface PlannedRun extends RunName {
  readonly scenario: Scenario;
  /** See the shortened policy in scenario.ts, s. */
  readonly budgetSeconds?: number;
}

/** What was asked for. */
export interface ChaosWish {
  /** Ids and groups; empty for all. */
  readonly only: readonly string[];
  readonly client: CallClient | 'both';
  /** Instead of what each scenario wants. */
  readonly runs?: number;
  readonly shard?: { readonly index: number; readonly count: number };
  /** The form of `npm test`: shorter faults under a shorter budget. @default false */
  readonly short?: boolean;
}

/** Start and end of a call that no scenario counts, ms: stack, browser, connecting, hanging up. */
const AROUND_MS = 9_000;
/** A call that takes this much longer than planned is stuck, ms. */
const LIMIT_SLACK_MS = 90_000;

/** True where a call of ours can play it: it breaks something here, and not only in the page's own tests. */
export function isPlayable({ fault, setup }: Scenario): boolean {
  return fault !== undefined || setup !== undefined;
}

/**
 * All calls in order. A scenario that only the page's tests play comes in when it is named by id and can be played.
 * Throws RangeError for names that do not exist, or that cannot be played here.
 */
export function planRuns(wish: ChaosWish, matrix: readonly Scenario[] = MATRIX): readonly PlannedRun[] {
  const named = selectScenarios(wish.only, matrix);
  const unplayable = named.filter((each) => wish.only.includes(each.id) && !isPlayable(each));
  if (unplayable.length > 0)
    throw new RangeError(
      `${unplayable.map(({ id }) => id).join(', ')} cannot be played by a call; npm test plays it inside the page`,
    );
  const playable = named.filter(
    (each) => isPlayable(each) && (each.rings.includes('real') || wish.only.includes(each.id)),
  );
  const own = wish.shard === undefined ? playable : shardOf(playable, wish.shard.index, wish.shard.count);
  const clients = wish.client === 'both' ? [...CALL_CLIENTS] : [wish.client];
  const planned = own.flatMap((scenario) =>
    clients.flatMap((client) => {
      const form = wish.short === true ? shortened(scenario) : scenario;
      if (form === undefined) return [];
      const budgetSeconds =
        wish.short === true && scenario.short.mode === 'shortened'
          ? scenario.short.budgetMs / 1_000
          : undefined;
      return Array.from({ length: runCount(scenario, client, wish) }, (_, at) => ({
        scenario: form,
        client,
        run: at + 1,
        ...(budgetSeconds !== undefined && { budgetSeconds }),
      }));
    }),
  );
  return planned.sort((one, other) => one.run - other.run || plannedMs(other) - plannedMs(one));
}

function runCount(scenario: Scenario, client: CallClient, wish: ChaosWish): number {
  const wanted = scenario.runs[client];
  if (wanted > 0) return wish.runs ?? wanted;
  // Where a client has nothing to compare it plays only when somebody asks for exactly that.
  return wish.only.includes(scenario.id) && wish.client === client ? (wish.runs ?? 1) : 0;
}

/** How long a call takes at most when all goes well, ms. */
export function plannedMs({ scenario }: Pick<PlannedRun, 'scenario'>): number {
  const calmMs = scenario.time.at === 'connected' ? scenario.time.afterMs : 0;
  return AROUND_MS + calmMs + faultSpanMs(scenario) + scenario.watchMs;
}

/** When a call counts as stuck, ms from its start. */
export function limitMs(planned: Pick<PlannedRun, 'scenario'>): number {
  return plannedMs(planned) + LIMIT_SLACK_MS;
}

/** The names in `known` that are most like `name`, best first, at most three. */
export function nearestNames(name: string, known: readonly string[]): readonly string[] {
  const ranked = known
    .map((each) => ({
      each,
      steps: each.startsWith(name) || name.startsWith(each) ? 0 : editSteps(name, each),
    }))
    .filter(({ steps, each }) => steps <= Math.max(2, Math.floor(Math.max(name.length, each.length) / 3)))
    .sort((one, other) => one.steps - other.steps);
  return [...new Set(ranked.map(({ each }) => each))].slice(0, 3);
}

/** How many letters must be changed, added or left out (Levenshtein). */
function editSteps(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
