import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClaudeCliManager } from '../../../harness/responder/claude-cli-manager.ts';
import { Profiles, orderProfiles, parseProfiles } from '../../../harness/responder/profiles.ts';
import type { ProfileState } from '../../../harness/responder/profiles.ts';
import { ClaudeSessionError } from '../../../harness/responder/failure.ts';
import { fakeCliProcesses } from '../../support/node/fake-cli-processes.ts';

const state = (facts: Partial<ProfileState> & { name: string }): ProfileState => ({
  weight: 1,
  maxConcurrent: 0,
  running: 0,
  started: 0,
  breaker: 'closed',
  ...facts,
});
const never = new AbortController().signal;
const broken = () => Promise.resolve(new ClaudeSessionError('exitCode', 'ended with exit code 1'));
const good = () => Promise.resolve(undefined);

test('the least busy profile by weight comes first, then the least used; a full one does not', () => {
  assert.deepEqual(
    orderProfiles([
      state({ name: 'busy', running: 3 }),
      state({ name: 'strong', running: 3, weight: 4 }),
      state({ name: 'full', maxConcurrent: 1, running: 1 }),
      state({ name: 'used', running: 0, started: 5 }),
      state({ name: 'idle' }),
    ]),
    ['idle', 'used', 'strong', 'busy'],
  );
});

test('a hundred quick tries are shared by weight', async () => {
  const profiles = new Profiles([{ name: 'one' }, { name: 'three', weight: 3 }]);
  for (let i = 0; i < 100; i += 1) await profiles.run(undefined, never, good);
  assert.deepEqual(
    profiles.states().map(({ started }) => started),
    [25, 75],
  );
});

test('a profile that fails five times is left alone, until a probe has worked', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const profiles = new Profiles([{ name: 'bad' }]);
  for (let i = 0; i < 5; i += 1) await profiles.run(undefined, never, broken);
  assert.equal(profiles.states()[0]?.breaker, 'open');
  let calls = 0;
  const counted = () => {
    calls += 1;
    return good();
  };
  await assert.rejects(profiles.run(undefined, never, counted), { category: 'spawn', isRetryable: true });
  assert.equal(calls, 0);
  t.mock.timers.tick(30_000);
  await profiles.run(undefined, never, broken);
  await assert.rejects(profiles.run(undefined, never, counted), { category: 'spawn' });
  t.mock.timers.tick(30_000);
  await profiles.run(undefined, never, counted);
  assert.equal(calls, 1);
  assert.equal(profiles.states()[0]?.breaker, 'closed');
});

test('a probe that lasts for hours frees its profile with its first good answer', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const profiles = new Profiles([{ name: 'bad' }]);
  for (let i = 0; i < 5; i += 1) await profiles.run(undefined, never, broken);
  t.mock.timers.tick(30_000);
  let end: (error: ClaudeSessionError | undefined) => void = () => undefined;
  let prove: () => void = () => undefined;
  const long = profiles.run(undefined, never, (_profile, isProven) => {
    prove = isProven;
    return new Promise((resolve) => (end = resolve));
  });
  assert.equal(profiles.states()[0]?.breaker, 'probing');
  await assert.rejects(profiles.run(undefined, never, good), { category: 'spawn' });
  prove();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(profiles.states()[0]?.breaker, 'closed');
  await profiles.run(undefined, never, good);
  assert.equal(profiles.states()[0]?.running, 1, 'the long one');
  end(new ClaudeSessionError('exitCode', 'ended with exit code 1'));
  assert.equal((await long)?.category, 'exitCode');
  assert.equal(profiles.states()[0]?.running, 0);
});

test('failures of the task itself open no breaker', async () => {
  const profiles = new Profiles([{ name: 'good' }]);
  for (let i = 0; i < 10; i += 1)
    await profiles.run(undefined, never, () => Promise.resolve(new ClaudeSessionError('memory', 'too much')));
  assert.equal(profiles.states()[0]?.breaker, 'closed');
});

