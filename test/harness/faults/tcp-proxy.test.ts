import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { candidateSwap } from '../../../harness/faults/candidate-swap.ts';
import { startTcpProxy, type TcpProxy, type TcpProxyOptions } from '../../../harness/faults/tcp-proxy.ts';

/** A server that says 101 to upgrades and then echoes bytes, and 200 with the path to anything else. */
async function startServer(): Promise<{
  port: number;
  heads: { url: string; headers: IncomingHttpHeaders }[];
  sockets: Socket[];
  close: () => Promise<void>;
}> {
  const heads: { url: string; headers: IncomingHttpHeaders }[] = [];
  const sockets: Socket[] = [];
  const server = createServer((request, response) => {
    heads.push({ url: request.url ?? '', headers: request.headers });
    response.end(`hello ${request.url}`);
  });
  server.on('upgrade', (request, stream) => {
    const socket = stream as Socket;
    heads.push({ url: request.url ?? '', headers: request.headers });
    sockets.push(socket);
    socket.on('error', () => {}); // resets are what is tested
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.on('data', (bytes) => socket.write(bytes));
    socket.on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, heads, sockets, close };
}

/** A client on a raw socket: `got` is all that came. */
class RawClient {
  got = '';
  ended: 'fin' | 'reset' | undefined;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (bytes: Buffer) => (this.got += bytes.toString('latin1')));
    this.socket.on('end', () => (this.ended ??= 'fin'));
    this.socket.on('error', () => (this.ended ??= 'reset'));
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const limit = performance.now() + 2_000;
    while (!holds()) {
      if (performance.now() > limit)
        assert.fail(
          `${what} did not happen in 2000 ms; got ${JSON.stringify(this.got)}, ended ${this.ended}`,
        );
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async join(path = '/rtc/v1?access_token=a.b.c'): Promise<this> {
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
    );
    await this.until(() => this.got.endsWith('\r\n\r\n'), 'the answer to the join');
    this.got = '';
    return this;
  }

  async echo(text: string): Promise<void> {
    this.got = '';
    this.socket.write(text);
    await this.until(() => this.got === text, `the echo of ${text}`);
  }
}

interface World {
  readonly proxy: TcpProxy;
  readonly server: Awaited<ReturnType<typeof startServer>>;
  readonly client: () => RawClient;
}

async function inWorld(
  run: (world: World) => Promise<void>,
  options: Partial<TcpProxyOptions> = {},
): Promise<void> {
  const server = await startServer();
  const proxy = await startTcpProxy({ serverPort: server.port, ...options });
  const clients: RawClient[] = [];
  try {
    await run({
      proxy,
      server,
      client: () => {
        const client = new RawClient(proxy.port);
        clients.push(client);
        return client;
      },
    });
  } finally {
    await proxy.close();
    await server.close();
    for (const { socket } of clients) socket.destroy();
  }
}

const turn = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a WebSocket goes through both ways, without its extensions, and is counted', () =>
  inWorld(async ({ proxy, server, client }) => {
    const one = await client().join();
    await one.echo('ping');
    assert.equal(server.heads[0]?.headers['sec-websocket-extensions'], undefined);
    assert.equal(server.heads[0]?.url, '/rtc/v1?access_token=a.b.c');
    assert.deepEqual(proxy.counts(), { open: 1, accepted: 1, refused: 0, upgrades: 1 });
  }));

test('a reset reaches the client as a reset, the server as well, and the next join works', () =>
  inWorld(async ({ proxy, server, client }) => {
    const one = await client().join();
    let serverClosed = false;
    server.sockets[0]?.on('close', () => (serverClosed = true));
    proxy.cutConnections('reset');
    await one.until(() => one.ended !== undefined, 'the end');
    assert.equal(one.ended, 'reset');
    await one.until(() => serverClosed, 'the end at the server');
    await (await client().join()).echo('again');
  }));

