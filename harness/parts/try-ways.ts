/**
 * Owns: going through the ways to a part, in order, until one works.
 * Never: hides why a way failed, or takes one that was switched off.
 */
import { UsageError } from '../config/usage-error.ts';
import type { FailedWay } from './part-missing-error.ts';
import { PartMissingError } from './part-missing-error.ts';

/** Every way that CLARA_DISABLE can switch off, by id. */
export const WAY_IDS = [
  'server-env',
  'server-path',
  'server-cache',
  'server-go',
  'server-download',
  'chromium-env',
  'chromium-system',
  'chromium-playwright',
  'chromium-package',
  'redis-system',
  'redis-package',
] as const;
/** Id of a way, `<part>-<way>`. */
export type WayId = (typeof WAY_IDS)[number];

/** One way to have a part. */
export interface Way<T> {
  readonly id: WayId;
  /** What it does, for people: `go install …`. */
  readonly what: string;
  /** The part, or the reason why this way does not lead to it. Bounded; rejects only when aborted. */
  find(signal: AbortSignal): Promise<{ readonly part: T } | { readonly reason: string }>;
}

/** Tells people about the progress of a slow step; one line each. */
export type Report = (line: string) => void;

/**
 * Reads CLARA_DISABLE: ids of ways, separated by commas; `server-*` is all ways of a part. Throws UsageError for an id
 * that does not exist, because a misspelt one would silently switch nothing off.
 */
export function parseDisabledWays(text: string | undefined): ReadonlySet<WayId> {
  const disabled = new Set<WayId>();
  for (const name of (text ?? '').split(',').map((part) => part.trim())) {
    if (name === '') continue;
    const matches = WAY_IDS.filter(
      (id) => id === name || (name.endsWith('-*') && id.startsWith(name.slice(0, -1))),
    );
    if (matches.length === 0) {
      throw new UsageError(
        `CLARA_DISABLE: "${name}" is not a way; there are ${WAY_IDS.join(', ')}, server-*, chromium-*, redis-*`,
      );
    }
    for (const id of matches) disabled.add(id);
  }
  return disabled;
}

/** What {@link tryWays} looks for. */
export interface WantedPart<T> {
  readonly name: string;
  readonly neededFor: string;
  /** Advice when no way works. */
  readonly how: string;
  readonly ways: readonly Way<T>[];
}

/** Goes through the ways. Rejects with PartMissingError when none works, with the signal's reason when aborted. */
export async function tryWays<T>(
  wanted: WantedPart<T>,
  disabled: ReadonlySet<WayId>,
  signal: AbortSignal,
): Promise<T> {
  const failed: FailedWay[] = [];
  for (const way of wanted.ways) {
    signal.throwIfAborted();
    if (disabled.has(way.id)) {
      failed.push({ id: way.id, what: way.what, reason: 'switched off by CLARA_DISABLE' });
      continue;
    }
    const result = await way.find(signal);
    if ('part' in result) return result.part;
    failed.push({ id: way.id, what: way.what, reason: result.reason });
  }
  throw new PartMissingError(wanted.name, wanted.neededFor, failed, wanted.how);
}