test('while one profile is left alone the others take its sessions', async () => {
  const profiles = new Profiles([{ name: 'bad' }, { name: 'good' }]);
  for (let i = 0; i < 20; i += 1)
    await profiles.run(undefined, never, ({ name }) => (name === 'bad' ? broken() : good()));
  const [bad, well] = profiles.states();
  assert.equal(bad?.breaker, 'open');
  assert.equal(bad.started, 5);
  assert.equal(well?.started, 15);
});

test('whoever finds all full waits for a place, or until it is aborted', async () => {
  const profiles = new Profiles([{ name: 'narrow', maxConcurrent: 1 }]);
  let finish: (value: undefined) => void = () => undefined;
  const first = profiles.run(undefined, never, () => new Promise<undefined>((resolve) => (finish = resolve)));
  const order: string[] = [];
  const second = profiles.run(undefined, never, () => {
    order.push('second');
    return good();
  });
  const stop = new AbortController();
  const third = profiles.run(undefined, stop.signal, good);
  stop.abort(new Error('cancelled'));
  await assert.rejects(third, /cancelled/);
  assert.deepEqual(order, []);
  finish(undefined);
  await Promise.all([first, second]);
  assert.deepEqual(order, ['second']);
});

test('a place that becomes free goes to who can use it, whoever waits for another one before it', async () => {
  const profiles = new Profiles([
    { name: 'a', maxConcurrent: 1 },
    { name: 'b', maxConcurrent: 1 },
  ]);
  const hold = (name: string) => {
    let free: (value: undefined) => void = () => undefined;
    const run = profiles.run(name, never, () => new Promise<undefined>((resolve) => (free = resolve)));
    return { run, free: () => free(undefined) };
  };
  const [holdsA, holdsB] = [hold('a'), hold('b')];
  const order: string[] = [];
  const want = (name: string) =>
    profiles.run(name, never, () => {
      order.push(name);
      return good();
    });
  const [waitsForA, waitsForB] = [want('a'), want('b')];
  holdsB.free();
  await holdsB.run;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(order, ['b'], 'who waits for a is no reason to let b stand empty');
  holdsA.free();
  await Promise.all([holdsA.run, waitsForA, waitsForB]);
  assert.deepEqual(order, ['b', 'a']);
});

test('who could run on a full profile waits for it, though one with a free place is left alone or tried', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const profiles = new Profiles([{ name: 'bad' }, { name: 'narrow', maxConcurrent: 1 }]);
  for (let i = 0; i < 5; i += 1) await profiles.run('bad', never, broken);
  const hold = (name: string) => {
    let end: (error: ClaudeSessionError | undefined) => void = () => undefined;
    const run = profiles.run(name, never, () => new Promise((resolve) => (end = resolve)));
    return { run, end: (error?: ClaudeSessionError) => end(error) };
  };
  const names: string[] = [];
  const want = () =>
    profiles.run(undefined, never, ({ name }) => {
      names.push(name);
      return good();
    });
  const first = hold('narrow');
  const waits = want();
  first.end();
  await Promise.all([first.run, waits]);
  assert.deepEqual(names, ['narrow'], 'bad is left alone');
  t.mock.timers.tick(30_000);
  const [probe, second] = [hold('bad'), hold('narrow')];
  const waitsToo = want();
  second.end();
  await Promise.all([second.run, waitsToo]);
  assert.deepEqual(names, ['narrow', 'narrow'], 'bad is being tried');
  probe.end();
  await probe.run;
});

test('no profile gets more than it takes at once, whoever finds another one broken first', async () => {
  const profiles = new Profiles([
    { name: 'bad', weight: 1000 },
    { name: 'narrow', maxConcurrent: 1 },
  ]);
  for (let i = 0; i < 5; i += 1) await profiles.run('bad', never, broken);
  let most = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      profiles.run(undefined, never, async () => {
        most = Math.max(most, profiles.states()[1]?.running ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
        return undefined;
      }),
    ),
  );
  assert.equal(most, 1);
});

