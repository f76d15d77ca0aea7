/**
 * What a reload needs to come back, in sessionStorage: this tab alone, gone with it. Reads back only what is whole
 * and not expired; a storage that refuses (blocked, full) forgets, and all else works.
 */
import type { Clock, ResumeContext, ResumeStore } from '../core/ports.ts';
import type { TranscriptEntry } from '../core/session/types.ts';

/** Longest text that is read or written, characters: the last turns are some kB. */
const MAX_CHARACTERS = 512_000;

/** A {@link ResumeStore} under `key`. */
export function sessionResumeStore(
  key: string,
  clock: Clock,
  openStorage: () => Storage = () => sessionStorage,
): ResumeStore {
  return {
    load() {
      try {
        const text = openStorage().getItem(key);
        if (text === null || text.length > MAX_CHARACTERS) return undefined;
        const context = parseResumeContext(JSON.parse(text));
        return context !== undefined && context.expiresWallMs > clock.wallMs() ? context : undefined;
      } catch {
        return undefined; // blocked, or not ours
      }
    },
    save(context) {
      try {
        const text = JSON.stringify(context);
        if (text.length <= MAX_CHARACTERS) openStorage().setItem(key, text);
      } catch {
        // blocked or full: a reload begins anew
      }
    },
    clear() {
      try {
        openStorage().removeItem(key);
      } catch {
        // blocked: then nothing was written
      }
    },
  };
}

/** Reads a context; undefined when it is not one. */
export function parseResumeContext(value: unknown): ResumeContext | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { resume, roomName, identity, turns, expiresWallMs } = value as Record<string, unknown>;
  if (typeof expiresWallMs !== 'number' || !Array.isArray(turns) || !turns.every(isTurn)) return undefined;
  if (![resume, roomName, identity].every((text) => text === undefined || typeof text === 'string'))
    return undefined;
  return {
    ...(typeof resume === 'string' && { resume }),
    ...(typeof roomName === 'string' && { roomName }),
    ...(typeof identity === 'string' && { identity }),
    turns,
    expiresWallMs,
  };
}

function isTurn(value: unknown): value is TranscriptEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { id, from, kind, text, final, wallMs } = value as Partial<Record<keyof TranscriptEntry, unknown>>;
  return (
    typeof id === 'string' &&
    (from === 'user' || from === 'agent') &&
    (kind === 'speech' || kind === 'text') &&
    typeof text === 'string' &&
    typeof final === 'boolean' &&
    typeof wallMs === 'number'
  );
}
