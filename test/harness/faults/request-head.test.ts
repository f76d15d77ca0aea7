import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAnswer } from '../../../harness/faults/http-answer.ts';
import {
  MAX_HEAD_BYTES,
  parseRequestHead,
  plainHead,
  spoilToken,
} from '../../../harness/faults/request-head.ts';

const JOIN = Buffer.from(
  'GET /rtc/v1?access_token=aaa.bbb.cccA&auto_subscribe=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Key: x\r\n\r\n',
);
const VALIDATE = Buffer.from(
  'GET /rtc/v1/validate?access_token=aaa.bbb.ccc HTTP/1.1\r\nConnection: keep-alive\r\nHost: h\r\n\r\n',
);

test('a head tells its path without the token, and whether it opens a WebSocket', () => {
  assert.deepEqual(parseRequestHead(JOIN), { path: '/rtc/v1', upgrade: true, byteLength: JOIN.byteLength });
  assert.deepEqual(parseRequestHead(Buffer.concat([VALIDATE, Buffer.from('body')])), {
    path: '/rtc/v1/validate',
    upgrade: false,
    byteLength: VALIDATE.byteLength,
  });
});

test('a head without its end is waited for, up to a limit', () => {
  assert.equal(parseRequestHead(JOIN.subarray(0, 40)), undefined);
  assert.throws(() => parseRequestHead(Buffer.alloc(MAX_HEAD_BYTES + 1, 'a')), RangeError);
});

test('a join loses its WebSocket extensions and nothing else', () => {
  const plain = plainHead(JOIN, true).toString();
  assert.equal(plain, JOIN.toString().replace(/Sec-WebSocket-Extensions.*\r\n/, ''));
});

test('a plain request is asked to be the only one on its connection', () => {
  assert.equal(
    plainHead(VALIDATE, false).toString(),
    VALIDATE.toString()
      .replace('Connection: keep-alive\r\n', '')
      .replace('h\r\n\r\n', 'h\r\nConnection: close\r\n\r\n'),
  );
});

test('a spoilt token differs in its signature only, in the query and in the header', () => {
  assert.equal(spoilToken(JOIN).toString(), JOIN.toString().replace('.cccA', '.AccA'));
  const worker = 'GET /rtc HTTP/1.1\r\nAuthorization: Bearer aaa.bbb.Acc\r\n\r\n';
  assert.equal(spoilToken(Buffer.from(worker)).toString(), worker.replace('.Acc', '.Bcc'));
  assert.deepEqual(spoilToken(Buffer.from('GET / HTTP/1.1\r\n\r\n')), Buffer.from('GET / HTTP/1.1\r\n\r\n'));
});

test('an answer has its length, may be read by any page and closes', () => {
  const text = encodeAnswer({ status: 429, retryAfterS: 3, body: 'wäit' }).toString();
  assert.match(text, /^HTTP\/1\.1 429 /);
  assert.match(text, /\r\nContent-Length: 5\r\n/);
  assert.match(text, /\r\nRetry-After: 3\r\n/);
  assert.match(text, /\r\nAccess-Control-Allow-Origin: \*\r\n/);
  assert.match(text, /\r\nConnection: close\r\n[^]*\r\n\r\nwäit$/);
});
