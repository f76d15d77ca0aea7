import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AgentDispatchClient, RoomServiceClient } from 'livekit-server-sdk';
import { pino } from 'pino';
import { findLiveKitServer } from '../../../harness/server/find-livekit-server.ts';
import { startLiveKitServer, type LiveKitServer } from '../../../harness/server/livekit-server.ts';
import { createRunFolder, type RunFolder } from '../../../harness/supervisor/run-folder.ts';
import {
  ask,
  errorCode,
  gatewayFixture,
  json,
  post,
  type GatewayFixture,
  type TokenBody,
} from '../../support/node/gateway-fixture.ts';

const START_LIMIT_MS = 20_000;

describe('the gateway in front of a real livekit-server', () => {
  const log = pino({ enabled: false });
  let runFolder: RunFolder;
  let server: LiveKitServer;
  let fixture: GatewayFixture;

  before(async () => {
    // Finding may mean building it, on a machine that never ran this: the runner's own limit holds there.
    const found = await findLiveKitServer(
      { env: process.env, report: () => {} },
      new AbortController().signal,
    );
    runFolder = await createRunFolder({ log });
    server = await startLiveKitServer(
      { runFolder, log, binary: found.path },
      AbortSignal.timeout(START_LIMIT_MS),
    );
    fixture = await gatewayFixture({ livekit: server });
  });
  after(async () => {
    await fixture.gateway.stop();
    await server.stop();
    await runFolder.stop();
  });

  const newSession = async (body: unknown = {}): Promise<TokenBody> => {
    const answer = await post(fixture.gateway, '/api/token', body);
    assert.equal(answer.status, 201, answer.text);
    return json<TokenBody>(answer);
  };
  /** Dispatches by our agent's name; the server keeps one for agents without a name beside them. */
  const dispatchesIn = async (roomName: string): Promise<number> => {
    const client = new AgentDispatchClient(server.httpUrl, server.apiKey, server.apiSecret);
    const all = await client.listDispatch(roomName);
    return all.filter((dispatch) => dispatch.agentName === fixture.agents.agentName).length;
  };
  const admin = (): RoomServiceClient =>
    new RoomServiceClient(server.httpUrl, server.apiKey, server.apiSecret);

  it('makes a room with the timeouts of the sessions and one dispatch in it', async () => {
    const { roomName } = await newSession();
    const [room] = await admin().listRooms([roomName]);
    assert.deepEqual([room?.emptyTimeout, room?.departureTimeout], [300, 150]);
    assert.equal(await dispatchesIn(roomName), 1);
  });

  it('gives tokens that the server lets in, and to nothing but the room', async () => {
    const { participantToken, roomName } = await newSession();
    const validated = await fetch(`${server.httpUrl}/rtc/validate?access_token=${participantToken}`);
    assert.equal(validated.status, 200, await validated.text());
    const asParticipant = new RoomServiceClient(server.httpUrl, undefined, undefined, {
      token: participantToken,
    });
    await assert.rejects(asParticipant.listRooms(), /permission|denied|unauth/i);
    await assert.rejects(asParticipant.deleteRoom(roomName), /permission|denied|unauth/i);
  });

  it('brings the same room back for two requests at once, without a second dispatch', async () => {
    const first = await newSession();
    const again = await Promise.all([
      newSession({ resume: first.resume }),
      newSession({ resume: first.resume }),
    ]);
    assert.deepEqual(
      again.map((answer) => answer.roomName),
      [first.roomName, first.roomName],
    );
    assert.equal(await dispatchesIn(first.roomName), 1);
  });

  it('deletes the room on bye', async () => {
    const { roomName, resume } = await newSession();
    assert.equal((await post(fixture.gateway, '/api/bye', { resume })).status, 204);
    assert.deepEqual(await admin().listRooms([roomName]), []);
  });

  it('answers 503 while the server is killed, and serves the same session when it is back', async () => {
    const first = await newSession();
    assert.equal((await ask(fixture.gateway, '/readyz')).status, 200);
    server.signal('SIGKILL');
    await server.exited;
    const startMs = performance.now();
    const answer = await post(fixture.gateway, '/api/token', {});
    assert.equal(answer.status, 503);
    assert.equal(errorCode(answer), 'livekitUnavailable');
    assert.equal(answer.headers['retry-after'], '1');
    assert.ok(performance.now() - startMs < 1000);
    const readiness = await ask(fixture.gateway, '/readyz');
    assert.equal(readiness.status, 503);
    assert.match(readiness.text, /"id":"livekit","ok":false/);
    await server.startAgain(AbortSignal.timeout(START_LIMIT_MS));
    fixture.advance(10_000);
    const again = await newSession({ resume: first.resume });
    assert.equal(again.roomName, first.roomName);
    const [room] = await admin().listRooms([first.roomName]);
    assert.equal(room?.departureTimeout, 150, 'the room was gone and is made with its timeouts again');
  });
});
