#!/usr/bin/env node
/**
 * A stand-in for claude that does what its environment says. It speaks the same lines and takes the same flags; it is a
 * test tool only. STAND_IN is a list of modes with commas; STAND_IN_STATE a folder where each call is written down
 * (calls.jsonl) and where "n times" is counted.
 *
 * ok · slow (STAND_IN_TIMES lines, STAND_IN_MS between them) · silent (says nothing after init) · lingers (no exit after the result) ·
 * proof (ignores SIGTERM) · grandchild (holds stdout) · strayed (a grandchild in a session of its own) · leak
 * (STAND_IN_MB a second) · busy (burns CPU) · badJson · halfLines · huge (STAND_IN_MB of lines) · ansi · unknown ·
 * fails (exit 1, STAND_IN_TIMES times) · dies (SIGKILLs itself, STAND_IN_TIMES times) · auth · budget · maxTurns ·
 * errorResult · noResult · forgetful (knows no conversation of before) · apiRetry · plain (no protocol) · deaf (hears no interrupt)
 */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

const env = process.env;
const modes = new Set((env.STAND_IN ?? 'ok').split(','));
const has = (mode) => modes.has(mode);
const state = env.STAND_IN_STATE;
const args = process.argv.slice(2);
const resumed = args.find((arg) => arg.startsWith('--resume='))?.slice('--resume='.length);
const conversationId = resumed ?? `talk-${process.pid}`;
const isLongLived = args.includes('--input-format');
const FOREVER = 'setInterval(() => {}, 1000)';
const PROOF = `process.on('SIGTERM', () => {}); ${FOREVER}`;

if (args.includes('--version')) {
  process.stdout.write('9.8.7 (Stand-in)\n');
  process.exit(0);
}

const write = (text) =>
  new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
const tell = (line) => write(`${JSON.stringify(line)}\n`);
const note = (call) => {
  if (state !== undefined) appendFileSync(join(state, 'calls.jsonl'), `${JSON.stringify(call)}\n`);
};
/** True for the first STAND_IN_TIMES calls. */
const isAmongFirst = () => {
  const file = join(state, 'count');
  let count = 0;
  try {
    count = Number(readFileSync(file, 'utf8'));
  } catch {
    // the first
  }
  writeFileSync(file, String(count + 1));
  return count < Number(env.STAND_IN_TIMES ?? 1);
};
const init = () =>
  tell({
    type: 'system',
    subtype: 'init',
    session_id: conversationId,
    model: 'stand-in',
    tools: [],
    cwd: process.cwd(),
  });
const said = (text, more = {}) =>
  tell({
    type: 'assistant',
    message: { id: 'msg_1', role: 'assistant', content: [{ type: 'text', text }] },
    parent_tool_use_id: null,
    session_id: conversationId,
    ...more,
  });
const used = (name) =>
  tell({
    type: 'assistant',
    message: {
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name, input: {} }],
    },
    parent_tool_use_id: null,
    session_id: conversationId,
  });
const delta = (text) =>
  tell({
    type: 'stream_event',
    event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    parent_tool_use_id: null,
    session_id: conversationId,
  });
const result = (text, more = {}) =>
  tell({
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: text,
    session_id: conversationId,
    num_turns: 1,
    total_cost_usd: 0.25,
    usage: { input_tokens: 1, output_tokens: 1 },
    ...more,
  });
const forever = () => setInterval(() => {}, 1000);

if (has('forgetful') && resumed !== undefined) {
  process.stderr.write(`No conversation found with session ID: ${resumed}\n`);
  process.exit(1);
}
if (has('proof')) process.on('SIGTERM', () => {});
if (has('grandchild'))
  spawn(process.execPath, ['-e', has('proof') ? PROOF : FOREVER], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
if (has('strayed'))
  spawn(process.execPath, ['-e', PROOF], { stdio: ['ignore', 'inherit', 'inherit'], detached: true }).unref();

async function readInput() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return text;
}

