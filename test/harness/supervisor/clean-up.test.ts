import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDurationMs } from '../../../harness/config/duration.ts';
import { isStuck } from '../../../harness/supervisor/clean-up.ts';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { processEnd } from '../../support/node/process-ends.ts';
import { runProgram, sourceArguments } from '../../support/node/run-program.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

interface Answer {
  readonly found: readonly {
    readonly pid: number;
    readonly sessionId: string;
    readonly ageMs: number;
    readonly state: string;
    readonly ended: boolean;
  }[];
  readonly left: number;
}

async function build(t: TestContext) {
  const home = await temporaryFolder(t);
  const folder = join(home, 'clara-voice');
  /** A supervisor in a process of its own, with one session. */
  const own = async (kind: 'orphan' | 'stopped' | 'zombie' | 'running') => {
    const owner = spawn(
      process.execPath,
      [...sourceArguments('test/harness/supervisor/stray-owner.ts'), kind, folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    t.after(() => owner.kill('SIGKILL'));
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as number[];
    t.after(() => {
      for (const pid of pids) if (startTimeOf(pid) !== undefined) process.kill(pid, 'SIGKILL');
    });
    return { owner, pids };
  };
  const cleanup = async (...args: string[]) => {
    const env = { ...process.env, XDG_STATE_HOME: home };
    const run = await runProgram('harness/cli/main.ts', ['cleanup', '--json', ...args], { env });
    return { ...run, answer: JSON.parse(run.stdout) as Answer };
  };
  return { folder, own, cleanup };
}

const facts = ({ found }: Answer) =>
  found.map(({ sessionId, state, ended }) => `${sessionId} ${state} ${ended ? 'ended' : 'left'}`);

test('with no journal at all nothing is stuck', async (t) => {
  const { cleanup } = await build(t);
  const { code, answer } = await cleanup();
  assert.deepEqual(answer, { found: [], left: 0 });
  assert.equal(code, 0);
});

test('the SIGTERM-proof session of a killed supervisor is told by a dry run, then ended whole, and forgotten', async (t) => {
  const { folder, own, cleanup } = await build(t);
  const { owner, pids } = await own('orphan');
  owner.kill('SIGKILL');
  await processEnd(owner.pid ?? 0);

  const told = await cleanup('--dry-run');
  assert.deepEqual(facts(told.answer), ['session-orphan orphan left']);
  assert.equal(told.answer.left, 1);
  assert.equal(told.code, 1);
  assert.equal(pids.filter((pid) => startTimeOf(pid) !== undefined).length, 3);

  const done = await cleanup();
  assert.deepEqual(facts(done.answer), ['session-orphan orphan ended']);
  assert.equal(done.answer.found[0]?.pid, pids[0]);
  assert.equal(done.code, 0);
  assert.deepEqual(
    pids.filter((pid) => startTimeOf(pid) !== undefined),
    [],
  );
  assert.deepEqual(readdirSync(folder), []);
  assert.deepEqual((await cleanup()).answer, { found: [], left: 0 });
});

test('a stopped session is ended though its supervisor lives', async (t) => {
  const { own, cleanup } = await build(t);
  const { pids } = await own('stopped');
  const { answer, code } = await cleanup();
  assert.deepEqual(facts(answer), ['session-stopped stopped ended']);
  assert.equal(code, 0);
  assert.deepEqual(
    pids.filter((pid) => startTimeOf(pid) !== undefined),
    [],
  );
});

test('a dead session that its supervisor does not collect is told as a zombie', async (t) => {
  const { own, cleanup } = await build(t);
  const { owner } = await own('zombie');
  await sleep(900); // it dies after 600 ms; its supervisor stands still, so that nobody can tell us
  const { answer, code } = await cleanup();
  assert.deepEqual(facts(answer), ['session-zombie zombie ended']);
  assert.equal(code, 0);
  assert.notEqual(startTimeOf(owner.pid ?? 0), undefined);
});

test('a watched session is left alone until it is too old', async (t) => {
  const { own, cleanup } = await build(t);
  const { pids } = await own('running');
  const young = await cleanup();
  assert.deepEqual(young.answer, { found: [], left: 0 });
  assert.equal(young.code, 0);
  assert.equal(pids.filter((pid) => startTimeOf(pid) !== undefined).length, 3);
  const old = await cleanup('--max-age', '100ms');
  assert.deepEqual(facts(old.answer), ['session-running running ended']);
  assert.ok((old.answer.found[0]?.ageMs ?? 0) > 100);
  assert.deepEqual(
    pids.filter((pid) => startTimeOf(pid) !== undefined),
    [],
  );
});

test('corrupt journal lines are skipped, counted and told', async (t) => {
  const { folder, own, cleanup } = await build(t);
  const { owner } = await own('orphan');
  owner.kill('SIGKILL');
  await processEnd(owner.pid ?? 0);
  appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'not json\n{"type":"started"}\n{"ty');
  const { answer, stderr, code } = await cleanup();
  assert.deepEqual(facts(answer), ['session-orphan orphan ended']);
  assert.match(stderr, /3 journal lines/);
  assert.equal(code, 0);
});

test('an age that is none is wrong use, and ends nothing', async (t) => {
  const { own } = await build(t);
  const { pids } = await own('running');
  const { code, stderr } = await runProgram('harness/cli/main.ts', ['cleanup', '--max-age', '2 days']);
  assert.equal(code, 2);
  assert.match(stderr, /max-age.*"2 days".*2h/);
  assert.notEqual(startTimeOf(pids[0] ?? 0), undefined);
});

test('a waiting process has no session that could be too old; all else that is not running well is stuck', () => {
  const stuck = (
    state: 'running' | 'stopped' | 'zombie' | 'orphan' | 'gone',
    sessionId: string,
    ageMs: number,
  ) => isStuck({ state, sessionId }, ageMs, 1000);
  assert.equal(stuck('running', '-', 5000), false);
  assert.equal(stuck('running', 's', 5000), true);
  assert.equal(stuck('running', 's', 500), false);
  assert.equal(isStuck({ state: 'running', sessionId: 's' }, 1e12, 0), false);
  for (const state of ['stopped', 'zombie', 'orphan'] as const) assert.equal(stuck(state, '-', 0), true);
  assert.equal(stuck('gone', 's', 5000), false);
});

test('durations are numbers with a unit', () => {
  const read = ['2h', '90s', '1.5m', '300ms', '0s', '1d'].map((text) => parseDurationMs(text));
  assert.deepEqual(read, [7_200_000, 90_000, 90_000, 300, 0, 86_400_000]);
  for (const text of ['', '2', 'h', '-1s', '2 h', '1e3s', '2hours'])
    assert.equal(parseDurationMs(text), undefined, text);
});
