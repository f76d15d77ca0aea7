import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cliManagerRig } from '../../support/node/cli-manager-rig.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const MB = 1024 * 1024;

test('a session that answers is completed, with its answer, its lines, its exit code and nothing left', async (t) => {
  const { manager, modes, calls, left } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('agent-1', 'Analyze project structure', modes('ok'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.equal(session.answer, 'Done with 25 characters.');
  assert.equal(session.exitCode, 0);
  assert.equal(session.process, undefined);
  assert.equal(session.output.length, 5);
  assert.equal(session.costUsd, 0.25);
  assert.match(session.conversationId ?? '', /^talk-\d+$/);
  const [call] = calls();
  assert.equal(call?.prompt, 'Analyze project structure');
  assert.deepEqual(call.args.slice(0, 4), ['-p', '--output-format', 'stream-json', '--verbose']);
  assert.ok(call.args.includes('--strict-mcp-config'), 'no MCP servers as grandchildren');
  assert.ok(!call.args.some((arg) => arg.includes('Analyze')), 'ps shows no prompt');
  assert.deepEqual(left(), []);
});

test('the environment has no nested session, no keys of ours, and what the options add', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t, {
    env: {
      PATH: process.env['PATH'],
      CLAUDECODE: '1',
      CLAUDE_CODE_ENTRYPOINT: 'cli',
      NODE_OPTIONS: '--no-warnings',
      LIVEKIT_API_SECRET: 'secret',
      CLARA_LIVEKIT_API_SECRET: 'secret',
      ANTHROPIC_API_KEY: 'needed',
    },
  });
  const session = await manager.executeClaudeSession('a', 'x', modes('ok'));
  assert.equal(session.status, 'completed', session.error?.message);
  const names = calls()[0]?.names ?? [];
  for (const name of ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT', 'NODE_OPTIONS', 'LIVEKIT_API_SECRET'])
    assert.ok(!names.includes(name), name);
  assert.deepEqual(
    names.filter((name) => name.startsWith('CLARA_')),
    ['CLARA_SESSION_MARK'],
  );
  assert.ok(names.includes('ANTHROPIC_API_KEY'));
  assert.ok(names.includes('STAND_IN'));
});

test('any other command runs on plain lines: fed with the prompt, or with stdin closed', async (t) => {
  const { manager } = await cliManagerRig(t);
  const fed = await manager.executeClaudeSession('a', 'hello\nthere', { command: 'cat' });
  assert.equal(fed.status, 'completed');
  assert.deepEqual(fed.output, ['hello', 'there']);
  const closed = await manager.executeClaudeSession('a', '', { command: 'cat', timeout: 5000 });
  assert.equal(closed.status, 'completed', 'without an end of stdin it would wait for ever');
  assert.deepEqual(closed.output, []);
  const unfed = await manager.executeClaudeSession('a', 'x', {
    command: 'wc',
    args: ['-c'],
    stdin: 'closed',
  });
  assert.deepEqual(unfed.output, ['0']);
});

test('a process that never exits after its result is ended and completed', async (t) => {
  const { manager, modes, left } = await cliManagerRig(t);
  const startedMonoMs = performance.now();
  const session = await manager.executeClaudeSession('a', 'x', modes('lingers,grandchild'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.ok(performance.now() - startedMonoMs >= 4900, 'it was given its 5 s');
  assert.equal(session.retryCount, 0);
  assert.deepEqual(left(), []);
});

test('a grandchild that holds stdout keeps nobody waiting, nor does one that left the group', async (t) => {
  const { manager, modes, left } = await cliManagerRig(t);
  const startedMonoMs = performance.now();
  const session = await manager.executeClaudeSession('a', 'x', modes('ok,grandchild,strayed'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.ok(performance.now() - startedMonoMs < 4000);
  assert.deepEqual(left(), []);
});

test('cancelling ends a SIGTERM-proof process and its grandchild within 6 s; the state is told at once', async (t) => {
  const { manager, modes, updates, left } = await cliManagerRig(t);
  const { session, ended } = manager.startClaudeSession('a', 'x', modes('silent,proof,grandchild'));
  await new Promise<void>((resolve) =>
    manager.onUpdate((one, { type }) => type === 'message' && one === session && resolve()),
  );
  const startedMonoMs = performance.now();
  assert.equal(manager.cancelSession(session.id), true);
  assert.equal(session.status, 'cancelled');
  assert.equal(manager.cancelSession(session.id), false, 'once only');
  await ended;
  assert.ok(performance.now() - startedMonoMs < 6000);
  assert.deepEqual(left(), []);
  assert.equal(session.retryCount, 0);
  assert.equal(updates.filter(({ type }) => type === 'recovery').length, 0);
});

test('a session without an end is timed out, retried, and final as `timeout` when no retry is left', async (t) => {
  const { manager, modes, updates, left } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'x', {
    ...modes('silent'),
    timeout: 2500,
    maxRetries: 1,
  });
  assert.equal(session.status, 'timeout');
  assert.equal(session.error?.category, 'timeout');
  assert.match(session.error.message, /2500 ms/);
  assert.equal(session.retryCount, 1);
  assert.deepEqual(
    updates.flatMap((one) => (one.type === 'status' ? [one.to] : [])),
    ['running', 'recovering', 'running', 'timeout'],
  );
  assert.deepEqual(manager.getFailedSessions(), [session]);
  assert.deepEqual(left(), []);
});

test('a silent session is ended as stale after its time and that of a health check', async (t) => {
  const { manager, modes, left } = await cliManagerRig(t);
  const options = { ...modes('silent'), staleAfterMs: 300, healthCheckInterval: 100, maxRetries: 0 };
  const session = await manager.executeClaudeSession('a', 'x', options);
  assert.equal(session.status, 'failed');
  assert.equal(session.error?.category, 'stale');
  assert.deepEqual(left(), []);
});

test('a slow session is not stale as long as it speaks', async (t) => {
  const { manager, modes, updates } = await cliManagerRig(t);
  const options = { ...modes('slow', { MS: 350, TIMES: 10 }), maxRetries: 0 };
  const session = await manager.executeClaudeSession('a', 'x', {
    ...options,
    staleAfterMs: 1500,
    healthCheckInterval: 1000,
  });
  assert.equal(session.status, 'completed', session.error?.message);
  assert.ok(
    (session.endTime?.getTime() ?? 0) - session.startTime.getTime() > 2500,
    'silent, it were ended by then',
  );
  const parts = updates.flatMap((one) =>
    one.type === 'message' && one.message.type === 'assistant' && one.message.text.startsWith('Part')
      ? [one.message.text]
      : [],
  );
  assert.deepEqual(
    parts,
    Array.from({ length: 10 }, (_, index) => `Part ${index}.`),
  );
});

test('claude can be run in plain text, too', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'four', { ...modes('plain'), protocol: 'plain' });
  assert.equal(session.status, 'completed', session.error?.message);
  assert.deepEqual(session.output, ['heard 4 characters']);
  const args = calls()[0]?.args ?? [];
  assert.ok(args.includes('-p') && !args.includes('--output-format'));
});

test('a leak is ended near its limit and told as `memory`', async (t) => {
  const { manager, modes, updates, left } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'x', {
    ...modes('leak', { MB: 190 }),
    maxRetries: 0,
    resourceLimits: { maxMemory: 160 * MB },
  });
  assert.equal(session.status, 'failed');
  assert.equal(session.error?.category, 'memory');
  assert.ok((session.memoryUsage?.rss ?? 0) > 100 * MB);
  assert.equal(updates.filter(({ type }) => type === 'limit').length, 1);
  assert.deepEqual(left(), []);
});

test('a busy loop is ended when its CPU time is used up and told as `cpu`', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'x', {
    ...modes('busy'),
    maxRetries: 0,
    resourceLimits: { maxCpuTime: 700 },
  });
  assert.equal(session.status, 'failed');
  assert.equal(session.error?.category, 'cpu');
});

