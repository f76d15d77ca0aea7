/**
 * The token endpoint's messages. The shape is LiveKit's (https://docs.livekit.io/frontends/authentication/tokens/endpoint/):
 * snake_case request fields; answers are read in camelCase and snake_case, because both are in the field. `resume`,
 * `pipeline`, `session_id` and `serverUrls` are ours and ignored by others.
 */

/** What a client may ask. All optional. */
export interface TokenRequest {
  readonly room_name?: string;
  readonly participant_identity?: string;
  /** Ours: brings the room and identity of an earlier answer back. */
  readonly resume?: string;
  /** Ours: which voice pipeline the agent shall run. */
  readonly pipeline?: string;
}

/** What the endpoint answers. */
export interface TokenAnswer {
  readonly serverUrl: string;
  /** Ours: all addresses of the same LiveKit in the order to try, `serverUrl` first; each once. Absent: only that one. */
  readonly serverUrls?: readonly string[];
  readonly participantToken: string;
  readonly roomName?: string;
  readonly participantIdentity?: string;
  readonly resume?: string;
}

/** Largest answer that is read, bytes; a real one has under 2 kB. */
export const MAX_TOKEN_ANSWER_BYTES = 64 * 1024;

/** Most addresses that are tried in turn: each may cost an attempt of 5 s, and the budget is 120 s. */
export const MAX_SERVER_URLS = 8;

/** Reads an answer. Throws TypeError that names the field, never its value. */
export function parseTokenAnswer(value: unknown): TokenAnswer {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('token answer is not an object');
  const fields = value as Record<string, unknown>;
  const text = (camel: string, snake: string): string | undefined => {
    const found = fields[camel] ?? fields[snake];
    if (found === undefined || found === null) return undefined;
    if (typeof found !== 'string' || found === '')
      throw new TypeError(`token answer: ${camel} is not a text`);
    return found;
  };
  const serverUrl = text('serverUrl', 'server_url');
  const participantToken = text('participantToken', 'participant_token');
  if (serverUrl === undefined) throw new TypeError('token answer: serverUrl is missing');
  if (participantToken === undefined) throw new TypeError('token answer: participantToken is missing');
  if (!isServerUrl(serverUrl)) throw new TypeError('token answer: serverUrl is not a ws: or wss: address');
  const serverUrls = parseServerUrls(serverUrl, fields['serverUrls'] ?? fields['server_urls']);
  const roomName = text('roomName', 'room_name');
  const participantIdentity = text('participantIdentity', 'participant_identity');
  const resume = text('resume', 'resume');
  return {
    serverUrl,
    ...(serverUrls !== undefined && { serverUrls }),
    participantToken,
    ...(roomName !== undefined && { roomName }),
    ...(participantIdentity !== undefined && { participantIdentity }),
    ...(resume !== undefined && { resume }),
  };
}

function isServerUrl(url: string): boolean {
  return /^(wss?|https?):\/\//.test(url);
}

function parseServerUrls(first: string, value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new TypeError('token answer: serverUrls is not a list');
  const urls = value.map((url: unknown) => {
    if (typeof url !== 'string' || !isServerUrl(url))
      throw new TypeError('token answer: serverUrls holds what is not a ws: or wss: address');
    return url;
  });
  const all = [...new Set([first, ...urls])];
  if (all.length > MAX_SERVER_URLS)
    throw new TypeError(`token answer: ${all.length} serverUrls, at most ${MAX_SERVER_URLS} are tried`);
  return all;
}
