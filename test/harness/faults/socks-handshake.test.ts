import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { greetingLength, parseSocksRequest } from '../../../harness/faults/socks-handshake.ts';
import { startTcpProxy } from '../../../harness/faults/tcp-proxy.ts';

const name = (host: string, port: number): Buffer =>
  Buffer.concat([
    Buffer.from([5, 1, 0, 3, host.length]),
    Buffer.from(host),
    Buffer.from([port >> 8, port & 255]),
  ]);

test('a greeting ends after its methods', () => {
  assert.equal(greetingLength(Buffer.from([])), undefined);
  assert.equal(greetingLength(Buffer.from([5, 2, 0])), undefined);
  assert.equal(greetingLength(Buffer.from([5, 2, 0, 2, 9])), 4);
  assert.throws(() => greetingLength(Buffer.from('GET /')), /not SOCKS5/);
});

test('a request names a host, an IPv4 or an IPv6 address', () => {
  assert.deepEqual(parseSocksRequest(name('example.org', 443)), {
    host: 'example.org',
    port: 443,
    byteLength: 18,
  });
  assert.deepEqual(parseSocksRequest(Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, 0, 80, 99])), {
    host: '127.0.0.1',
    port: 80,
    byteLength: 10,
  });
  const six = parseSocksRequest(Buffer.from([5, 1, 0, 4, ...new Array<number>(15).fill(0), 1, 0, 80]));
  assert.deepEqual([six?.host, six?.port], ['0:0:0:0:0:0:0:1', 80]);
  assert.equal(parseSocksRequest(name('example.org', 443).subarray(0, 10)), undefined);
  assert.throws(() => parseSocksRequest(Buffer.from([5, 2, 0, 1, 0, 0])), /not CONNECT/);
  assert.throws(() => parseSocksRequest(Buffer.from([5, 1, 0, 9, 0, 0])), /kind 9/);
});

test('a connection through the proxy reaches where it says, and is held and cut like any other', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const proxy = await startTcpProxy({ serverPort: 0, socks: true });
  t.after(() => proxy.close());
  const client = connect(proxy.port, '127.0.0.1');
  let got = Buffer.alloc(0);
  client.on('data', (bytes: Buffer) => (got = Buffer.concat([got, bytes])));
  const until = async (length: number): Promise<void> => {
    while (got.byteLength < length) await once(client, 'data', { signal: AbortSignal.timeout(2_000) });
  };
  client.write(Buffer.from([5, 1, 0]));
  await until(2);
  // The first bytes of the conversation come in one piece with the request.
  client.write(
    Buffer.concat([name('127.0.0.1', (server.address() as AddressInfo).port), Buffer.from('hello')]),
  );
  await until(2 + 10 + 5);
  assert.equal(got.toString('latin1', 12), 'hello');
  const letGo = proxy.hold();
  client.write('held');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(got.byteLength, 17);
  letGo();
  await until(21);
  const closed = once(client, 'error', { signal: AbortSignal.timeout(2_000) });
  proxy.cutConnections('reset');
  const [error] = (await closed) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});