test('a session that fails twice is recovered in the same conversation, told what was done', async (t) => {
  const { manager, modes, calls, updates } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'Build it.', modes('fails', { TIMES: 2 }));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.equal(session.retryCount, 2);
  assert.equal(session.error, undefined);
  const [first, second, third] = calls();
  const talk = `--resume=talk-${first?.pid}`;
  assert.ok(second?.args.includes(talk) && third?.args.includes(talk));
  assert.equal(first?.prompt, 'Build it.');
  assert.match(second?.prompt ?? '', /Read[^]*I look at it\.[^]*Build it\.$/);
  assert.deepEqual(
    updates.flatMap((update) => (update.type === 'status' ? [update.to] : [])),
    ['running', 'recovering', 'running', 'recovering', 'running', 'completed'],
  );
  assert.deepEqual(
    updates.flatMap((update) =>
      update.type === 'recovery' ? [[update.category, update.attempt, update.resumes]] : [],
    ),
    [
      ['exitCode', 1, true],
      ['exitCode', 2, true],
    ],
  );
});

test('a conversation that the assistant does not know any more is begun anew, with what was done', async (t) => {
  const { manager, modes, calls } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'Build it.', modes('fails,forgetful'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.equal(session.retryCount, 2);
  const [first, last] = calls();
  assert.equal(calls().length, 2, 'the one between had nothing to say');
  assert.ok(!last?.args.some((arg) => arg.startsWith('--resume')));
  assert.equal(first?.prompt, 'Build it.');
  assert.match(last?.prompt ?? '', /I look at it\.[^]*Build it\.$/);
});

test('a process that is killed from outside is a `signal`, and recovered', async (t) => {
  const { manager, modes, updates } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'x', modes('dies'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.deepEqual(
    updates.flatMap((one) => (one.type === 'recovery' ? [one.category] : [])),
    ['signal'],
  );
});

for (const [mode, category] of [
  ['auth', 'auth'],
  ['budget', 'budget'],
  ['maxTurns', 'budget'],
] as const) {
  test(`${mode}: is told as ${category} and never retried`, async (t) => {
    const { manager, modes, calls } = await cliManagerRig(t);
    const session = await manager.executeClaudeSession('a', 'x', modes(mode));
    assert.equal(session.status, 'failed');
    assert.equal(session.error?.category, category);
    assert.equal(calls().length, 1);
  });
}

for (const mode of ['errorResult', 'noResult']) {
  test(`${mode}: is told as protocol, after its retries`, async (t) => {
    const { manager, modes, calls } = await cliManagerRig(t);
    const session = await manager.executeClaudeSession('a', 'x', { ...modes(mode), maxRetries: 1 });
    assert.equal(session.status, 'failed');
    assert.equal(session.error?.category, 'protocol');
    assert.equal(calls().length, 2);
  });
}

test('bad and unknown lines are counted and end nothing; escape sequences are no text', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'x', modes('badJson,unknown,ansi,apiRetry'));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.deepEqual(session.lineCounts, { bad: 4, unknown: 1 });
  assert.ok(session.output.includes('red words'));
});

