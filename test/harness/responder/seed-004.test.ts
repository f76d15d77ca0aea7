/** Every line of the source document's interface, options, callbacks and defaults (seed 004), by its name. */
import assert from 'node:assert/strict';
import { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ClaudeCliManager } from '../../../harness/responder/claude-cli-manager.ts';
import type { ClaudeCliManagerOptions } from '../../../harness/responder/manager-options.ts';
import type {
  ClaudeExecutionOptions,
  ClaudeSession,
  CliUpdate,
} from '../../../harness/responder/session-types.ts';
import { CLI_STATES } from '../../../harness/supervisor/session-states.ts';
import { cliManagerRig } from '../../support/node/cli-manager-rig.ts';
import { fakeCliProcesses } from '../../support/node/fake-cli-processes.ts';
import type { FakeCliProcess } from '../../support/node/fake-cli-processes.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';

const MB = 1024 * 1024;

/** Fake processes take several turns of the loop to answer: time waits for them. */
class PatientClock extends FakeEngineClock {
  override async advance(ms: number): Promise<void> {
    for (let left = ms; ;) {
      for (let turns = 0; turns < 4; turns += 1) await super.advance(0);
      if (left <= 0) return;
      const step = Math.min(left, 500);
      await super.advance(step);
      left -= step;
    }
  }
}

function build(
  t: TestContext,
  onStart: (process: FakeCliProcess) => void = () => undefined,
  options: ClaudeCliManagerOptions = {},
) {
  const clock = new PatientClock();
  const { processes, start } = fakeCliProcesses(onStart);
  const manager = new ClaudeCliManager({ clock, startProcess: start, random: () => 0, ...options });
  t.after(() => manager.dispose());
  const updates: CliUpdate[] = [];
  manager.onUpdate((_session, update) => updates.push(update));
  const settle = () => clock.advance(0);
  return { manager, clock, processes, updates, settle };
}

const answers = (process: FakeCliProcess): void => process.answers();
const fails = (process: FakeCliProcess): void => process.exits(1);

test('ClaudeSession: id, agentId, command, startTime, endTime, status, output, errorOutput, exitCode, pid', async (t) => {
  const { manager, clock, settle } = build(t, (process) => {
    process.handlers.onText('a warning\n', 'stderr');
    setImmediate(() => process.answers('the answer'));
  });
  const begun = clock.wallMs();
  const { session, ended } = manager.startClaudeSession('agent-001', 'Analyze project structure');
  assert.equal(session.status, 'running');
  assert.equal(session.endTime, undefined);
  await settle();
  await ended;
  assert.match(session.id, /^cli-[0-9a-f]{16}$/);
  assert.equal(session.agentId, 'agent-001');
  assert.match(session.command, /^claude -p --output-format stream-json/);
  assert.deepEqual(session.startTime, new Date(begun));
  assert.deepEqual(session.endTime, new Date(begun));
  assert.equal(session.status, 'completed');
  assert.equal(session.output.length, 2);
  assert.deepEqual(session.errorOutput, ['a warning']);
  assert.equal(session.exitCode, 0);
  assert.equal(session.pid, 1000);
  assert.equal(session.answer, 'the answer');
});

test('ClaudeSession: process is the ChildProcess while it runs, memoryUsage the rss of its tree', async (t) => {
  const { manager, modes } = await cliManagerRig(t);
  const { session, ended } = manager.startClaudeSession('a', 'x', modes('silent'));
  await new Promise<void>((resolve) => {
    manager.onUpdate(() => {
      // The first sample may be of the moment before the program is loaded.
      const isLoaded = (): boolean => (session.memoryUsage?.rss ?? 0) > 10 * MB;
      const look = (): unknown => (isLoaded() ? resolve() : setTimeout(look, 20));
      if (session.output.length > 2) look();
    });
  });
  assert.ok(session.process instanceof ChildProcess);
  assert.equal(session.process.pid, session.pid);
  const { rss = 0, ...heap } = session.memoryUsage ?? {};
  assert.ok(rss > 10 * MB, `${rss}`);
  assert.deepEqual(heap, { heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 });
  manager.cancelAllSessions();
  await ended;
  assert.equal(session.process, undefined);
});

test('ClaudeSession: lastActivity moves with output, and only with it', async (t) => {
  const { manager, clock, processes, settle } = build(t);
  const { session } = manager.startClaudeSession('a', 'x');
  await settle();
  const begun = session.lastActivity.getTime();
  await clock.advance(7000);
  assert.equal(session.lastActivity.getTime(), begun);
  processes[0]?.says({ type: 'keep_alive' });
  assert.equal(session.lastActivity.getTime(), begun + 7000);
});