test('a fin reaches the client as an orderly end', () =>
  inWorld(async ({ proxy, client }) => {
    const one = await client().join();
    await one.echo('ping');
    proxy.cutConnections('fin');
    await one.until(() => one.ended !== undefined, 'the end');
    assert.equal(one.ended, 'fin');
  }));

test('held bytes pass in neither direction, and all of them when released', () =>
  inWorld(async ({ proxy, server, client }) => {
    const one = await client().join();
    const release = proxy.hold();
    one.socket.write('up');
    server.sockets[0]?.write('down');
    await turn(60);
    assert.equal(one.got, '');
    release();
    release();
    await one.until(() => one.got.length === 6, 'both texts');
    assert.deepEqual([...one.got].sort(), [...'updown'].sort());
  }));

test('two holds need two releases', () =>
  inWorld(async ({ proxy, client }) => {
    const one = await client().join();
    const [first, second] = [proxy.hold(), proxy.hold()];
    one.socket.write('x');
    first();
    await turn(40);
    assert.equal(one.got, '');
    second();
    await one.until(() => one.got === 'x', 'the byte');
  }));

test('a held path hides the death of either end until it is released, and new connections hang', () =>
  inWorld(async ({ proxy, server, client }) => {
    const [one, two] = [await client().join(), await client().join()];
    let serverHeard = false;
    server.sockets[0]?.on('close', () => (serverHeard = true));
    const release = proxy.hold();
    one.socket.resetAndDestroy();
    server.sockets[1]?.resetAndDestroy();
    const three = client();
    const joined = three.join();
    await turn(60);
    assert.equal(serverHeard, false);
    assert.equal(two.ended, undefined);
    assert.equal(three.got, '');
    release();
    await two.until(() => two.ended === 'reset' && serverHeard, 'both deaths');
    await joined;
  }));

test('a slow link delays by its delay and passes no more than its rate', () =>
  inWorld(async ({ proxy, client }) => {
    const one = await client().join();
    const end = proxy.slowDown({ delayMs: 50, bytesPerSecond: 2_000 });
    const began = performance.now();
    await one.echo('x'.repeat(200));
    const tookMs = performance.now() - began;
    // 50 ms and 200 B / 2 kB/s, each way; the slices of the way back overlap with those of the way up.
    assert.ok(tookMs >= 200, `${tookMs} ms`);
    end();
    const soon = performance.now();
    await one.echo('y'.repeat(200));
    assert.ok(performance.now() - soon < 200, 'still slow');
  }));

for (const how of ['reset', 'closed'] as const) {
  test(`refusing by ${how} turns new connections away, keeps the open ones, and ends`, () =>
    inWorld(async ({ proxy, client }) => {
      const one = await client().join();
      const heal = await proxy.refuse(how);
      const two = client();
      await two.until(() => two.ended !== undefined, 'the refusal');
      assert.equal(two.ended, 'reset');
      await one.echo('still here');
      await heal();
      await heal();
      await (await client().join()).echo('welcome');
    }));
}

test('a closed and a resetting refusal at the same time end one by one', () =>
  inWorld(async ({ proxy, client }) => {
    const [first, second] = await Promise.all([proxy.refuse('closed'), proxy.refuse('reset')]);
    await first?.();
    const one = client();
    await one.until(() => one.ended !== undefined, 'the refusal');
    await second?.();
    await client().join();
  }));

test('an answer of its own goes to the paths it is for, until it is taken back', () =>
  inWorld(async ({ proxy, server }) => {
    const end = proxy.answer('/rtc', { status: 401, body: 'no' });
    const answered = await fetch(`http://127.0.0.1:${proxy.port}/rtc/v1/validate?access_token=a.b.c`);
    assert.equal(answered.status, 401);
    assert.equal(answered.headers.get('access-control-allow-origin'), '*');
    assert.equal(await answered.text(), 'no');
    assert.equal(server.heads.length, 0);
    assert.equal(await (await fetch(`http://127.0.0.1:${proxy.port}/other`)).text(), 'hello /other');
    end();
    assert.equal((await fetch(`http://127.0.0.1:${proxy.port}/rtc/v1/validate`)).status, 200);
  }));

