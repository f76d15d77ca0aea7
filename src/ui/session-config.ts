import type { MicrophoneState } from '../core/session/types.ts';

/** Where a token comes from, asked anew for every join. Gives LiveKit's token endpoint answer. */
export type TokenSource = (request: {
  readonly resume?: string;
  readonly roomName?: string;
  readonly identity?: string;
  readonly pipeline?: string;
  readonly signal: AbortSignal;
}) => Promise<unknown>;

/** What the element's attributes and properties say about the session that it wants. */
export interface SessionConfig {
  /** Address of a token endpoint, relative to the page. */
  readonly tokenEndpoint?: string;
  /** Address of a LiveKit server, with {@link token}; several of the same one with spaces between are tried in turn. */
  readonly serverUrl?: string;
  /** A participant token, in memory only. */
  readonly token?: string;
  readonly tokenSource?: TokenSource;
  /** Sent with the token request; which voice pipeline the agent shall run. */
  readonly pipeline?: string;
  readonly policy?: 'resilient' | 'classic';
  /** From an outage to `failed`, ms, 5,000 to 3,600,000. @default 120000 */
  readonly budgetMs?: number;
  readonly resumeWhenBack?: boolean;
  readonly textOnly?: boolean;
  /** The page's own name for the session, by which a reload finds it again. */
  readonly sessionKey?: string;
  /** Which of the page's elements this is, where it has no {@link sessionKey}. */
  readonly slot?: string;
  /** False turns echo cancellation, noise suppression and gain control of the microphone off. @default true */
  readonly audioProcessing: boolean;
}

/** The session's code could not be loaded; the next try may work. */
export class SessionCodeError extends Error {
  override readonly name = 'SessionCodeError';
}

/** Loads the session's code by `load`, an `import()`. Rejects with SessionCodeError. */
export async function loadSessionCode<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new SessionCodeError('the code of the session could not be loaded', { cause });
  }
}

/** Whether `config` names any source of tokens. */
export function isConfigured(config: SessionConfig): boolean {
  return (
    config.tokenEndpoint !== undefined ||
    config.tokenSource !== undefined ||
    (config.serverUrl !== undefined && config.token !== undefined)
  );
}

/** Throws RangeError that names the attribute, its value and what is allowed. */
export function checkConfig({ budgetMs }: SessionConfig): void {
  if (budgetMs !== undefined && !Number.isFinite(budgetMs))
    throw new RangeError('budget is not a number; allowed: 5 to 3600 (seconds)');
}

/** Whether two configs ask for the same session. */
export function isSameConfig(one: SessionConfig, other: SessionConfig): boolean {
  const names = Object.keys({ ...one, ...other }) as (keyof SessionConfig)[];
  return names.every((name) => one[name] === other[name]);
}

/** What the mute button shows: the microphone's own word, or the wish while there is none. */
export function isMuted(microphone: MicrophoneState, wish: boolean): boolean {
  return microphone.status === 'live' ? microphone.muted : wish;
}
