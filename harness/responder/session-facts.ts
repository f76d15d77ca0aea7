/**
 * Owns: telling what happens to command-line sessions in the words of the agent side's board, so that one dashboard, one
 * set of metrics and one set of alerts show both kinds. Pure, but for who is told.
 * Never: tells what was said, an agent's name or a command.
 */
import type { CliUpdate } from './session-types.ts';

/** Facts as the board takes them (`SessionFact` of the telemetry). */
export type CliFact =
  | { readonly type: 'started' }
  | { readonly type: 'state'; readonly state: string }
  | { readonly type: 'usage'; readonly rssBytes: number; readonly cpuMs: number }
  | { readonly type: 'turn' }
  | { readonly type: 'error'; readonly code: string }
  | { readonly type: 'recovery'; readonly attempt: number; readonly why: string }
  | { readonly type: 'warning'; readonly code: string; readonly text: string }
  | { readonly type: 'ended'; readonly reason: string; readonly outcome: 'good' | 'bad' };

/** The facts in an update; most have none. */
export function factsOf(update: CliUpdate): CliFact[] {
  switch (update.type) {
    case 'status': {
      const { from, to, session } = update;
      if (from === undefined) return [{ type: 'started' }, { type: 'state', state: to }];
      if (to === 'running' || to === 'recovering') return [{ type: 'state', state: to }];
      const category = session.error?.category;
      const isBad = to === 'failed' || to === 'timeout';
      return [
        ...(isBad ? [{ type: 'error', code: category ?? to } as const] : []),
        { type: 'state', state: to },
        { type: 'ended', reason: isBad ? (category ?? to) : to, outcome: isBad ? 'bad' : 'good' },
      ];
    }
    case 'recovery':
      return [{ type: 'recovery', attempt: update.attempt, why: update.category }];
    case 'limit': {
      const { limit, value, allowed } = update.breach;
      return [{ type: 'warning', code: 'limit', text: `${limit} ${Math.round(value)} of ${allowed}` }];
    }
    case 'message':
      return update.message.type === 'result' ? [{ type: 'turn' }] : [];
    case 'health': {
      const rssBytes = update.session?.memoryUsage?.rss;
      return [
        ...(rssBytes !== undefined
          ? [{ type: 'usage', rssBytes, cpuMs: update.session?.cpuMs ?? 0 } as const]
          : []),
        ...(update.isStale && update.session !== undefined
          ? [{ type: 'warning', code: 'stale', text: 'no activity for too long' } as const]
          : []),
      ];
    }
    case 'output':
      return [];
  }
}

/** What it needs of a manager. */
export interface UpdateSource {
  onUpdate(callback: (session: { readonly id: string }, update: CliUpdate) => void): () => void;
}

/**
 * Tells every fact of a manager's sessions, `note(sessionId, 'cli', fact)`; the telemetry's `note` fits. The answer ends it.
 */
export function noteFacts(
  manager: UpdateSource,
  note: (sessionId: string, kind: 'cli', fact: CliFact) => void,
): () => void {
  return manager.onUpdate(({ id }, update) => {
    for (const fact of factsOf(update)) note(id, 'cli', fact);
  });
}
