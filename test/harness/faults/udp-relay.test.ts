import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { cutRule, delayRule } from '../../../harness/faults/packet-rules.ts';
import { startUdpRelay, type UdpRelay, type UdpRelayOptions } from '../../../harness/faults/udp-relay.ts';

/** A server that sends every packet back and remembers from where each came. */
async function echoServer(): Promise<{ port: number; sources: RemoteInfo[]; close: () => void }> {
  const sources: RemoteInfo[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    sources.push(from);
    socket.send(packet, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, sources, close: () => socket.close() };
}

class Client {
  readonly socket: Socket = createSocket('udp4');
  readonly got: string[] = [];

  readonly relayPort: number;

  constructor(relayPort: number) {
    this.relayPort = relayPort;
    this.socket.on('message', (packet) => this.got.push(packet.toString()));
  }

  say(text: string): void {
    this.socket.send(text, this.relayPort, '127.0.0.1');
  }

  /** Says and waits for the echo; rejects after 1 s. */
  async echo(text: string): Promise<void> {
    const heard = once(this.socket, 'message', { signal: AbortSignal.timeout(1_000) });
    this.say(text);
    const [packet] = (await heard) as [Buffer];
    assert.equal(packet.toString(), text);
  }
}

async function world(
  options: Partial<UdpRelayOptions> = {},
): Promise<{ relay: UdpRelay; sources: RemoteInfo[]; client: () => Client; end: () => Promise<void> }> {
  const server = await echoServer();
  const relay = await startUdpRelay({ serverPort: server.port, ...options });
  const clients: Client[] = [];
  const end = async (): Promise<void> => {
    await relay.close();
    server.close();
    for (const { socket } of clients) socket.close();
    clients.length = 0;
  };
  after(() => relay.close());
  return {
    relay,
    sources: server.sources,
    client: () => {
      const client = new Client(relay.port);
      clients.push(client);
      return client;
    },
    end,
  };
}

test('packets go there and back and are counted, each client from a port of its own', async () => {
  const { relay, sources, client, end } = await world();
  const [one, two] = [client(), client()];
  await one.echo('hello');
  await two.echo('good day');
  assert.notEqual(sources[0]?.port, sources[1]?.port);
  assert.deepEqual(relay.counts(), {
    up: { packets: 2, bytes: 13, dropped: 0 },
    down: { packets: 2, bytes: 13, dropped: 0 },
  });
  await end();
});

test('a cut one way loses that way only, and ends when it is taken back', async () => {
  const { relay, sources, client, end } = await world();
  const one = client();
  await one.echo('before');
  const heal = relay.addRule(cutRule('down'));
  one.say('lost on the way back');
  while (relay.counts().down.dropped === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sources.length, 2);
  assert.deepEqual(one.got, ['before']);
  heal();
  heal();
  await one.echo('after');
  assert.deepEqual(one.got, ['before', 'after']);
  await end();
});

test('a rule that is in force twice ends one by one', async () => {
  const { relay, client, end } = await world();
  const one = client();
  await one.echo('before');
  const rule = cutRule('both');
  const [healFirst, healSecond] = [relay.addRule(rule), relay.addRule(rule)];
  healFirst();
  one.say('still cut');
  while (relay.counts().up.dropped === 0) await new Promise((resolve) => setImmediate(resolve));
  healSecond();
  await one.echo('whole');
  await end();
});

test('delayed packets come later and in order', async () => {
  const { relay, client, end } = await world();
  const one = client();
  await one.echo('0');
  // Without the order rule the delays 60, 0, 0 would turn the row round.
  const delays = [60, 0, 0];
  relay.addRule((direction) => (direction === 'up' ? (delays.shift() ?? 0) : 0));
  const began = performance.now();
  for (const word of ['1', '2', '3']) one.say(word);
  while (one.got.length < 4) await once(one.socket, 'message', { signal: AbortSignal.timeout(1_000) });
  assert.deepEqual(one.got, ['0', '1', '2', '3']);
  assert.ok(performance.now() - began >= 59);
  await end();
});

test('a rebind changes the port that the server sees and nothing for the client', async () => {
  const { relay, sources, client, end } = await world();
  const one = client();
  await one.echo('before');
  await relay.rebind();
  await one.echo('after');
  assert.notEqual(sources[0]?.port, sources[1]?.port);
  assert.equal(relay.clientCount, 1);
  await end();
});

test('more clients than allowed are dropped', async () => {
  const { relay, sources, client, end } = await world({ maxClients: 1 });
  await client().echo('in');
  client().say('one too many');
  while (relay.counts().up.dropped === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(relay.clientCount, 1);
  assert.equal(sources.length, 1);
  await end();
});

test('a silent client loses its socket and gets a new one when it speaks again', async () => {
  const { relay, sources, client, end } = await world({ idleMs: 40 });
  const one = client();
  await one.echo('before');
  const keepAlive = setInterval(() => {}, 5); // the relay's own timer holds no process
  while (relay.clientCount > 0) await new Promise((resolve) => setImmediate(resolve));
  clearInterval(keepAlive);
  await one.echo('after');
  assert.notEqual(sources[0]?.port, sources[1]?.port);
  await end();
});

test('closing with packets in waiting leaves no timer and no socket', async () => {
  const { relay, client, end } = await world();
  const one = client();
  await one.echo('before');
  relay.addRule(delayRule(60_000, 0, () => 0));
  one.say('never delivered');
  while (!process.getActiveResourcesInfo().includes('Timeout'))
    await new Promise((resolve) => setImmediate(resolve));
  await end();
  await relay.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap'),
    [],
  );
});

test('20,000 packets pass each way without a loss', async (t) => {
  const { relay, client, end } = await world();
  const one = client();
  await one.echo('before');
  const began = performance.now();
  for (let sent = 0; sent < 20_000; sent += 50) {
    const goal = relay.counts().down.packets + 50;
    for (let index = 0; index < 50; index += 1) one.say('x'.repeat(160));
    while (relay.counts().down.packets < goal) {
      if (performance.now() - began > 30_000)
        assert.fail(`only ${relay.counts().down.packets} packets in 30 s`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  t.diagnostic(`20000 packets each way in ${Math.round(performance.now() - began)} ms`);
  await end();
});
