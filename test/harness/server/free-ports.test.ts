import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { PortInUseError, pickPort } from '../../../harness/server/free-ports.ts';

test('a free TCP and UDP port are found on loopback', async () => {
  for (const protocol of ['TCP', 'UDP'] as const) {
    const port = await pickPort(0, protocol, '127.0.0.1', 'test');
    assert.ok(port > 1023 && port < 65536);
    assert.equal(await pickPort(port, protocol, '127.0.0.1', 'test'), port);
  }
});

test('a TCP port in use is named, with what it was wanted for', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await assert.rejects(pickPort(port, 'TCP', '127.0.0.1', 'livekit-server'), (error: unknown) => {
    assert.ok(error instanceof PortInUseError);
    assert.equal(
      error.message,
      `livekit-server: TCP port ${port} on 127.0.0.1 is in use by another program; choose another or leave it free`,
    );
    return true;
  });
});

test('a UDP port in use is named', async (t) => {
  const other = createSocket('udp4');
  t.after(() => other.close());
  other.bind(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();
  await assert.rejects(pickPort(port, 'UDP', '127.0.0.1', 'media'), PortInUseError);
});