async function answerOnce() {
  const prompt = await readInput();
  note({ pid: process.pid, args, prompt, names: Object.keys(env), cwd: process.cwd() });
  if (has('plain')) {
    await write(`heard ${prompt.length} characters\n`);
    process.exit(0);
  }
  if (has('auth')) {
    await init();
    await said('Invalid API key · Please run /login', { error: 'authentication_failed' });
    await result('Invalid API key · Please run /login', { is_error: true });
    process.exit(1);
  }
  await init();
  await used('Read');
  await said('I look at it.');
  if (has('silent')) return forever();
  if (has('fails') && isAmongFirst()) {
    process.stderr.write('something broke\n');
    process.exit(1);
  }
  if (has('dies') && isAmongFirst()) process.kill(process.pid, 'SIGKILL');
  if (has('leak')) {
    const kept = [];
    const began = performance.now();
    const perMs = Number(env.STAND_IN_MB ?? 190) / 1000;
    let mb = 0;
    setInterval(() => {
      for (; mb < (performance.now() - began) * perMs; mb += 1) kept.push(Buffer.alloc(1024 * 1024, 1));
    }, 5);
    return;
  }
  if (has('busy')) for (;;);
  if (has('badJson')) await write('this is no JSON\n{"type":\n[]\n');
  if (has('unknown')) await tell({ type: 'brand_new', x: 1 });
  if (has('apiRetry'))
    await tell({ type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10, retry_delay_ms: 500 });
  if (has('ansi')) await write('\u001b[31mred\u001b[0m \u001b]0;title\u0007words\n');
  if (has('huge')) {
    const line = `${'x'.repeat(99)}\n`.repeat(600);
    const lines = (Number(env.STAND_IN_MB ?? 100) * 1024 * 1024) / line.length;
    for (let i = 0; i < lines; i += 1) await write(line);
  }
  if (has('slow')) {
    for (let i = 0; i < Number(env.STAND_IN_TIMES ?? 5); i += 1) {
      await sleep(Number(env.STAND_IN_MS ?? 50));
      await said(`Part ${i}.`);
    }
  }
  if (has('noResult')) process.exit(0);
  if (has('budget')) {
    await result('', { subtype: 'error_max_budget_usd', is_error: true });
    process.exit(1);
  }
  if (has('maxTurns')) {
    await result('', { subtype: 'error_max_turns', is_error: true });
    process.exit(1);
  }
  if (has('errorResult')) {
    await result('', { subtype: 'error_during_execution', is_error: true });
    process.exit(1);
  }
  const answer = `Done with ${prompt.length} characters.`;
  if (has('halfLines')) {
    const line = `${JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: 'ü'.repeat(50), session_id: conversationId })}\n`;
    for (const byte of Buffer.from(line)) {
      await new Promise((resolve) => process.stdout.write(Buffer.of(byte), resolve));
    }
  } else {
    await said(answer);
    await result(answer);
  }
  if (has('lingers')) return forever();
  process.exit(0);
}

let interrupted = false;
async function answerTurn(text) {
  note({ pid: process.pid, turn: text, args });
  interrupted = false;
  await init();
  if (text.includes('hang')) return;
  if (text.includes('refuse')) return result('Invalid API key', { is_error: true });
  const parts = text.includes('count')
    ? Array.from({ length: 200 }, (_, i) => `Number ${i}. `)
    : [`You said `, `"${text.split('\n')[0]}". `, 'That ', 'is ', 'all.'];
  for (const [index, part] of parts.entries()) {
    if (interrupted) {
      await delta('Oh, I am stopped. '); // what was under way
      return result('', { subtype: 'error_during_execution', is_error: true });
    }
    await delta(part);
    if (text.includes('count')) await sleep(20);
    if (text.includes('die') && index === 2 && isAmongFirst()) process.kill(process.pid, 'SIGKILL');
  }
  await said(parts.join(''));
  await result(parts.join(''));
}

function talk() {
  let work = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const message = JSON.parse(line);
      if (message.type === 'user') work = work.then(() => answerTurn(message.message.content));
      if (message.type === 'control_request' && !has('deaf')) {
        interrupted = true;
        tell({ type: 'control_response', response: { subtype: 'success', request_id: message.request_id } });
      }
    })
    .on('close', () => process.exit(0));
}

if (isLongLived) talk();
else await answerOnce();