test('ClaudeSession: retryCount, maxRetries and resourceLimits', async (t) => {
  const { manager, clock } = build(t, fails);
  const { session, ended } = manager.startClaudeSession('a', 'x', {
    maxRetries: 1,
    resourceLimits: { maxMemory: 512 * MB, maxCpuTime: 60_000 },
  });
  assert.equal(session.retryCount, 0);
  await clock.advance(60_000);
  await ended;
  assert.equal(session.retryCount, 1);
  assert.equal(session.maxRetries, 1);
  assert.deepEqual(session.resourceLimits, { maxMemory: 512 * MB, maxCpuTime: 60_000 });
});

test('status has the six states of the source', () => {
  assert.deepEqual([...CLI_STATES].sort(), [
    'cancelled',
    'completed',
    'failed',
    'recovering',
    'running',
    'timeout',
  ]);
});

test('options: timeout, resourceLimits.maxMemory and maxCpuTime reach the engine; timeout is 300000 by default', async (t) => {
  const { manager, processes, settle } = build(t);
  manager.startClaudeSession('a', 'x', {
    timeout: 600_000,
    resourceLimits: { maxMemory: 5 * MB, maxCpuTime: 9 },
  });
  manager.startClaudeSession('a', 'x');
  await settle();
  assert.deepEqual(processes[0]?.spec.limits, { maxRssBytes: 5 * MB, maxCpuMs: 9, maxAgeMs: 600_000 });
  assert.deepEqual(processes[1]?.spec.limits, { maxAgeMs: 300_000 });
});

test('options: maxRetries is 3 by default and retryDelay 2000, doubled each time', async (t) => {
  const { manager, clock, updates } = build(t, fails);
  const ended = manager.executeClaudeSession('a', 'x');
  await clock.advance(60_000);
  const session = await ended;
  assert.equal(session.status, 'failed');
  assert.equal(session.error?.category, 'exitCode');
  assert.deepEqual(
    updates.flatMap((one) => (one.type === 'recovery' ? [one.delayMs] : [])),
    [2000, 4000, 8000],
  );
});

test('options: retryDelay grows to 60 s at most, and jitter takes at most half of it', async (t) => {
  const { manager, clock, updates } = build(t, fails, { random: () => 0.999 });
  const ended = manager.executeClaudeSession('a', 'x', { retryDelay: 10_000, maxRetries: 6 });
  await clock.advance(600_000);
  await ended;
  const delays = updates.flatMap((one) =>
    one.type === 'recovery' ? [Math.round(one.delayMs / 100) * 100] : [],
  );
  assert.deepEqual(delays, [5000, 10_000, 20_000, 30_000, 30_000, 30_000]);
});

test('options: enableRecovery is true by default; switched off, nothing is retried', async (t) => {
  const { manager, clock, processes } = build(t, fails);
  const ended = manager.executeClaudeSession('a', 'x', { enableRecovery: false });
  await clock.advance(0);
  assert.equal((await ended).status, 'failed');
  assert.equal(processes.length, 1);
});

test('options: recoveryTimeoutMs, 900000 by default, bounds the whole recovery and the last try in it', async (t) => {
  const { manager, clock, processes } = build(t, fails);
  const ended = manager.executeClaudeSession('a', 'x', {
    recoveryTimeoutMs: 10_000,
    maxRetries: 9,
    retryDelay: 3000,
  });
  await clock.advance(60_000);
  assert.equal((await ended).retryCount, 2, 'after 3 and 6 s; 12 more are too many');
  assert.equal(processes[2]?.spec.limits.maxAgeMs, 1000, 'what is left of the 10 s');
  const again = manager.executeClaudeSession('a', 'x', { maxRetries: 100, retryDelay: 60_000 });
  await clock.advance(2_000_000);
  assert.equal((await again).retryCount, 15);
});

test('recoveryTimeoutMs runs on while a retry waits for a place on its profile', async (t) => {
  const { manager, clock, processes } = build(t, undefined, { profiles: [{ name: 'p', maxConcurrent: 1 }] });
  manager.startClaudeSession('a', 'x', { recoveryTimeoutMs: 20_000, retryDelay: 2000 });
  await clock.advance(0);
  const other = manager.startClaudeSession('b', 'y');
  processes[0]?.exits(1);
  await clock.advance(0);
  assert.equal(processes[1]?.spec.sessionId, other.session.id, 'it has the place');
  await clock.advance(12_000);
  processes[1]?.answers();
  await clock.advance(0);
  assert.equal(processes[2]?.spec.limits.maxAgeMs, 8000);
});

