import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidateSwap } from '../../../harness/faults/candidate-swap.ts';
import { seededRandom } from '../../../harness/faults/seeded-random.ts';

const SERVER = { host: '127.0.0.1', port: 17882 };
const RELAY = { host: '127.0.0.1', port: 45678 };
const HEAD = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

function frame(payload: string | Buffer): Buffer {
  const body = Buffer.from(payload);
  if (body.byteLength < 126) return Buffer.concat([Buffer.from([0x82, body.byteLength]), body]);
  if (body.byteLength < 65_536) {
    const header = Buffer.from([0x82, 126, 0, 0]);
    header.writeUInt16BE(body.byteLength, 2);
    return Buffer.concat([header, body]);
  }
  const header = Buffer.alloc(10);
  header.set([0x82, 127]);
  header.writeBigUInt64BE(BigInt(body.byteLength), 2);
  return Buffer.concat([header, body]);
}

const CANDIDATE = 'a=candidate:1 1 udp 2130706431 127.0.0.1 17882 typ host\r\n';
const SWAPPED = CANDIDATE.replace('17882', '45678');

test('every candidate in a frame is swapped, everything else is as it was', () => {
  const swap = candidateSwap(SERVER, RELAY);
  const payload = `v=0\r\n${CANDIDATE}${CANDIDATE}a=end 127.0.0.1 17880 \r\n`;
  const wanted = payload.replaceAll('127.0.0.1 17882 ', '127.0.0.1 45678 ');
  assert.deepEqual(swap(Buffer.concat([HEAD, frame(payload)])), Buffer.concat([HEAD, frame(wanted)]));
});

test('the stream comes out the same wherever it is split, for frames of every header size', () => {
  const plain = [
    frame('pong'),
    frame(CANDIDATE),
    frame(CANDIDATE.repeat(20)),
    frame('x'.repeat(70_000) + CANDIDATE),
  ];
  const wanted = Buffer.concat([
    HEAD,
    frame('pong'),
    frame(SWAPPED),
    frame(SWAPPED.repeat(20)),
    frame('x'.repeat(70_000) + SWAPPED),
  ]);
  const stream = Buffer.concat([HEAD, ...plain]);
  const random = seededRandom(3);
  for (let round = 0; round < 300; round += 1) {
    const swap = candidateSwap(SERVER, RELAY);
    const out: Buffer[] = [];
    // Small steps near the beginning, where the interesting bytes are; then larger ones.
    for (let at = 0; at < stream.byteLength;) {
      const step = 1 + Math.floor(random() * (at < 2_000 ? 40 : 30_000));
      out.push(swap(stream.subarray(at, at + step)));
      at += step;
    }
    assert.ok(Buffer.concat(out).equals(wanted), `round ${round}`);
  }
});

test('byte by byte it gives the same', () => {
  const swap = candidateSwap(SERVER, RELAY);
  const out: Buffer[] = [];
  for (const byte of Buffer.concat([HEAD, frame(CANDIDATE), frame('1')])) out.push(swap(Buffer.from([byte])));
  assert.deepEqual(Buffer.concat(out), Buffer.concat([HEAD, frame(SWAPPED), frame('1')]));
});

test('a frame that ends like the beginning of an address is not held back', () => {
  const swap = candidateSwap(SERVER, RELAY);
  const message = Buffer.concat([HEAD, frame('the answer is 127.0.0.1 1')]);
  assert.deepEqual(swap(message), message);
});

test('addresses of different lengths are refused by name', () => {
  assert.throws(
    () => candidateSwap(SERVER, { host: '127.0.0.1', port: 999 }),
    /14 bytes, the server's has 16/,
  );
});
