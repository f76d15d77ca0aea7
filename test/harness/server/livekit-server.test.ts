import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RoomServiceClient } from 'livekit-server-sdk';
import { PortInUseError } from '../../../harness/server/free-ports.ts';
import { startLiveKitServer } from '../../../harness/server/livekit-server.ts';
import type { LiveKitServer, LiveKitServerOptions } from '../../../harness/server/livekit-server.ts';
import { ServerStartError } from '../../../harness/server/server-errors.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import type { RunFolder } from '../../../harness/supervisor/run-folder.ts';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { liveKitBinary } from '../../support/node/livekit-binary.ts';
import { fileGone, processEnd } from '../../support/node/process-ends.ts';
import { sourceArguments } from '../../support/node/run-program.ts';
import { silentLog } from '../../support/node/silent-log.ts';

let runFolder: RunFolder;
let binary: string;
const signal = AbortSignal.timeout(120_000);

before(async () => {
  binary = (await liveKitBinary()).path;
  runFolder = await createRunFolder({ log: silentLog });
});
after(() => runFolder.stop());

function start(options: Partial<LiveKitServerOptions> = {}): Promise<LiveKitServer> {
  return startLiveKitServer({ runFolder, log: silentLog, binary, ...options }, signal);
}

/** States of /proc/net: TCP listening, UDP bound. */
const LISTENING = ['0A', '07'];

/** Addresses on which someone listens on a port, in hex. */
function listeningAddresses(table: 'tcp' | 'tcp6' | 'udp' | 'udp6', port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync(`/proc/net/${table}`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, address, , state]) => address?.endsWith(`:${hexPort}`) === true && LISTENING.includes(state ?? ''),
    )
    .map(([, address]) => address ?? '');
}

test('a server answers, lets its own keys in, and is gone within two seconds', async () => {
  const server = await start();
  assert.equal((await fetch(server.httpUrl)).status, 200);
  const rooms = new RoomServiceClient(server.httpUrl, server.apiKey, server.apiSecret);
  const room = await rooms.createRoom({ name: 'a', departureTimeout: 150, emptyTimeout: 300 });
  assert.equal(room.departureTimeout, 150);
  assert.match(server.version, /^\d+\.\d+\.\d+/);
  const { pid } = server;
  const startedMonoMs = performance.now();
  await server.stop();
  assert.ok(performance.now() - startedMonoMs < 2000);
  assert.equal(startTimeOf(pid), undefined);
});

test('the secret stands in no argument and no environment, and its file can be read by us only', async () => {
  await using server = await start();
  for (const file of ['cmdline', 'environ']) {
    assert.ok(!readFileSync(`/proc/${server.pid}/${file}`, 'utf8').includes(server.apiSecret));
  }
  const file = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').split('\0')[2] ?? '';
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(server.apiSecret.length >= 32);
});

test('a server listens on loopback only', async () => {
  await using server = await start();
  assert.deepEqual(
    listeningAddresses('tcp', server.port).map((address) => address.split(':')[0]),
    ['0100007F'],
  );
  assert.deepEqual(
    listeningAddresses('udp', server.udpPort).map((address) => address.split(':')[0]),
    ['0100007F'],
  );
  assert.deepEqual(
    [...listeningAddresses('tcp6', server.port), ...listeningAddresses('udp6', server.udpPort)],
    [],
  );
});

test('two servers run at once, each with ports and keys of its own', async () => {
  await using first = await start();
  await using second = await start();
  assert.equal(new Set([first.port, second.port, first.apiSecret, second.apiSecret]).size, 4);
  const rooms = new RoomServiceClient(second.httpUrl, first.apiKey, first.apiSecret);
  await assert.rejects(rooms.listRooms());
});