test('options: healthCheckInterval is also a session’s own', async (t) => {
  const { manager, clock, updates, settle } = build(t);
  const { session } = manager.startClaudeSession('a', 'x', { healthCheckInterval: 1000 });
  await settle();
  await clock.advance(5000);
  assert.equal(updates.filter((one) => one.type === 'health' && one.session === session).length, 5);
});

test('configuration: its names and defaults are those of the source', (t) => {
  const { manager } = build(t);
  assert.deepEqual(manager.config, {
    claudeCommand: 'claude',
    sessionTimeout: 300_000,
    maxRetries: 3,
    healthCheckInterval: 30_000,
    cleanupInterval: 300_000,
    enableRecovery: true,
  });
  assert.throws(() => new ClaudeCliManager({ config: { sessionTimeout: -1 } }), {
    name: 'ClaudeSessionError',
    category: 'invalidOptions',
    message: /sessionTimeout/,
  });
});

test('configuration: claudeCommand, sessionTimeout, maxRetries, enableRecovery hold where options say nothing', async (t) => {
  const { manager, clock, processes } = build(t, fails, {
    config: { claudeCommand: 'my-claude', sessionTimeout: 77, maxRetries: 1 },
  });
  const ended = manager.executeClaudeSession('a', 'x');
  await clock.advance(60_000);
  assert.equal((await ended).retryCount, 1);
  assert.equal(processes[0]?.spec.command, 'my-claude');
  assert.equal(processes[0].spec.limits.maxAgeMs, 77);
  const other = build(t, fails, { config: { enableRecovery: false } });
  const once = other.manager.executeClaudeSession('a', 'x');
  await other.clock.advance(0);
  assert.equal((await once).retryCount, 0);
});

test('healthCheckInterval: every 30 s; a session is stale after 5 min without activity', async (t) => {
  const { manager, clock, processes } = build(t);
  const stop = new AbortController();
  const healths: CliUpdate[] = [];
  const reading = (async () => {
    for await (const update of manager.updates(stop.signal))
      if (update.type === 'health' && update.session === undefined) healths.push(update);
  })();
  manager.startClaudeSession('a', 'x');
  manager.startClaudeSession('a', 'y');
  await clock.advance(270_000);
  assert.equal(healths.length, 9);
  processes[1]?.says({ type: 'keep_alive' });
  assert.equal(manager.getSessionHealthMetrics().staleSessions, 0);
  await clock.advance(30_000);
  const { totalSessions, healthySessions, staleSessions } = manager.getSessionHealthMetrics();
  assert.deepEqual(
    { totalSessions, healthySessions, staleSessions },
    { totalSessions: 2, healthySessions: 1, staleSessions: 1 },
  );
  assert.deepEqual(processes[0]?.spec.stale?.staleAfterMs, 300_000);
  stop.abort();
  await reading;
});

test('cleanupInterval: every 5 min what ended over 1 h ago is removed', async (t) => {
  const { manager, clock } = build(t, answers);
  const ended = manager.executeClaudeSession('a', 'x');
  await clock.advance(0);
  const { id } = await ended;
  await clock.advance(59 * 60_000);
  assert.notEqual(manager.getSession(id), undefined);
  await clock.advance(5 * 60_000);
  assert.equal(manager.getSession(id), undefined);
  assert.equal(manager.getSessionStats().durations.samples, 1, 'its figures stay');
});

test('cleanupOldSessions(olderThanMinutes = 60) says how many it removed, and never removes a running one', async (t) => {
  const { manager, clock, processes } = build(t);
  const first = manager.executeClaudeSession('a', 'x');
  manager.startClaudeSession('a', 'y');
  await clock.advance(0);
  processes[0]?.answers();
  await clock.advance(0);
  await first;
  await clock.advance(30 * 60_000);
  assert.equal(manager.cleanupOldSessions(), 0);
  assert.equal(manager.cleanupOldSessions(30), 1);
  assert.equal(manager.cleanupOldSessions(0), 0);
  assert.equal(manager.getSessions().length, 1);
});

test('executeClaudeSession settles when the session is final, and never rejects for a failure', async (t) => {
  const { manager, clock } = build(t, (process) => process.exits(3));
  const ended = manager.executeClaudeSession('a', 'x', { maxRetries: 0 });
  await clock.advance(0);
  const session = await ended;
  assert.equal(session.status, 'failed');
  assert.equal(session.exitCode, 3);
});