test('a mute answer says nothing and ends with the client', () =>
  inWorld(async ({ proxy, client, server }) => {
    proxy.answer('/rtc', 'mute');
    const one = client();
    one.socket.write('GET /rtc HTTP/1.1\r\n\r\n');
    await turn(50);
    assert.equal(one.got, '');
    assert.equal(proxy.counts().open, 1);
    one.socket.end();
    await one.until(() => proxy.counts().open === 0, 'the end of the connection');
    assert.equal(server.heads.length, 0);
  }));

test('spoilt tokens are used up by requests that have one', () =>
  inWorld(async ({ proxy, server }) => {
    proxy.spoilTokens(1);
    for (const path of ['/', '/rtc?access_token=a.b.ccc', '/rtc?access_token=a.b.ccc'])
      await (await fetch(`http://127.0.0.1:${proxy.port}${path}`)).text();
    assert.deepEqual(
      server.heads.map(({ url }) => url),
      ['/', '/rtc?access_token=a.b.Acc', '/rtc?access_token=a.b.ccc'],
    );
  }));

test('with a swap, the candidates in the frames of the server change and those of the client do not', () =>
  inWorld(
    async ({ server, client }) => {
      const one = await client().join();
      const heard: string[] = [];
      server.sockets[0]?.on('data', (bytes: Buffer) => heard.push(bytes.toString('latin1')));
      const body = 'host 127.0.0.1 11111 typ';
      const message = Buffer.concat([Buffer.from([0x82, body.length]), Buffer.from(body)]).toString('latin1');
      one.got = '';
      one.socket.write(Buffer.from(message, 'latin1'));
      await one.until(() => one.got.length === message.length, 'the echo');
      assert.equal(one.got, message.replace('11111', '22222'));
      assert.equal(heard.join(''), message);
    },
    { swap: () => candidateSwap({ host: '127.0.0.1', port: 11_111 }, { host: '127.0.0.1', port: 22_222 }) },
  ));

test('a server that is not there resets the client', async () => {
  const server = await startServer();
  await server.close();
  await using proxy = await startTcpProxy({ serverPort: server.port });
  const one = new RawClient(proxy.port);
  one.socket.write('GET / HTTP/1.1\r\n\r\n');
  await one.until(() => one.ended !== undefined, 'the end');
  assert.equal(one.ended, 'reset');
});

test('a megabyte each way arrives whole through a reader that pauses', () =>
  inWorld(async ({ client }) => {
    const one = await client().join();
    one.socket.pause();
    const sent = 'z'.repeat(1_000_000);
    one.socket.write(sent);
    await turn(30);
    one.socket.resume();
    await one.until(() => one.got.length === sent.length, 'the megabyte');
  }));

test('more connections than allowed are reset', () =>
  inWorld(
    async ({ proxy, client }) => {
      await client().join();
      const two = client();
      await two.until(() => two.ended !== undefined, 'the refusal');
      assert.equal(proxy.counts().refused, 1);
    },
    { maxConnections: 1 },
  ));

test('closing in the middle of everything leaves no socket behind', async () => {
  await inWorld(async ({ proxy, client }) => {
    const one = await client().join();
    proxy.slowDown({ delayMs: 60_000, bytesPerSecond: 1 });
    one.socket.write('never delivered');
    proxy.hold();
    await turn(10);
    await proxy.close();
    assert.equal(
      await fetch(`http://127.0.0.1:${proxy.port}/`).then(
        () => 'answered',
        () => 'refused',
      ),
      'refused',
    );
  });
});

// The file as a whole: nothing of any world above is left.
after(async () => {
  await turn(50);
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap'),
    [],
  );
});