test('a killed server comes back on the same ports with the same keys', async () => {
  await using server = await start();
  const { port, udpPort, apiSecret, pid } = server;
  server.signal('SIGKILL');
  assert.equal((await server.exited).signal, 'SIGKILL');
  await assert.rejects(fetch(server.httpUrl));
  await server.startAgain(signal);
  assert.notEqual(server.pid, pid);
  assert.deepEqual([server.port, server.udpPort, server.apiSecret], [port, udpPort, apiSecret]);
  await new RoomServiceClient(server.httpUrl, server.apiKey, server.apiSecret).listRooms();
});

test('a paused server can be stopped', async () => {
  const server = await start();
  server.signal('SIGSTOP');
  const startedMonoMs = performance.now();
  await server.stop();
  assert.ok(performance.now() - startedMonoMs < 2000);
});

test('a port in use is told before anything starts', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await assert.rejects(start({ ports: { http: port } }), PortInUseError);
});

test('a binary that exits is told with its last lines, the secret masked', async () => {
  const broken = join(runFolder.path, 'broken-server');
  writeFileSync(broken, '#!/bin/sh\necho "cannot go on" >&2\ncat "$2" >&2\nexit 4\n', { mode: 0o755 });
  const apiSecret = 'a-secret-that-shall-not-be-shown';
  await assert.rejects(start({ binary: broken, keys: { apiKey: 'k', apiSecret } }), (error: unknown) => {
    assert.ok(error instanceof ServerStartError);
    assert.equal(error.code, 'exited');
    assert.match(
      error.message,
      /ended with 4 before it was ready; its last lines:\ncannot go on\n.*<secret>/,
    );
    assert.ok(!error.message.includes(apiSecret));
    return true;
  });
});

/** A program that answers 200 on the port of the server, as another program there would, and counts its starts. */
function foreignServer(folder: string): { binary: string; starts: () => number } {
  const starts = join(folder, 'foreign-starts');
  const script = join(folder, 'foreign-server.cjs');
  writeFileSync(starts, '');
  writeFileSync(
    script,
    `require('fs').appendFileSync(${JSON.stringify(starts)}, '.');
    const { port } = JSON.parse(require('fs').readFileSync(process.argv[3], 'utf8'));
    require('http').createServer((request, answer) => {
      answer.writeHead(request.method === 'GET' ? 200 : 401).end();
    }).listen(port, '127.0.0.1');`,
  );
  const shell = join(folder, 'foreign-server');
  writeFileSync(shell, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, { mode: 0o755 });
  return { binary: shell, starts: () => readFileSync(starts, 'utf8').length };
}

test('another program that answers on the port is not taken for the server; a free port is picked anew', async () => {
  const foreign = foreignServer(runFolder.path);
  await assert.rejects(start({ binary: foreign.binary }), { name: 'ServerStartError', code: 'portTaken' });
  assert.equal(foreign.starts(), 3);
});

test('a binary that cannot be started is told', async () => {
  await assert.rejects(start({ binary: '/nowhere/livekit-server' }), (error: unknown) => {
    return error instanceof ServerStartError && error.code === 'cannotStart';
  });
});

test('an aborted start leaves nothing running', async () => {
  const silent = join(runFolder.path, 'silent-server');
  const pidFile = join(runFolder.path, 'silent-pid');
  writeFileSync(silent, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 1000\n`, { mode: 0o755 });
  const aborted = AbortSignal.timeout(300);
  await assert.rejects(startLiveKitServer({ runFolder, log: silentLog, binary: silent }, aborted), {
    name: 'TimeoutError',
  });
  await processEnd(Number(readFileSync(pidFile, 'utf8')), 1000);
});

test('after SIGKILL of its parent there is no server and no folder', async () => {
  const parent = spawn(process.execPath, sourceArguments('test/harness/server/run-with-server.ts'), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const { folder, pid, url } = JSON.parse(said.toString()) as { folder: string; pid: number; url: string };
  assert.equal((await fetch(url)).status, 200);
  parent.kill('SIGKILL');
  await processEnd(pid);
  await fileGone(folder);
});