test('cancelSession(id) is true once, cancelAllSessions() says how many', async (t) => {
  const { manager, settle } = build(t);
  const first = manager.startClaudeSession('a', 'x');
  manager.startClaudeSession('a', 'y');
  manager.startClaudeSession('b', 'z');
  await settle();
  assert.equal(manager.cancelSession('nobody'), false);
  assert.equal(manager.cancelSession(first.session.id), true);
  assert.equal(manager.cancelSession(first.session.id), false);
  assert.equal(manager.cancelAllSessions(), 2);
  assert.equal((await first.ended).status, 'cancelled');
  assert.equal(manager.cancelAllSessions(), 0);
});

test('a session can be cancelled as soon as it is told of', async (t) => {
  const { manager, processes, settle } = build(t, answers);
  manager.onUpdate(({ id }, { type }) => type === 'status' && manager.cancelSession(id));
  const { session, ended } = manager.startClaudeSession('a', 'x');
  assert.equal(session.status, 'cancelled');
  await settle();
  await ended;
  assert.equal(processes.length, 0, 'nothing was started for it');
});

test('a session that waits for its retry is cancelled at once', async (t) => {
  const { manager, clock, processes } = build(t, fails);
  const { session, ended } = manager.startClaudeSession('a', 'x');
  await clock.advance(100);
  assert.equal(session.status, 'recovering');
  assert.equal(manager.cancelSession(session.id), true);
  await ended;
  await clock.advance(100_000);
  assert.equal(session.status, 'cancelled');
  assert.equal(processes.length, 1);
});

test('getSession, getAgentSessions, getActiveSessions, getFailedSessions', async (t) => {
  const { manager, clock, processes } = build(t);
  const one = manager.startClaudeSession('agent-1', 'x', { maxRetries: 0 });
  const two = manager.startClaudeSession('agent-1', 'y', { maxRetries: 0 });
  const three = manager.startClaudeSession('agent-2', 'z');
  const four = manager.startClaudeSession('agent-2', 'z');
  await clock.advance(0);
  processes[0]?.exits(1);
  processes[1]?.endsBy({
    cause: 'limit',
    breach: { limit: 'age', value: 300_000, allowed: 300_000 },
    exit: { code: null, signal: 'SIGTERM' },
    isGone: true,
  });
  processes[3]?.exits(1);
  await clock.advance(0);
  assert.equal(manager.getSession(one.session.id), one.session);
  assert.equal(manager.getSession('nobody'), undefined);
  assert.deepEqual(manager.getAgentSessions('agent-1'), [one.session, two.session]);
  assert.deepEqual(manager.getActiveSessions(), [three.session, four.session]);
  assert.equal(four.session.status, 'recovering');
  assert.deepEqual(
    manager.getFailedSessions().map(({ status }) => status),
    ['failed', 'timeout'],
  );
});

test('getSessionHealthMetrics: totalSessions, healthySessions, staleSessions, averageMemoryUsage, sessionsByStatus', async (t) => {
  const { manager, clock, processes } = build(t);
  const empty = manager.getSessionHealthMetrics();
  assert.deepEqual(empty, {
    totalSessions: 0,
    healthySessions: 0,
    staleSessions: 0,
    averageMemoryUsage: 0,
    sessionsByStatus: { running: 0, completed: 0, failed: 0, cancelled: 0, timeout: 0, recovering: 0 },
  });
  for (let i = 0; i < 3; i += 1) manager.startClaudeSession('a', 'x');
  await clock.advance(0);
  const usage = (rssBytes: number) => ({ rssBytes, atMonoMs: 0, cpuMs: 0, processes: 1 });
  processes[0]?.handlers.onUsage(usage(10 * MB));
  processes[1]?.handlers.onUsage(usage(30 * MB));
  processes[2]?.answers();
  await clock.advance(0);
  const metrics = manager.getSessionHealthMetrics();
  assert.equal(metrics.totalSessions, 3);
  assert.equal(metrics.healthySessions, 2);
  assert.equal(metrics.averageMemoryUsage, 20 * MB);
  assert.deepEqual(metrics.sessionsByStatus, {
    running: 2,
    completed: 1,
    failed: 0,
    cancelled: 0,
    timeout: 0,
    recovering: 0,
  });
});

