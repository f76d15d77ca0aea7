/** A gateway with fakes around it: rooms and agents that write down what was asked of them, and a captured log. */
import http from 'node:http';
import { pino } from 'pino';
import type { AgentDirectory, RoomTimeouts } from '../../../harness/contracts.ts';
import { startGateway, type Gateway } from '../../../harness/gateway/gateway.ts';
import type { GatewayOptions } from '../../../harness/gateway/options.ts';
import type { RoomDirectory } from '../../../harness/gateway/room-directory.ts';

export const LIVEKIT = {
  url: 'ws://127.0.0.1:17880',
  publicUrl: 'ws://127.0.0.1:18880',
  apiKey: 'testkey',
  apiSecret: 'a-secret-of-this-test-that-is-long-enough',
};
export const TIMEOUTS: RoomTimeouts = { emptyTimeoutS: 300, departureTimeoutS: 150 };

/** Rooms that write down what was asked; `fail` makes every call throw it, `gate` holds createRoom back. */
export class FakeRooms implements RoomDirectory {
  readonly created: { roomName: string; timeouts: RoomTimeouts }[] = [];
  readonly dispatched: { roomName: string; agentName: string; metadata: string }[] = [];
  readonly deleted: string[] = [];
  fail: Error | undefined;
  gate: Promise<void> | undefined;

  async createRoom(roomName: string, timeouts: RoomTimeouts): Promise<void> {
    this.created.push({ roomName, timeouts });
    await this.gate;
    this.#maybeFail();
  }
  async dispatch(roomName: string, agentName: string, metadata: string): Promise<void> {
    this.#maybeFail();
    this.dispatched.push({ roomName, agentName, metadata });
  }
  async deleteRoom(roomName: string): Promise<void> {
    this.deleted.push(roomName);
    this.#maybeFail();
  }
  async ping(): Promise<void> {
    this.#maybeFail();
  }
  #maybeFail(): void {
    if (this.fail !== undefined) throw this.fail;
  }
}

/** An agent side that serves the ids in `live`. */
export class FakeAgents implements AgentDirectory {
  readonly agentName = 'clara-test';
  readonly live = new Set<string>();
  readonly ended: { voiceSessionId: string; reason: string }[] = [];
  ready: { ok: boolean; reason?: string } = { ok: true };

  hasLiveAgent(voiceSessionId: string): boolean {
    return this.live.has(voiceSessionId);
  }
  async endSession(voiceSessionId: string, reason: string): Promise<void> {
    this.ended.push({ voiceSessionId, reason });
    this.live.delete(voiceSessionId);
  }
  readiness(): { ok: boolean; reason?: string } {
    return this.ready;
  }
}

/** Everything that one test looks at. Stop the gateway at the end of the test. */
export interface GatewayFixture {
  readonly gateway: Gateway;
  readonly rooms: FakeRooms;
  readonly agents: FakeAgents;
  /** All log lines so far, every level. */
  logText(): string;
  /** Moves the gateway's clock. */
  advance(ms: number): void;
}

/** Starts a gateway on a free port, with fakes unless `changes` bring something else; the real rooms with a real `livekit`. */
export async function gatewayFixture(changes: Partial<GatewayOptions> = {}): Promise<GatewayFixture> {
  const rooms = new FakeRooms();
  const agents = new FakeAgents();
  const lines: string[] = [];
  let nowMs = Date.now();
  const gateway = await startGateway({
    livekit: LIVEKIT,
    agents,
    ...(changes.livekit === undefined && { rooms }),
    roomTimeouts: TIMEOUTS,
    defaultPipeline: 'parrot',
    rateLimit: { max: 10_000, windowMs: 60_000 },
    log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    now: () => nowMs,
    ...changes,
  });
  return { gateway, rooms, agents, logText: () => lines.join(''), advance: (ms) => (nowMs += ms) };
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** What to send; unlike fetch this may set every header, Host and Origin too. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request on a connection of its own. */
export function ask(
  gateway: { readonly port: number },
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: gateway.port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** A POST of JSON, as a page of the gateway's own origin sends it. */
export function post(
  gateway: { readonly port: number },
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return ask(gateway, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** The body of a token answer. */
export interface TokenBody {
  readonly serverUrl: string;
  readonly participantToken: string;
  readonly roomName: string;
  readonly participantIdentity: string;
  readonly resume: string;
  readonly server_url: string;
  readonly participant_token: string;
}

/** Reads JSON that the test knows the shape of. */
export function json<T>(answer: Answer): T {
  return JSON.parse(answer.text) as T;
}

/** The code of an error answer. */
export function errorCode(answer: Answer): string {
  return json<{ error: { code: string } }>(answer).error.code;
}
