/** Durations as people write them. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What {@link parseDurationMs} takes, for messages. */
export const DURATION_RANGE = 'a number with ms, s, m, h or d behind it, like 90s or 2h';

/** `2h`, `1.5m`, `300ms` as ms; undefined for what is none. A number alone is none: of what? */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  return match === null || unitMs === undefined ? undefined : Math.round(Number(match[1]) * unitMs);
}