test('getSessionStats: durations, memory, failures by category, recovery, each with its sample size', async (t) => {
  let starts = 0;
  const { manager, clock } = build(t, (process) => {
    starts += 1;
    if (starts === 1 || starts >= 3) process.exits(1);
    else process.answers();
  });
  const recovered = manager.executeClaudeSession('a', 'x');
  await clock.advance(10_000);
  await recovered;
  const failed = manager.executeClaudeSession('a', 'x', { maxRetries: 0 });
  await clock.advance(0);
  await failed;
  const stats = manager.getSessionStats();
  assert.equal(stats.durations.samples, 2);
  assert.equal(stats.durations.p95Ms, 2000);
  assert.equal(stats.memory.samples, 0);
  assert.deepEqual({ count: stats.failures.rate.count, of: stats.failures.rate.of }, { count: 1, of: 2 });
  assert.equal(stats.failures.byCategory.exitCode.count, 1);
  assert.equal(stats.failures.triesByCategory.exitCode, 2);
  assert.deepEqual({ count: stats.recovery.rate.count, of: stats.recovery.rate.of }, { count: 1, of: 2 });
  assert.equal(stats.recovery.meanMs, 2000);
  assert.deepEqual(stats.prediction, { verdict: 'notEnoughData', samples: 2, needed: 20 });
});

test('onUpdate: status, output, limit, recovery and health call back with the session', async (t) => {
  const { manager, clock, processes } = build(t);
  const heard = new Map<string, ClaudeSession>();
  const stop = manager.onUpdate((session, { type }) => heard.set(type, session));
  const { session } = manager.startClaudeSession('a', 'x', { healthCheckInterval: 10 });
  await clock.advance(10);
  processes[0]?.says('a line');
  processes[0]?.handlers.onLimit({ limit: 'memory', value: 2, allowed: 1 });
  processes[0]?.exits(1);
  await clock.advance(0);
  for (const type of ['status', 'output', 'limit', 'recovery', 'health'])
    assert.equal(heard.get(type), session, type);
  stop();
  heard.clear();
  manager.cancelAllSessions();
  assert.equal(heard.size, 0);
});

test('a listener that throws ends nothing and keeps no other from being told', async (t) => {
  const { manager, clock } = build(t, answers);
  let told = 0;
  manager.onUpdate(() => {
    throw new Error('a bad listener');
  });
  manager.onUpdate(() => (told += 1));
  const ended = manager.executeClaudeSession('a', 'x');
  await clock.advance(0);
  assert.equal((await ended).status, 'completed');
  assert.ok(told >= 4);
});

test('dispose() ends the sessions and every clock', async (t) => {
  const { manager, clock, settle } = build(t);
  const { ended } = manager.startClaudeSession('a', 'x');
  await settle();
  assert.ok(clock.timerCount > 0);
  await manager.dispose();
  assert.equal((await ended).status, 'cancelled');
  assert.equal(clock.timerCount, 0);
});

test('the usage examples of the source compile and run', async (t) => {
  const { manager: claudeCliManager, clock } = build(t, answers);
  const options: ClaudeExecutionOptions = {
    timeout: 300_000,
    maxRetries: 3,
    enableRecovery: true,
    resourceLimits: { maxMemory: 512 * 1024 * 1024 },
  };
  const running = claudeCliManager.executeClaudeSession('agent-001', 'Analyze project structure', options);
  await clock.advance(0);
  const session = await running;
  const healthMetrics = claudeCliManager.getSessionHealthMetrics();
  assert.equal(session.status, 'completed');
  assert.equal(`${healthMetrics.healthySessions}/${healthMetrics.totalSessions}`, '0/1');
  assert.equal(healthMetrics.averageMemoryUsage / 1024 / 1024, 0);
  assert.equal(claudeCliManager.cleanupOldSessions(30), 0);
});

test('parallel recovery: 50 sessions that fail together come back apart, each on its own', async (t) => {
  const tries = new Map<string, number>();
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const { manager, clock, updates } = build(
    t,
    (process) => {
      const count = (tries.get(process.spec.sessionId) ?? 0) + 1;
      tries.set(process.spec.sessionId, count);
      if (count <= 2) process.exits(1);
      else process.answers();
    },
    { random },
  );
  const all = Array.from({ length: 50 }, () => manager.executeClaudeSession('a', 'x'));
  await clock.advance(20_000);
  const sessions = await Promise.all(all);
  assert.ok(sessions.every(({ status, retryCount }) => status === 'completed' && retryCount === 2));
  const delays = new Set(updates.flatMap((one) => (one.type === 'recovery' ? [one.delayMs] : [])));
  assert.equal(delays.size, 100, 'no two wait equally long');
});
