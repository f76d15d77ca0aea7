/**
 * Owns: the stream of `/api/agents`: read as it comes, asked for again with back-off when it ends. By fetch, because an
 * EventSource can show no token. Invariant: after the signal's abort nothing is asked for and nobody is told.
 */
import { parseAgentsMessage, type AgentsMessage } from '../../shared/agent-sessions.ts';
import type { AgentsStatus } from './agents-state.ts';

/** What the stream works with. */
export interface AgentsStreamParts {
  readonly fetch: typeof fetch;
  /** Resolves after so many ms; rejects when the signal aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** The operator's token, empty for none. */
  readonly token: () => string;
  readonly onMessage: (message: AgentsMessage) => void;
  readonly onStatus: (status: AgentsStatus) => void;
}

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 8_000;
/** A stream that says nothing for this long is dead: the gateway says something every 15 s. */
const SILENT_LIMIT_MS = 40_000;

function headersOf(token: string): HeadersInit {
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}

/** The data of each event of a chunked text; the rest is given back to be put before the next chunk. */
export function takeEvents(text: string): { readonly data: readonly string[]; readonly rest: string } {
  const parts = text.split('\n\n');
  const rest = parts.pop() ?? '';
  const data = parts.flatMap((part) => {
    const lines = part.split('\n').filter((line) => line.startsWith('data:'));
    return lines.length === 0 ? [] : [lines.map((line) => line.slice(5).trimStart()).join('\n')];
  });
  return { data, rest };
}

/** Follows the stream until `signal` aborts or the gateway refuses. Never rejects. */
export async function followAgents(parts: AgentsStreamParts, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const end = await readOnce(parts, signal);
    if (signal.aborted) return;
    if (end === 'refused' || end === 'absent') return parts.onStatus(end);
    parts.onStatus('lost');
    pauseMs = end === 'ended' ? FIRST_PAUSE_MS : Math.min(LAST_PAUSE_MS, pauseMs * 2);
    try {
      await parts.sleep(pauseMs, signal);
    } catch {
      return; // over
    }
  }
}

/** `ended`: it was live; `failed`: it never was. */
async function readOnce(
  { fetch, sleep, token, onMessage }: AgentsStreamParts,
  signal: AbortSignal,
): Promise<'ended' | 'failed' | 'refused' | 'absent'> {
  const own = new AbortController();
  const either = AbortSignal.any([signal, own.signal]);
  let wasLive = false;
  try {
    const response = await fetch('/api/agents', {
      headers: headersOf(token()),
      signal: either,
      cache: 'no-store',
    });
    if (response.status === 403) return 'refused';
    if (response.status === 404) return 'absent';
    if (!response.ok || response.body === null) return 'failed';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const chunk = await orSilent(reader.read());
      if (chunk === undefined || chunk.done) return wasLive ? 'ended' : 'failed';
      const taken = takeEvents(rest + chunk.value);
      rest = taken.rest;
      for (const data of taken.data) {
        const message = parseAgentsMessage(JSON.parse(data));
        if (message !== undefined) onMessage(message);
        wasLive ||= message !== undefined;
      }
    }
  } catch {
    return wasLive ? 'ended' : 'failed'; // no network, or what came is no JSON
  } finally {
    own.abort();
  }

  async function orSilent<T>(work: Promise<T>): Promise<T | undefined> {
    const heard = new AbortController();
    try {
      return await Promise.race([
        work,
        sleep(SILENT_LIMIT_MS, AbortSignal.any([either, heard.signal])).then(() => undefined),
      ]);
    } finally {
      heard.abort();
    }
  }
}

/** Asks for the end of a session; false when it was refused or there is none. Never rejects. */
export async function endAgentSession(
  { fetch, token }: Pick<AgentsStreamParts, 'fetch' | 'token'>,
  sessionId: string,
): Promise<boolean> {
  try {
    const response = await fetch('/api/agents/end', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(token()) },
      body: JSON.stringify({ sessionId }),
      signal: AbortSignal.timeout(10_000),
    });
    return response.ok;
  } catch {
    return false;
  }
}
