import assert from 'node:assert/strict';
import { readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ClaudeCliManager } from '../../../harness/responder/claude-cli-manager.ts';
import type { ClaudeCliManagerOptions } from '../../../harness/responder/manager-options.ts';
import { GO_ON_PROMPT } from '../../../harness/responder/recovery-prompt.ts';
import { SessionJournal, replaySessions } from '../../../harness/responder/session-journal.ts';
import type { JournaledSession } from '../../../harness/responder/session-journal.ts';
import { claimDeadFiles } from '../../../harness/supervisor/claim-dead-files.ts';
import { readJournal } from '../../../harness/supervisor/line-journal.ts';
import { ownFileName } from '../../../harness/supervisor/supervisor-files.ts';
import { fakeCliProcesses } from '../../support/node/fake-cli-processes.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const session = (facts: Partial<JournaledSession> = {}): JournaledSession => ({
  id: 'cli-1',
  agentId: 'agent',
  command: 'claude',
  startedWallMs: Date.now() - 5000,
  status: 'running',
  atWallMs: Date.now() - 1000,
  retryCount: 1,
  ...facts,
});
/** A file of a manager that is dead: process 1 began at another time. */
const DEAD = 'cli-1-1.jsonl';

async function build(t: TestContext, lines: readonly string[], options: ClaudeCliManagerOptions = {}) {
  const stateFolder = await temporaryFolder(t);
  writeFileSync(join(stateFolder, DEAD), lines.join('\n'));
  const { processes, start } = fakeCliProcesses((process) => process.answers());
  const { log, lines: logged } = keptLog();
  const manager = new ClaudeCliManager({ stateFolder, startProcess: start, log, ...options });
  t.after(() => manager.dispose());
  return { stateFolder, manager, processes, logged };
}
const line = (one: JournaledSession): string => JSON.stringify({ type: 'session', session: one });

test('torn and foreign lines are skipped, counted and told; the sessions beside them are found', async (t) => {
  const { manager, logged, stateFolder } = await build(t, [
    '{"type":"session","session":{"id":"torn',
    line(session({ status: 'completed', reason: 'result' })),
    '{"type":"weather"}',
  ]);
  assert.deepEqual(
    (await manager.restored).map(({ fate }) => fate),
    ['asBefore'],
  );
  assert.equal(manager.getSession('cli-1')?.status, 'completed');
  assert.equal(logged.find(({ event }) => event === 'cliJournalCorrupt')?.['lines'], 2);
  assert.ok(!readdirSync(stateFolder).some((name) => name.startsWith(DEAD)), 'the dead one’s file is taken');
});

test('with its conversation and its prompt known, a session goes on where it was, under its id', async (t) => {
  const options = { timeout: 77_000, group: 'g', args: ['--model', 'x'] };
  const { manager, processes } = await build(t, [
    line(session({ options, prompt: 'Build it.', conversationId: 'talk-7' })),
  ]);
  const [restored] = await manager.restored;
  assert.equal(restored?.fate, 'recovered');
  await new Promise<void>((resolve) => {
    manager.onUpdate(({ status }) => status === 'completed' && resolve());
  });
  const spec = processes[0]?.spec;
  assert.ok(spec);
  assert.ok(spec.args.includes('--resume=talk-7'));
  assert.deepEqual(spec.args.slice(-2), ['--model', 'x']);
  const { text } = spec.input as { text: string };
  assert.match(
    text,
    /same conversation\. Look at what is done, do not do it twice/,
    'it knows the task already',
  );
  assert.ok(text.endsWith('Build it.'));
  assert.equal(spec.limits.maxAgeMs, 77_000);
  const again = manager.getSession('cli-1');
  assert.equal(again?.retryCount, 2);
  assert.equal(again.group, 'g');
  assert.ok(
    (again.endTime?.getTime() ?? 0) - again.startTime.getTime() >= 5000,
    'it began in the other life',
  );
});

test('without its task, a session whose conversation is lost fails, and is never begun with nothing to do', async (t) => {
  const { processes, start } = fakeCliProcesses((process) => process.exits(1));
  const { manager } = await build(
    t,
    [line(session({ options: { retryDelay: 1, maxRetries: 2 }, conversationId: 'talk-7' }))],
    { startProcess: start },
  );
  assert.equal((await manager.restored)[0]?.fate, 'recovered');
  await new Promise<void>((resolve) => {
    manager.onUpdate(({ endTime }) => endTime !== undefined && resolve());
  });
  assert.equal(manager.getSession('cli-1')?.status, 'failed');
  assert.equal(processes.length, 3);
  for (const { spec } of processes) {
    assert.ok(spec.args.includes('--resume=talk-7'), 'only there its task is known');
    assert.deepEqual(spec.input, { text: GO_ON_PROMPT });
  }
});

