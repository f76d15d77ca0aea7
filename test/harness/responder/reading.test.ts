/** What a command says: lines, escape sequences, the protocol, sentences. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AnswerText } from '../../../harness/responder/answer-text.ts';
import { stripAnsi } from '../../../harness/responder/ansi.ts';
import { LineSplitter } from '../../../harness/responder/line-splitter.ts';
import { OutputRing } from '../../../harness/responder/output-ring.ts';
import { ProtocolReader } from '../../../harness/responder/protocol-reader.ts';
import { SentenceSplitter } from '../../../harness/responder/sentences.ts';
import { SpillFile } from '../../../harness/responder/spill-file.ts';
import {
  interruptLine,
  parseStreamLine,
  refusalLine,
  userLine,
} from '../../../harness/responder/stream-json.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const ESC = '\u001b';

test('escape sequences go: colours, titles, links, cursor moves; text stays', () => {
  const cases = [
    [`${ESC}[1;31mred${ESC}[0m`, 'red'],
    [`${ESC}]0;title\u0007after`, 'after'],
    [`${ESC}]8;;https://example.org${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    [`${ESC}[2K${ESC}[1Gdone`, 'done'],
    [`\u009b32mgreen`, 'green'],
    [`${ESC}(Bplain`, 'plain'],
    ['no [31m sequence', 'no [31m sequence'],
    [`cut ${ESC}]0;open`, 'cut '],
  ] as const;
  for (const [given, wanted] of cases) assert.equal(stripAnsi(given), wanted);
});

test('lines are whole however the text is cut', () => {
  const text = 'one\r\ntwo\n\nthree\nfour';
  for (let size = 1; size <= text.length; size += 1) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < text.length; at += size)
      lines.push(...splitter.push(text.slice(at, at + size)).map((line) => line.text));
    lines.push(...splitter.end().map((line) => line.text));
    assert.deepEqual(lines, ['one', 'two', '', 'three', 'four']);
  }
});

test('a line above the limit is handed on cut and told as such; the rest of it is dropped', () => {
  const splitter = new LineSplitter(10);
  const lines = ['x'.repeat(8), 'x'.repeat(8), 'x'.repeat(8), '\nshort\n'].flatMap((chunk) =>
    splitter.push(chunk),
  );
  assert.deepEqual(lines, [
    { text: 'x'.repeat(10), isCut: true },
    { text: 'short', isCut: false },
  ]);
  assert.deepEqual(splitter.end(), []);
});

test('the ring keeps the last lines and gives what leaves it, in order, none lost', () => {
  const ring = new OutputRing();
  const left: string[] = [];
  for (let i = 0; i < 1000; i += 1)
    left.push(...ring.push(`line ${i}`, { maxLines: 40, maxCharacters: 10_000 }));
  assert.ok(ring.lines.length >= 40 && ring.lines.length <= 50);
  assert.equal(ring.dropped, left.length);
  assert.deepEqual(
    [...left, ...ring.lines],
    Array.from({ length: 1000 }, (_, i) => `line ${i}`),
  );
});

test('the ring is bounded in characters too, also by one long line', () => {
  const ring = new OutputRing();
  const limits = { maxLines: 1000, maxCharacters: 1000 };
  for (let i = 0; i < 100; i += 1) ring.push('x'.repeat(100), limits);
  assert.ok(ring.lines.join('').length <= 1250);
  const long = 'y'.repeat(5000);
  const left = ring.push(long, limits);
  assert.equal(left.at(-1), long, 'whole, for who keeps it');
  assert.equal(ring.lines.length, 1);
  assert.ok((ring.lines[0]?.length ?? 0) < 600);
});

test('the spill file is private, made when needed, bounded, and removed', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'sub', 's.log');
  const spill = new SpillFile(path, 200_000);
  assert.equal(existsSync(path), false);
  const line = 'z'.repeat(999);
  for (let i = 0; i < 400; i += 1) spill.add([line]);
  spill.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(statSync(path).size <= 270_000);
  assert.equal(readFileSync(path, 'utf8').split('\n').length - 1 + spill.lostLines, 400);
  spill.remove();
  assert.equal(existsSync(path), false);
});

test('each type of line is understood', () => {
  const cases: [unknown, unknown][] = [
    [
      { type: 'system', subtype: 'init', session_id: 's1', model: 'm' },
      { type: 'init', conversationId: 's1', model: 'm' },
    ],
    [
      { type: 'system', subtype: 'hook_started' },
      { type: 'notice', subtype: 'hook_started' },
    ],
    [
      { type: 'system', subtype: 'api_retry', attempt: 2, max_retries: 10, retry_delay_ms: 500 },
      { type: 'retrying', attempt: 2, maxRetries: 10, delayMs: 500 },
    ],
    [
      {
        type: 'assistant',
        message: { id: 'm1', content: [{ type: 'text', text: 'Hi' }] },
        parent_tool_use_id: null,
      },
      { type: 'assistant', messageId: 'm1', text: 'Hi', tools: [], isInner: false },
    ],
    [
      {
        type: 'assistant',
        message: {
          content: [
            { type: 'tool_use', name: 'Bash' },
            { type: 'thinking', thinking: '…' },
          ],
        },
        parent_tool_use_id: 't1',
      },
      { type: 'assistant', text: '', tools: ['Bash'], isInner: true },
    ],
    [
      { type: 'assistant', message: { content: 'No' }, error: 'rate_limit' },
      { type: 'assistant', text: 'No', tools: [], isInner: false, error: 'rate_limit' },
    ],
    [
      { type: 'user', message: { content: [{ type: 'tool_result', content: 'x' }] } },
      { type: 'user', toolResults: 1 },
    ],
    [
      {
        type: 'stream_event',
        event: { type: 'content_block_delta', delta: { type: 'text_delta', text: 'He' } },
      },
      { type: 'delta', text: 'He', isInner: false },
    ],
    [
      {
        type: 'stream_event',
        event: { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{' } },
      },
      { type: 'delta', text: '', isInner: false },
    ],
    [
      {
        type: 'result',
        subtype: 'success',
        is_error: false,
        result: 'ok',
        session_id: 's',
        total_cost_usd: 0.5,
        num_turns: 3,
      },
      {
        type: 'result',
        subtype: 'success',
        isError: false,
        text: 'ok',
        conversationId: 's',
        costUsd: 0.5,
        turns: 3,
      },
    ],
    [
      { type: 'result', subtype: 'error_during_execution', errors: ['a', 'b'] },
      { type: 'result', subtype: 'error_during_execution', isError: true, text: 'a\nb' },
    ],
    [
      { type: 'control_request', request_id: 'r', request: { subtype: 'can_use_tool' } },
      { type: 'controlRequest', requestId: 'r', subtype: 'can_use_tool' },
    ],
    [
      { type: 'control_response', response: { subtype: 'success', request_id: 'r' } },
      { type: 'controlResponse', requestId: 'r', isError: false },
    ],
    [{ type: 'rate_limit_event', rate_limit_info: {} }, { type: 'rateLimit' }],
    [{ type: 'keep_alive' }, { type: 'keepAlive' }],
    [{ type: 'next_year' }, { type: 'unknown', name: 'next_year' }],
    [{ type: 'result' }, { type: 'unknown', name: 'result' }],
    [{}, { type: 'unknown', name: '' }],
  ];
  for (const [line, message] of cases)
    assert.deepEqual(parseStreamLine(JSON.stringify(line)), { ok: true, message }, JSON.stringify(line));
  for (const line of ['', 'x', '{', '[]', '1', 'null', '"x"'])
    assert.deepEqual(parseStreamLine(line), { ok: false });
});

test('the lines for stdin are those of the protocol', () => {
  assert.deepEqual(JSON.parse(userLine('hi', 's1')), {
    type: 'user',
    message: { role: 'user', content: 'hi' },
    parent_tool_use_id: null,
    session_id: 's1',
  });
  assert.deepEqual(JSON.parse(interruptLine('r1')), {
    type: 'control_request',
    request_id: 'r1',
    request: { subtype: 'interrupt' },
  });
  assert.equal(
    (JSON.parse(refusalLine('r2')) as { response: { subtype: string } }).response.subtype,
    'error',
  );
});

test('words that come as deltas and again as a block are taken once', () => {
  const answer = new AnswerText();
  const delta = (text: string, isInner = false) => answer.take({ type: 'delta', text, isInner });
  const block = (text: string) => answer.take({ type: 'assistant', text, tools: [], isInner: false });
  const words = [
    delta('Hel'),
    delta('lo'),
    delta('inner', true),
    block('Hello'),
    delta('Two'),
    block('Two and'),
    block('Three'),
  ];
  assert.equal(words.join(''), 'Hello\nTwo and\nThree');
});

test('bad lines, cut lines and unknown lines are counted, and the conversation is learnt', () => {
  const reader = new ProtocolReader();
  for (const line of ['', 'bad', '{"type":"odd"}', '{"type":"system","subtype":"init","session_id":"s9"}'])
    reader.take(line);
  reader.take('{"type":"result","subtype":"success","result":"cut', true);
  assert.deepEqual(
    [reader.badLines, reader.unknownLines, reader.conversationId, reader.result],
    [2, 1, 's9', undefined],
  );
});

test('sentences are cut as they come, whatever the pieces', () => {
  const text = 'Hello there. It costs 3.50 euros, e.g. for Dr. Smith! Really?\nA list\nAnd the end';
  const wanted = [
    'Hello there.',
    'It costs 3.50 euros, e.g. for Dr. Smith!',
    'Really?',
    'A list',
    'And the end',
  ];
  for (const size of [1, 2, 7, 1000]) {
    const splitter = new SentenceSplitter();
    const sentences: string[] = [];
    for (let at = 0; at < text.length; at += size)
      sentences.push(...splitter.push(text.slice(at, at + size)));
    sentences.push(...splitter.end());
    assert.deepEqual(sentences, wanted, `pieces of ${size}`);
  }
});

test('a sentence without an end is cut at a comma or a space, and nothing of it is lost', () => {
  const splitter = new SentenceSplitter();
  const words = Array.from({ length: 300 }, (_, i) => `word${i}${i % 10 === 9 ? ',' : ''}`).join(' ');
  const sentences = [...splitter.push(words), ...splitter.end()];
  assert.ok(sentences.length > 4);
  assert.ok(sentences.every(({ length }) => length <= 400));
  assert.equal(sentences.join(' '), words);
  assert.ok(sentences[0]?.endsWith(','));
});