test('a result that comes byte by byte is read whole', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const session = await manager.executeClaudeSession('a', 'x', modes('halfLines'));
  assert.equal(session.answer, 'ü'.repeat(50));
});

test('much output keeps the last lines in memory and the rest in the spill file', async (t) => {
  const spillFolder = await temporaryFolder(t);
  const { manager, modes } = await cliManagerRig(t, { spillFolder });
  const session = await manager.executeClaudeSession('a', 'x', modes('huge', { MB: 3 }));
  assert.equal(session.status, 'completed', session.error?.message);
  assert.ok(session.output.length <= 1250);
  assert.ok(session.droppedLines > 20_000);
  assert.equal(session.spillFile, join(spillFolder, `${session.id}.log`));
  const spilled = readFileSync(session.spillFile, 'utf8').split('\n').length - 1;
  assert.equal(spilled, session.droppedLines);
  assert.match(session.output.at(-1) ?? '', /"type":"result"/);
  manager.cleanupOldSessions(0);
  assert.throws(() => readFileSync(join(spillFolder, `${session.id}.log`)), /ENOENT/);
});

test('what cannot be started is a typed error, is not retried, and leaves nothing', async (t) => {
  const { manager, left } = await cliManagerRig(t);
  const folder = await temporaryFolder(t);
  const plain = join(folder, 'plain.txt');
  writeFileSync(plain, 'no program');
  const cases = [
    [{ command: '/nowhere/claude' }, /command \/nowhere\/claude was not found/],
    [{ command: plain }, /is not executable/],
    [{ command: 'cat', cwd: '/gone/away' }, /working folder \/gone\/away is gone/],
    [{ command: 'cat', cwd: plain }, /plain\.txt is no folder/],
    [{ command: folder }, /is not executable/],
    [
      { command: 'cat', args: Array.from({ length: 100 }, () => 'x'.repeat(99_999)) },
      /command cat has more arguments and environment than this system takes/,
    ],
  ] as const;
  for (const [options, message] of cases) {
    const session = await manager.executeClaudeSession('a', 'x', options);
    assert.equal(session.status, 'failed');
    assert.equal(session.error?.category, 'spawn');
    assert.match(session.error.message, message);
    assert.equal(session.retryCount, 0);
    assert.equal(session.pid, undefined);
  }
  assert.deepEqual(left(), []);
});