test('those that wait for a place come in their order', async () => {
  const profiles = new Profiles([{ name: 'narrow', maxConcurrent: 1 }]);
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      profiles.run(undefined, never, async () => {
        order.push(index);
        await new Promise((resolve) => setImmediate(resolve));
        return undefined;
      }),
    ),
  );
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, index) => index),
  );
});

test('profiles are read from JSON with every mistake named', () => {
  assert.deepEqual(parseProfiles([{ name: 'a', weight: 2, options: { command: 'claude-a' } }]).length, 1);
  for (const [json, message] of [
    [[{ name: 'a' }, { name: 'a' }], /two profiles are named a/],
    [[{ name: 'a', weight: 0 }], /weight/],
    [[{ name: 'a', options: { timeout: 'x' } }], /timeout/],
    [{}, /profiles/],
  ] as const)
    assert.throws(() => parseProfiles(json), { category: 'invalidOptions', message });
});

test('a session runs with its profile’s command and environment, its own options winning', async (t) => {
  const { processes, start } = fakeCliProcesses((process) => process.answers());
  const manager = new ClaudeCliManager({
    startProcess: start,
    profiles: [
      { name: 'a', options: { args: ['--model', 'small'], env: { HOME: '/a', X: 'profile' } } },
      { name: 'b', options: { command: 'other-cli', protocol: 'plain' } },
    ],
  });
  t.after(() => manager.dispose());
  const session = await manager.executeClaudeSession('x', 'y', { profile: 'a', env: { X: 'own' } });
  assert.equal(session.profile, 'a');
  const spec = processes[0]?.spec;
  assert.ok(spec);
  const { command, args, env } = spec;
  assert.equal(command, 'claude');
  assert.deepEqual(args.slice(-2), ['--model', 'small']);
  assert.equal(env['HOME'], '/a');
  assert.equal(env['X'], 'own');
  await manager.executeClaudeSession('x', 'y', { profile: 'b' });
  assert.equal(processes[1]?.spec.command, 'other-cli');
  assert.deepEqual(processes[1].spec.args, []);
});

test('a group runs at most so many at once, is counted, and gives its sessions back in order', async (t) => {
  let running = 0;
  let most = 0;
  const { start } = fakeCliProcesses((process) => {
    running += 1;
    most = Math.max(most, running);
    setImmediate(() => {
      running -= 1;
      process.answers(process.spec.sessionId);
    });
  });
  const manager = new ClaudeCliManager({ startProcess: start });
  t.after(() => manager.dispose());
  const items = Array.from({ length: 10 }, (_, i) => ({ agentId: `agent-${i}`, prompt: 'x' }));
  const working = manager.startGroup('batch', items, 3);
  assert.equal(manager.getGroup('batch')?.isDone, false);
  await assert.rejects(manager.startGroup('batch', items), /runs already/);
  const sessions = await working;
  assert.equal(most, 3);
  assert.deepEqual(
    sessions.map(({ agentId }) => agentId),
    items.map(({ agentId }) => agentId),
  );
  const status = manager.getGroup('batch');
  assert.equal(status?.isDone, true);
  assert.equal(status.byStatus.completed, 10);
  assert.equal(manager.getGroup('nobody'), undefined);
  await assert.rejects(manager.startGroup('none', items, 0), /maxAtOnce 0 is below 1/);
});

test('cancelling a group ends what runs and starts no more', async (t) => {
  const { processes, start } = fakeCliProcesses();
  const manager = new ClaudeCliManager({ startProcess: start });
  t.after(() => manager.dispose());
  const items = Array.from({ length: 10 }, () => ({ agentId: 'a', prompt: 'x' }));
  const working = manager.startGroup('batch', items, 4);
  while (processes.length < 4) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(manager.getGroup('batch')?.waiting, 6);
  assert.equal(manager.cancelGroup('batch'), 4);
  const sessions = await working;
  assert.equal(sessions.length, 4);
  assert.ok(sessions.every(({ status }) => status === 'cancelled'));
  assert.equal(processes.length, 4);
});
