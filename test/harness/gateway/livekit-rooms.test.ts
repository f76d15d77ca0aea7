import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { liveKitRooms, toRoomDirectoryError } from '../../../harness/gateway/livekit-rooms.ts';
import { RoomDirectoryError, type RoomDirectory } from '../../../harness/gateway/room-directory.ts';
import { LIVEKIT } from '../../support/node/gateway-fixture.ts';

/** A server that answers every call in one way, as a LiveKit server in trouble does. */
async function answering(
  handler: http.RequestListener,
  run: (rooms: RoomDirectory) => Promise<void>,
): Promise<void> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await run(liveKitRooms({ ...LIVEKIT, url: `ws://127.0.0.1:${port}` }, 0.2));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const is = (code: string) => (error: unknown) => error instanceof RoomDirectoryError && error.code === code;
const timeouts = { emptyTimeoutS: 300, departureTimeoutS: 150 };

describe('the LiveKit adapter of the gateway', () => {
  it('says refused for a 401, without the token that the server’s text holds', () =>
    answering(
      (request, response) =>
        response.writeHead(401).end(`invalid token: ${request.headers.authorization ?? ''}`),
      async (rooms) => {
        await assert.rejects(rooms.createRoom('r', timeouts), (error: Error) => {
          assert.ok(is('refused')(error));
          assert.ok(!/eyJ|Bearer/.test(error.message + String(error.stack) + String(error.cause)));
          return true;
        });
        await assert.rejects(rooms.dispatch('r', 'a', '{}'), is('refused'));
      },
    ));

  it('says failed for a 500', () =>
    answering(
      (_request, response) => response.writeHead(500).end('{}'),
      (rooms) => assert.rejects(rooms.createRoom('r', timeouts), is('failed')),
    ));

  it('says unreachable for a server that never answers, within its time limit', () =>
    answering(
      () => {},
      async (rooms) => {
        const startMs = performance.now();
        await assert.rejects(rooms.createRoom('r', timeouts), is('unreachable'));
        await assert.rejects(rooms.ping(100), is('unreachable'));
        assert.ok(performance.now() - startMs < 2000);
      },
    ));

  it('says unreachable when nobody listens', () =>
    assert.rejects(
      liveKitRooms({ ...LIVEKIT, url: 'ws://127.0.0.1:9' }).createRoom('r', timeouts),
      is('unreachable'),
    ));

  it('takes the deletion of an absent room as done', () =>
    answering(
      (_request, response) =>
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"not_found","msg":"x"}'),
      (rooms) => rooms.deleteRoom('r'),
    ));

  it('keeps the text of a foreign error out of its own', () => {
    const error = toRoomDirectoryError('answer', Object.assign(new Error('foreign words'), { status: 403 }));
    assert.ok(!error.message.includes('foreign words'));
    assert.equal(error.cause, undefined);
  });
});