test('with its task, a session whose conversation is lost begins it anew', async (t) => {
  const { processes, start } = fakeCliProcesses((process) =>
    process.spec.args.includes('--resume=talk-7') ? process.exits(1) : process.answers(),
  );
  const { manager } = await build(
    t,
    [line(session({ options: { retryDelay: 1 }, prompt: 'Build it.', conversationId: 'talk-7' }))],
    { startProcess: start },
  );
  await manager.restored;
  await new Promise<void>((resolve) => {
    manager.onUpdate(({ endTime }) => endTime !== undefined && resolve());
  });
  assert.equal(manager.getSession('cli-1')?.status, 'completed');
  assert.deepEqual(processes[1]?.spec.input, { text: 'Build it.' });
});

test('a recovered session gets the environment of its template again, which no journal holds', async (t) => {
  const { manager, processes } = await build(
    t,
    [line(session({ options: { template: 'mine' }, conversationId: 'talk-7' }))],
    { templates: { mine: { env: { CLAUDE_CONFIG_DIR: '/of/mine' } } }, env: { PATH: '/bin' } },
  );
  await manager.restored;
  while (processes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(processes[0]?.spec.env, { PATH: '/bin', CLAUDE_CONFIG_DIR: '/of/mine' });
});

test('sessions that had ended before are there again, and told to nobody a second time; a lost one is', async (t) => {
  const stateFolder = await temporaryFolder(t);
  writeFileSync(
    join(stateFolder, DEAD),
    [
      line(session({ id: 'cli-good', status: 'completed', reason: 'result' })),
      line(session({ id: 'cli-lost' })),
    ].join('\n'),
  );
  const { start } = fakeCliProcesses();
  const manager = new ClaudeCliManager({ stateFolder, startProcess: start, onRestart: 'fail' });
  t.after(() => manager.dispose());
  const told: string[] = [];
  manager.onUpdate(({ id }, update) => {
    if (update.type === 'status') told.push(`${id} ${update.to} ${update.reason}`);
  });
  await manager.restored;
  assert.equal(manager.getSession('cli-good')?.status, 'completed');
  assert.deepEqual(told, ['cli-lost running restored', 'cli-lost failed managerDied']);
  const { failures, durations } = manager.getSessionStats();
  assert.deepEqual([failures.rate.count, failures.byCategory.signal.count], [1, 1]);
  assert.ok((durations.p50Ms ?? 0) >= 5000, 'it began in the other life');
});

test('the spill file of an earlier manager’s session goes when the session is forgotten', async (t) => {
  const spillFolder = await temporaryFolder(t);
  const spilled = join(spillFolder, 'cli-1.log');
  writeFileSync(spilled, 'private words');
  const { manager } = await build(t, [line(session({ status: 'completed' }))], { spillFolder });
  await manager.restored;
  assert.deepEqual(readdirSync(spillFolder), ['cli-1.log']);
  assert.equal(manager.cleanupOldSessions(0), 1);
  assert.deepEqual(readdirSync(spillFolder), []);
});

test('the journal has prompts only when asked for, and environments never', async (t) => {
  for (const journalPrompts of [false, true]) {
    const stateFolder = await temporaryFolder(t);
    const { start, processes } = fakeCliProcesses();
    const manager = new ClaudeCliManager({ stateFolder, startProcess: start, journalPrompts });
    t.after(() => manager.dispose());
    manager.startClaudeSession('a', 'a private prompt', { env: { TOKEN: 'sk-secret' } });
    while (processes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const name = readdirSync(stateFolder).find((one) => one.startsWith('cli-')) ?? '';
    const text = readFileSync(join(stateFolder, name), 'utf8');
    assert.equal(text.includes('a private prompt'), journalPrompts);
    assert.ok(!text.includes('sk-secret') && !text.includes('TOKEN'));
    assert.equal(statSync(join(stateFolder, name)).mode & 0o777, 0o600);
  }
});

test('a journal that grows is rewritten with what is remembered', async (t) => {
  const folder = await temporaryFolder(t);
  const remembered = session({ id: 'cli-last', options: { timeout: 5 } });
  const journal = new SessionJournal(folder, () => [remembered]);
  for (let i = 0; i < 6000; i += 1) journal.note(session({ id: `cli-${i}`, command: 'x'.repeat(100) }));
  const [name = ''] = readdirSync(folder);
  assert.ok(statSync(join(folder, name)).size < 1_200_000);
  const { sessions, misfits } = replaySessions(readJournal(join(folder, name)).lines);
  assert.deepEqual(
    sessions.find(({ id }) => id === 'cli-last'),
    remembered,
  );
  assert.equal(misfits, 0);
  journal.close();
});

test('two managers of one process do not share a journal: the second is told, and takes nothing from the first', async (t) => {
  const { stateFolder, manager } = await build(t, [line(session({ status: 'completed' }))]);
  await manager.restored;
  const { log, lines } = keptLog();
  const { start } = fakeCliProcesses((process) => process.answers());
  const second = new ClaudeCliManager({ stateFolder, startProcess: start, log });
  assert.equal((await second.executeClaudeSession('a', 'x')).status, 'completed');
  await second.dispose();
  const failed = lines.find(({ event }) => event === 'cliJournalFailed');
  assert.match(JSON.stringify(failed?.['err']), /has a journal there already/);
  const name = readdirSync(stateFolder).find((one) => one.startsWith('cli-'));
  const { sessions } = replaySessions(readJournal(join(stateFolder, name ?? '')).lines);
  assert.deepEqual(
    sessions.map(({ id }) => id),
    ['cli-1'],
  );
});

test('a state folder that cannot be used ends no session', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const { start } = fakeCliProcesses((process) => process.answers());
  const { log, lines } = keptLog();
  const { Supervisor } = await import('../../../harness/supervisor/supervisor.ts');
  const supervisor = new Supervisor({ log });
  t.after(() => supervisor.stop());
  const manager = new ClaudeCliManager({
    stateFolder: join(file, 'sub'),
    startProcess: start,
    supervisor,
    log,
  });
  t.after(() => manager.dispose());
  assert.equal((await manager.executeClaudeSession('a', 'x')).status, 'completed');
  assert.ok(lines.some(({ event }) => event === 'cliJournalFailed'));
});

test('a manager that dies while it takes over loses nothing: the next one finds what it had claimed', async (t) => {
  const stateFolder = await temporaryFolder(t);
  writeFileSync(join(stateFolder, DEAD), line(session()));
  const claimed = [...claimDeadFiles(stateFolder, 'cli')];
  assert.equal(claimed.length, 1);
  assert.deepEqual([...claimDeadFiles(stateFolder, 'cli')], [], 'the one who took it lives');
  const path = claimed[0]?.path ?? '';
  const ours = ownFileName('cli').replace('.jsonl', '');
  renameSync(path, path.replace(ours, 'cli-1-2')); // as if process 1, begun at another time, had claimed it
  const { start } = fakeCliProcesses((process) => process.answers());
  const manager = new ClaudeCliManager({ stateFolder, startProcess: start });
  t.after(() => manager.dispose());
  assert.deepEqual(
    (await manager.restored).map(({ sessionId }) => sessionId),
    ['cli-1'],
  );
  await manager.dispose();
  assert.deepEqual(readdirSync(stateFolder), []);
});

test('without its task, a session whose profile is another command by now fails, and that command is never begun', async (t) => {
  const { manager, processes } = await build(
    t,
    [line(session({ options: { retryDelay: 1 }, conversationId: 'talk-7' }))],
    { profiles: [{ name: 'other', options: { command: 'other-cli', protocol: 'plain' } }] },
  );
  assert.equal((await manager.restored)[0]?.fate, 'recovered');
  await new Promise<void>((resolve) => {
    manager.onUpdate(({ endTime }) => endTime !== undefined && resolve());
  });
  assert.equal(manager.getSession('cli-1')?.status, 'failed');
  assert.equal(processes.length, 0);
});

test('a restart is a retry: a session that has had all of them is not started again', async (t) => {
  const { manager, processes } = await build(t, [
    line(session({ id: 'cli-last', retryCount: 2, options: {}, conversationId: 'talk-7' })),
    line(session({ id: 'cli-spent', retryCount: 3, options: {}, conversationId: 'talk-8' })),
    line(session({ id: 'cli-once', retryCount: 1, options: { maxRetries: 1 }, conversationId: 'talk-9' })),
  ]);
  const restored = await manager.restored;
  assert.deepEqual(
    restored.map(({ sessionId, fate }) => `${sessionId} ${fate}`),
    ['cli-last recovered', 'cli-spent failed', 'cli-once failed'],
  );
  assert.match(restored[1]?.reason ?? '', /it has had its 3 retries/);
  assert.ok(processes.length <= 1);
});
