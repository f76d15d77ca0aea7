/** How the report writes numbers and foreign text. Pure. */

/** Text for an element or a double-quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Milliseconds as people read them: `0.3 s`, `12.5 s`, `200 s`; `never` for null. */
export function seconds(valueMs: number | null): string {
  if (valueMs === null) return 'never';
  const value = valueMs / 1_000;
  if (Math.abs(value) >= 100) return `${Math.round(value)} s`;
  // Two digits for what is under a second: 0.07 s and 0.3 s are different things here.
  return `${value.toFixed(Math.abs(value) < 1 && valueMs !== 0 ? 2 : 1)} s`;
}