test('a prompt of 10 MB, wrong options and templates in a circle are invalidOptions, and start nothing', async (t) => {
  const { manager, updates } = await cliManagerRig(t, {
    templates: { a: { extends: 'b' }, b: { extends: 'a' } },
  });
  const cases: [string, unknown, RegExp][] = [
    ['x'.repeat(10 * MB), {}, /10485760 bytes, its limit is 4194304/],
    ['x', { timeout: -1 }, /timeout/],
    ['x', { retryDelay: 'soon' }, /retryDelay/],
    ['x', { resourceLimits: { maxMemory: 1 } }, /resourceLimits\.maxMemory/],
    ['x', { timeOut: 5 }, /timeOut/],
    ['x', { command: 'ca\0t' }, /command/],
    ['x', { args: ['\0'] }, /args\.0/],
    ['x', { env: { A: 'b\0' } }, /env\.A/],
    ['x', { cwd: '/tmp\0' }, /cwd/],
    ['x', { template: 'a' }, /a -> b -> a/],
    ['x', { template: 'none' }, /no template none/],
  ];
  for (const [prompt, options, message] of cases) {
    const session = await manager.executeClaudeSession('a', prompt, options as object);
    assert.equal(session.status, 'failed');
    assert.equal(session.error?.category, 'invalidOptions');
    assert.match(session.error.message, message);
    assert.equal(session.pid, undefined);
  }
  assert.equal(updates.filter(({ type }) => type === 'output').length, 0);
  const unnamed = await manager.executeClaudeSession('', 'x');
  assert.match(unnamed.error?.message ?? '', /agentId/);
  const unknown = await manager.executeClaudeSession('a', 'x', { profile: 'p9' });
  assert.match(unknown.error?.message ?? '', /no profile p9/);
  assert.equal(unknown.retryCount, 0);
});

test('dispose ends everything and refuses what comes later', async (t) => {
  const { manager, modes, left } = await cliManagerRig(t);
  const all = Array.from({ length: 3 }, () =>
    manager.executeClaudeSession('a', 'x', modes('silent,grandchild')),
  );
  await new Promise<void>((resolve) => manager.onUpdate((_one, { type }) => type === 'message' && resolve()));
  await manager.dispose();
  assert.deepEqual(
    (await Promise.all(all)).map(({ status }) => status),
    ['cancelled', 'cancelled', 'cancelled'],
  );
  assert.deepEqual(left(), []);
  await assert.rejects(manager.executeClaudeSession('a', 'x'), /disposed/);
});
