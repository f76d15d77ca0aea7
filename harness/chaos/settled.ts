/** Decides when a call after a fault need not be watched any longer. Pure. */
import type { ProbeReport } from '../../src/shared/probe-report.ts';
import { silentSpans } from '../call/word-flow.ts';
import type { TimedWord } from '../call/call-facts.ts';
import { pageWords } from './fault-facts.ts';

/** Sound and screen stand for so long before a call counts as settled, ms: longer than the tardiest late alarm of stock. */
const STANDS_MS = 7_000;
/** The last word is told this much after its start at the latest, ms. */
const FRESH_MS = 1_500;

/** Whether both sides heard every word and nothing changed on the screen for STANDS_MS, all of it after `fromWallMs`. */
export function isSettled(
  seen: { readonly page: readonly ProbeReport[]; readonly heard: readonly TimedWord[] },
  fromWallMs: number,
  nowWallMs: number,
): boolean {
  const sinceMs = nowWallMs - STANDS_MS;
  if (sinceMs < fromWallMs) return false;
  const last = seen.page.findLast((report) => report.kind === 'phase');
  if (last?.kind !== 'phase' || last.phase !== 'connected' || last.at.wallMs > sinceMs) return false;
  return [seen.heard, pageWords(seen.page, 'agent')].every((words) => {
    const untilMs = nowWallMs - FRESH_MS;
    const lastWord = words.at(-1);
    return (
      lastWord !== undefined &&
      lastWord.atWallMs > untilMs - 1_000 &&
      silentSpans(words, untilMs).every(({ toMs }) => toMs <= sinceMs)
    );
  });
}

/** Whether the page has shown a final phase, and stayed with it, since `beforeWallMs` or longer. */
export function looksOver(page: readonly ProbeReport[], beforeWallMs: number): boolean {
  const last = page.findLast((report) => report.kind === 'phase');
  return last?.kind === 'phase' && ['failed', 'ended'].includes(last.phase) && last.at.wallMs <= beforeWallMs;
}
