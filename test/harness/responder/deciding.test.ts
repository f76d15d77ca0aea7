/** What is decided of sessions without any process: outcomes, templates, prompts, health, figures, fates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionStatistics } from '../../../harness/responder/analytics.ts';
import type { EndedFacts } from '../../../harness/responder/analytics.ts';
import { judgeAttempt } from '../../../harness/responder/attempt-outcome.ts';
import type { AttemptFacts, ProcessEnd } from '../../../harness/responder/attempt-outcome.ts';
import { cleanEnvironment } from '../../../harness/responder/clean-environment.ts';
import { commandLine, shownCommand } from '../../../harness/responder/command-line.ts';
import { ClaudeSessionError, FAILURE_CATEGORIES, causeInWords } from '../../../harness/responder/failure.ts';
import { isStale } from '../../../harness/responder/health.ts';
import { recoveryPrompt } from '../../../harness/responder/recovery-prompt.ts';
import { fateOf } from '../../../harness/responder/restored-session.ts';
import { replaySessions } from '../../../harness/responder/session-journal.ts';
import type { JournaledSession } from '../../../harness/responder/session-journal.ts';
import { mergeOptions, parseTemplates, resolveOptions } from '../../../harness/responder/templates.ts';
import { MIN_SAMPLES, rateOf, trendOf } from '../../../harness/telemetry/rates.ts';

const nothingSaid: AttemptFacts['said'] = {
  conversationId: undefined,
  result: undefined,
  costUsd: undefined,
  tools: [],
  lastWords: '',
  errorCause: undefined,
  badLines: 0,
  unknownLines: 0,
};
const exited = (code: number | null, signal: NodeJS.Signals | null = null): ProcessEnd => ({
  cause: 'exited',
  exit: { code, signal },
  isGone: true,
});
const result = (subtype: string, isError: boolean, words = '') => ({
  ...nothingSaid,
  result: { subtype, isError, words },
});
const limit = (name: 'memory' | 'cpu' | 'age' | 'idle'): ProcessEnd => ({
  cause: 'limit',
  breach: { limit: name, value: 2_000_000, allowed: 1_000_000 },
  exit: undefined,
  isGone: true,
});
const asked = (reason: string): ProcessEnd => ({ cause: 'asked', reason, exit: undefined, isGone: true });

test('every way a try can end has its category', () => {
  const cases: [
    protocol: 'streamJson' | 'plain',
    end: ProcessEnd,
    facts: Partial<AttemptFacts>,
    category: string | undefined,
  ][] = [
    ['plain', exited(0), {}, undefined],
    ['plain', exited(2), {}, 'exitCode'],
    ['plain', exited(null, 'SIGSEGV'), {}, 'signal'],
    ['plain', exited(1), { errorText: 'Error: Invalid API key' }, 'auth'],
    ['plain', exited(1), { errorText: 'Credit balance is too low' }, 'budget'],
    ['streamJson', exited(0), {}, 'protocol'],
    ['streamJson', exited(0), { said: result('success', false) }, undefined],
    ['streamJson', exited(1), { said: result('success', false) }, undefined],
    ['streamJson', asked('lingers'), { said: result('success', false) }, undefined],
    ['streamJson', limit('age'), { said: result('success', false) }, undefined],
    ['streamJson', exited(1), { said: result('success', true, 'Please run /login') }, 'auth'],
    ['streamJson', exited(1), { said: { ...result('success', true), errorCause: 'auth' } }, 'auth'],
    ['streamJson', exited(1), { said: result('error_max_budget_usd', true) }, 'budget'],
    ['streamJson', exited(1), { said: result('error_max_turns', true) }, 'budget'],
    ['streamJson', exited(1), { said: result('error_during_execution', true) }, 'protocol'],
    ['streamJson', exited(1), {}, 'exitCode'],
    ['plain', limit('memory'), {}, 'memory'],
    ['plain', limit('cpu'), {}, 'cpu'],
    ['plain', limit('age'), {}, 'timeout'],
    ['plain', limit('idle'), {}, 'stale'],
    ['plain', asked('stale'), {}, 'stale'],
    ['plain', asked('turnTimeout'), {}, 'timeout'],
    ['plain', asked('cancelled'), {}, 'signal'],
    ['plain', { cause: 'stale', exit: undefined, isGone: true }, {}, 'stale'],
    ['plain', { cause: 'exited', exit: undefined, isGone: false }, {}, 'signal'],
  ];
  for (const [protocol, end, facts, category] of cases) {
    const error = judgeAttempt({
      protocol,
      end,
      said: nothingSaid,
      errorText: '',
      timeoutMs: 5,
      staleAfterMs: 7,
      ...facts,
    });
    assert.equal(error?.category, category, JSON.stringify([protocol, end, facts]));
  }
});

test('only auth, budget and invalid options are never retried, and a start that cannot work', () => {
  const retried = FAILURE_CATEGORIES.filter((category) => new ClaudeSessionError(category, 'x').isRetryable);
  assert.deepEqual(retried, ['spawn', 'exitCode', 'signal', 'timeout', 'stale', 'memory', 'cpu', 'protocol']);
  assert.equal(new ClaudeSessionError('spawn', 'x', { isRetryable: false }).isRetryable, false);
  assert.equal(causeInWords('all is well'), undefined);
});

test('a template is put on the one that it extends, field by field; options win over both', () => {
  const templates = parseTemplates({
    base: { timeout: 1, env: { A: '1', B: '1' }, resourceLimits: { maxMemory: 2 ** 21 }, args: ['x'] },
    fast: { extends: 'base', timeout: 2, env: { B: '2' } },
  });
  assert.deepEqual(
    resolveOptions(
      { template: 'fast', maxRetries: 9, resourceLimits: { maxCpuTime: 5 }, env: { C: '3' } },
      templates,
    ),
    {
      timeout: 2,
      env: { A: '1', B: '2', C: '3' },
      resourceLimits: { maxMemory: 2 ** 21, maxCpuTime: 5 },
      args: ['x'],
      template: 'fast',
      maxRetries: 9,
    },
  );
  assert.deepEqual(mergeOptions({ args: ['a'] }, { args: ['b'] }), { args: ['b'] });
});

test('templates with a mistake are refused, naming it', () => {
  for (const [json, message] of [
    [{ a: { extends: 'a' } }, /in a circle: a -> a/],
    [{ a: { extends: 'b' } }, /no template b \(extended by a\)/],
    [{ a: { timeot: 1 } }, /timeot/],
    [{ a: { extends: '__proto__' } }, /no template __proto__/],
    [[], /templates/],
  ] as const)
    assert.throws(() => parseTemplates(json), {
      name: 'ClaudeSessionError',
      category: 'invalidOptions',
      message,
    });
});

test('an environment among wrong options is not shown', () => {
  assert.throws(
    () => resolveOptions({ env: { 'bad name': 'sk-secret' } }, {}),
    (error: unknown) => error instanceof ClaudeSessionError && !error.message.includes('sk-secret'),
  );
});

test('claude is called with its flags, other commands with their own arguments only', () => {
  const claude = {
    command: 'claude',
    args: ['--model', 'x'],
    protocol: 'streamJson',
    isClaude: true,
    mcpServers: true,
  } as const;
  assert.deepEqual(commandLine(claude).args, [
    '-p',
    '--output-format',
    'stream-json',
    '--verbose',
    '--model',
    'x',
  ]);
  assert.deepEqual(commandLine(claude, { isLongLived: true, resume: 's1' }).args, [
    '-p',
    '--output-format',
    'stream-json',
    '--verbose',
    '--input-format',
    'stream-json',
    '--include-partial-messages',
    '--resume=s1',
    '--model',
    'x',
  ]);
  assert.deepEqual(commandLine({ ...claude, mcpServers: false }).args.slice(4, 7), [
    '--strict-mcp-config',
    '--mcp-config',
    '{"mcpServers":{}}',
  ]);
  assert.deepEqual(commandLine({ ...claude, isClaude: false }, { resume: 's1' }).args, ['--model', 'x']);
  assert.equal(shownCommand({ command: 'sh', args: ['-c', 'a b'] }), 'sh -c "a b"');
});

test('the environment is cleaned by name and prefix, and added to', () => {
  assert.deepEqual(
    cleanEnvironment(
      { PATH: '/bin', CLAUDECODE: '1', CLARA_PORT: '1', LIVEKIT_URL: 'x', CLAUDE_CODE_USE_BEDROCK: '1' },
      { X: '1' },
    ),
    { PATH: '/bin', CLAUDE_CODE_USE_BEDROCK: '1', X: '1' },
  );
});

test('a retry is told what was done, within bounds; one that had not begun just gets the task', () => {
  assert.equal(recoveryPrompt('Task', 'spawn', { tools: [], lastWords: '' }), 'Task');
  const prompt = recoveryPrompt('Task', 'memory', {
    tools: Array.from({ length: 99 }, (_, i) => `T${i}`),
    lastWords: 'w'.repeat(9000),
  });
  assert.match(prompt, /used more memory than it may/);
  assert.match(prompt, /T98/);
  assert.ok(!prompt.includes('T78,') && prompt.length < 2600);
  assert.ok(prompt.endsWith('\n\nTask'));
});

test('only a running session is stale, from its time on', () => {
  const facts = { status: 'running', idleMs: 300_000, staleAfterMs: 300_000, rssBytes: -1 } as const;
  assert.equal(isStale(facts), true);
  assert.equal(isStale({ ...facts, idleMs: 299_999 }), false);
  assert.equal(isStale({ ...facts, staleAfterMs: 0 }), false);
  assert.equal(isStale({ ...facts, status: 'recovering' }), false);
  assert.equal(isStale({ ...facts, status: 'completed' }), false);
});

const ended = (facts: Partial<EndedFacts> = {}): EndedFacts => ({
  status: 'completed',
  endedWallMs: 0,
  durationMs: 100,
  peakRssBytes: 0,
  failures: [],
  recoveredInMs: -1,
  ...facts,
});

test('a rate has its interval, wide for few samples and narrow for many', () => {
  assert.deepEqual(rateOf(0, 0), { count: 0, of: 0, ratio: undefined, low: 0, high: 1 });
  const few = rateOf(1, 10);
  const many = rateOf(100, 1000);
  assert.ok(few.low < 0.02 && few.high > 0.4);
  assert.ok(many.low > 0.08 && many.high < 0.13);
});

test('a trend is told only when there is enough data and chance is no likely cause', () => {
  assert.equal(trendOf(Array.from({ length: 2 * MIN_SAMPLES - 2 }, (_, i) => i)).verdict, 'notEnoughData');
  assert.equal(trendOf(Array.from({ length: 100 }, (_, i) => i)).verdict, 'rising');
  assert.equal(trendOf(Array.from({ length: 100 }, (_, i) => -i)).verdict, 'falling');
  assert.equal(trendOf(Array.from({ length: 100 }, (_, i) => i % 2)).verdict, 'steady');
  const trend = trendOf([
    ...Array.from({ length: 50 }, () => 0),
    ...Array.from({ length: 50 }, (_, i) => i % 2),
  ]);
  assert.deepEqual([trend.samples, trend.older, trend.newer, trend.verdict], [100, 0, 0.5, 'rising']);
});

test('the figures leave cancelled sessions out and name the likeliest failure', () => {
  const stats = sessionStatistics([
    ...Array.from({ length: 30 }, () => ended({ peakRssBytes: 50 })),
    ...Array.from({ length: 8 }, () => ended({ status: 'failed', failures: ['memory', 'memory'] })),
    ...Array.from({ length: 2 }, () => ended({ status: 'timeout', failures: ['timeout'] })),
    ...Array.from({ length: 10 }, () => ended({ failures: ['exitCode'], recoveredInMs: 3000 })),
    ...Array.from({ length: 50 }, () => ended({ status: 'cancelled' })),
  ]);
  assert.equal(stats.durations.samples, 50);
  assert.deepEqual([stats.failures.rate.count, stats.failures.rate.of], [10, 50]);
  assert.equal(stats.failures.byCategory.memory.count, 8);
  assert.equal(stats.failures.triesByCategory.memory, 16);
  assert.deepEqual(
    [stats.recovery.rate.count, stats.recovery.rate.of, stats.recovery.meanMs],
    [10, 20, 3000],
  );
  assert.equal(stats.memory.samples, 30);
  const { prediction } = stats;
  assert.ok(prediction.verdict === 'estimate');
  assert.equal(prediction.likeliest, 'memory');
  assert.equal(prediction.failureRatio, 0.2);
  assert.ok(prediction.low > 0.1 && prediction.high < 0.35);
});

const journaled = (facts: Partial<JournaledSession> = {}): JournaledSession => ({
  id: 's1',
  agentId: 'a',
  command: 'claude',
  startedWallMs: 0,
  status: 'running',
  atWallMs: 1000,
  retryCount: 0,
  conversationId: 'talk-1',
  ...facts,
});

test('a journal with torn and foreign lines is replayed; options and prompt of the first line stay', () => {
  const { sessions, misfits } = replaySessions([
    { type: 'session', session: journaled({ options: { timeout: 5 }, prompt: 'p' }) },
    { type: 'session', session: journaled({ status: 'recovering' }) },
    { type: 'session', session: journaled({ id: 's2' }) },
    { type: 'removed', id: 's2' },
    { type: 'other' },
    'x',
    { type: 'session', session: { id: 's3' } },
  ]);
  assert.equal(misfits, 3);
  assert.deepEqual(sessions, [journaled({ status: 'recovering', options: { timeout: 5 }, prompt: 'p' })]);
});

test('the fate of each session of a dead manager is decided, with the reason', () => {
  const policy = { onRestart: 'recover', isEnabled: true, maxRetries: 3, nowWallMs: 2000 } as const;
  const { conversationId: _none, ...forgotten } = journaled();
  const cases: [
    JournaledSession,
    Partial<typeof policy> | { onRestart: 'fail' } | { isLeft: true },
    string,
    RegExp,
  ][] = [
    [journaled(), {}, 'recovered', /died/],
    [{ ...forgotten, prompt: 'p' }, {}, 'recovered', /died/],
    [forgotten, {}, 'failed', /neither its conversation nor its prompt/],
    [journaled({ status: 'completed', reason: 'result' }), {}, 'asBefore', /result/],
    [journaled({ isLongLived: true }), {}, 'failed', /opened again/],
    [journaled({ options: { enableRecovery: false } }), {}, 'failed', /switched off/],
    [journaled(), { onRestart: 'fail' }, 'failed', /switched off/],
    [journaled(), { isLeft: true }, 'failed', /could not be ended/],
    [journaled({ retryCount: 3 }), {}, 'failed', /has had its 3 retries/],
    [journaled({ options: { recoveryTimeoutMs: 500 } }), {}, 'failed', /more than 500 ms ago/],
  ];
  for (const [session, change, fate, reason] of cases) {
    const restored = fateOf(session, [], { ...policy, ...change });
    assert.equal(restored.fate, fate);
    assert.match(restored.reason, reason);
  }
  assert.equal(fateOf(journaled(), [4711], policy).found, 'running');
});
