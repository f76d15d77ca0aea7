import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomServiceClient } from 'livekit-server-sdk';
import { startLiveKitServer } from '../../../harness/server/livekit-server.ts';
import { warmUpServer } from '../../../harness/server/warm-up.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { liveKitBinary } from '../../support/node/livekit-binary.ts';
import { silentLog } from '../../support/node/silent-log.ts';

test('warming a server up lets it join somebody once, and leaves no room behind', async () => {
  const log = silentLog;
  const lines: string[] = [];
  const runFolder = await createRunFolder({ log });
  const binary = (await liveKitBinary()).path;
  const telling = Object.assign(Object.create(log) as typeof log, {
    trace: (_facts: object, line: string) => void lines.push(line),
  });
  const server = await startLiveKitServer({ runFolder, log: telling, binary }, AbortSignal.timeout(20_000));
  try {
    await warmUpServer(server);
    assert.equal(lines.filter((line) => line.includes('starting RTC session')).length, 1);
    const rooms = new RoomServiceClient(server.httpUrl, server.apiKey, server.apiSecret);
    assert.deepEqual(await rooms.listRooms(), []);
  } finally {
    await server.stop();
    await runFolder.stop();
  }
});

test('a server that is not there is not waited for', async () => {
  const startMonoMs = performance.now();
  await warmUpServer({
    url: 'ws://127.0.0.1:9',
    publicUrl: '',
    apiKey: 'key',
    apiSecret: 'a-secret-of-more-than-32-characters',
  });
  assert.ok(performance.now() - startMonoMs < 2_000);
});
