import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { surveyJournals } from '../../../harness/supervisor/pid-journal.ts';
import { SpawnError } from '../../../harness/supervisor/process-group.ts';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { findInspector, parsePaused } from '../../../harness/supervisor/stack-note.ts';
import { Supervisor } from '../../../harness/supervisor/supervisor.ts';
import type { ProcessGroup } from '../../../harness/supervisor/process-group.ts';
import type { LaunchedGroup } from '../../../harness/supervisor/supervisor.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { processEnd } from '../../support/node/process-ends.ts';
import { sourceArguments } from '../../support/node/run-program.ts';
import { silentLog } from '../../support/node/silent-log.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const FOREVER = 'setInterval(() => {}, 1000)';
/** Prints the pids of itself, a child and a grandchild that left the group; all ignore SIGTERM. */
const PROOF_TREE = `
  const { spawn } = require('node:child_process');
  const proof = 'process.on("SIGTERM", () => {}); ${FOREVER}';
  const start = (detached) => spawn(process.execPath, ['-e', proof], { stdio: 'ignore', detached }).pid;
  process.on('SIGTERM', () => {});
  setTimeout(() => console.log(JSON.stringify([process.pid, start(false), start(true)])), 50);
  ${FOREVER}`;

async function build(t: TestContext) {
  const stateFolder = await temporaryFolder(t);
  const supervisor = new Supervisor({ log: silentLog, stateFolder });
  t.after(() => supervisor.stop({ graceMs: 0 }));
  const launch = (script: string) =>
    supervisor.launch({ kind: 'test', command: process.execPath, args: ['-e', script], isNode: true });
  return { supervisor, stateFolder, launch };
}

async function firstLine(launched: LaunchedGroup<ProcessGroup>): Promise<string> {
  const { stdout } = launched.group.child;
  assert.ok(stdout);
  await once(stdout, 'data');
  return launched.group.output('stdout').split('\n')[0] ?? '';
}

const areGone = (pids: readonly number[]): boolean => pids.every((pid) => startTimeOf(pid) === undefined);

test('a SIGTERM-proof child, its grandchild and one that left the group are gone, and the journal is empty', async (t) => {
  const { supervisor, stateFolder, launch } = await build(t);
  const launched = await launch(PROOF_TREE);
  const watched = supervisor.watch(launched, 's1', {});
  const pids = JSON.parse(await firstLine(launched)) as number[];
  assert.equal(surveyJournals(stateFolder).owned[0]?.sessionId, 's1');
  const { report } = await watched.end('by hand', { graceMs: 300 });
  assert.equal(report.gone, true);
  assert.equal(report.wasForced, true);
  assert.equal(areGone(pids), true);
  assert.deepEqual(surveyJournals(stateFolder).owned, []);
  assert.equal(supervisor.groupCount, 0);
});

test('what a process leaves behind when it exits by itself goes with it', async (t) => {
  const { supervisor, launch } = await build(t);
  const launched = await launch(
    PROOF_TREE.replace(FOREVER, '').replace(/ {2}setInterval[^]*$/, 'setTimeout(() => process.exit(0), 400)'),
  );
  const watched = supervisor.watch(launched, 's1', {});
  const pids = JSON.parse(await firstLine(launched)) as number[];
  const end = await watched.ended;
  assert.equal(end.cause, 'exited');
  assert.deepEqual(end.exit, { code: 0, signal: null });
  assert.equal(end.report.gone, true);
  assert.equal(areGone(pids), true);
});

test('a busy loop is noted with its frames before it is ended', async (t) => {
  const { supervisor, launch } = await build(t);
  const launched = await launch(
    'function spinsForEver() { for (;;); } console.log("up"); setTimeout(spinsForEver, 20)',
  );
  await firstLine(launched); // before that it is busy starting
  const watched = supervisor.watch(launched, 's1', {
    life: { silentAfterMs: 400, stuckAfterMs: 0 },
    end: { graceMs: 200 },
  });
  const end = await watched.ended;
  assert.ok(end.cause === 'hung' && end.how === 'silent');
  assert.match(end.note.frames?.[0] ?? '', /spinsForEver/);
  assert.match(end.note.processState, /[RS]/);
});

test('a stopped process is ended too, and its note says that it was stopped', async (t) => {
  const { supervisor, launch } = await build(t);
  const launched = await launch(`console.log('up'); ${FOREVER}`);
  await firstLine(launched);
  process.kill(launched.group.pid, 'SIGSTOP');
  const watched = supervisor.watch(launched, 's1', {
    life: { silentAfterMs: 200, stuckAfterMs: 0 },
    end: { graceMs: 200 },
  });
  const end = await watched.ended;
  assert.ok(end.cause === 'hung');
  assert.equal(end.note.processState, 'T');
  assert.equal(end.report.gone, true);
});

test('memory of the whole tree ends a session whose child leaks', async (t) => {
  const { supervisor, launch } = await build(t);
  const leak = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(4 * 1024 * 1024, 1)), 20)';
  const launched = await launch(
    `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(leak)}], { stdio: 'ignore' }); ${FOREVER}`,
  );
  const watched = supervisor.watch(launched, 's1', { limits: { maxRssBytes: 250 * 1024 * 1024 } });
  const end = await watched.ended;
  assert.ok(end.cause === 'limit' && end.breach.limit === 'memory');
  assert.ok(end.breach.value < 250 * 1024 * 1024 * 1.2, `${end.breach.value} bytes`);
});

test('CPU time of the whole tree ends a session that burns it', async (t) => {
  const { supervisor, launch } = await build(t);
  const launched = await launch('for (;;);');
  const end = await supervisor.watch(launched, 's1', { limits: { maxCpuMs: 300 }, end: { graceMs: 100 } })
    .ended;
  assert.ok(end.cause === 'limit' && end.breach.limit === 'cpu');
});

test('a command that is not there is a typed error and leaves nothing', async (t) => {
  const { supervisor, stateFolder } = await build(t);
  const launching = supervisor.launch({ kind: 'test', command: '/nowhere/at-all', args: [] });
  await assert.rejects(launching, SpawnError);
  assert.equal(supervisor.groupCount, 0);
  assert.deepEqual(surveyJournals(stateFolder).owned, []);
});

test('a session has one watched process at a time, and can have another after it', async (t) => {
  const { supervisor, launch } = await build(t);
  const first = supervisor.watch(await launch(FOREVER), 's1', {});
  const other = await launch(FOREVER);
  assert.throws(() => supervisor.watch(other, 's1', {}), /s1/);
  await first.end('replaced', { graceMs: 0 });
  assert.equal(supervisor.watched('s1'), undefined);
  const second = supervisor.watch(other, 's1', {});
  assert.equal(supervisor.watched('s1'), second);
});

test('an unwatched process that exits by itself is forgotten', async (t) => {
  const { supervisor, stateFolder, launch } = await build(t);
  const launched = await launch('process.exit(0)');
  await launched.group.exited;
  await supervisor.discard(launched);
  assert.equal(supervisor.groupCount, 0);
  assert.deepEqual(surveyJournals(stateFolder).owned, []);
});

test('a stop ends watched and waiting processes, and nothing is launched after it', async (t) => {
  const { supervisor, stateFolder, launch } = await build(t);
  const pids = [await launch(FOREVER), await launch(FOREVER)].map((one, index) => {
    if (index === 0) supervisor.watch(one, 's1', {});
    return one.group.pid;
  });
  const late = launch(FOREVER);
  const refused = assert.rejects(late, /stops/);
  await supervisor.stop({ graceMs: 500 });
  await supervisor.stop();
  await refused;
  assert.equal(areGone(pids), true);
  assert.equal(supervisor.deadlines.size, 0);
  assert.deepEqual(readdirSync(stateFolder), []);
  await assert.rejects(launch(FOREVER), /stops/);
});

test('a stop waits for what is being started, and forgets it', async (t) => {
  const { log, lines } = keptLog();
  const stateFolder = await temporaryFolder(t);
  const supervisor = new Supervisor({ log, stateFolder });
  const late = supervisor.launch({ kind: 'test', command: process.execPath, args: ['-e', FOREVER] });
  const refused = assert.rejects(late, /stops/);
  await supervisor.stop({ graceMs: 0 });
  assert.equal(supervisor.groupCount, 0);
  assert.deepEqual(readdirSync(stateFolder), []);
  await refused;
  assert.deepEqual(lines, []);
});

test('frames are names and places; other messages of an inspector and other addresses are not believed', () => {
  const frame = {
    functionName: '',
    url: 'file:///x.js',
    location: { lineNumber: 4 },
    scopeChain: ['secret'],
  };
  const paused = { method: 'Debugger.paused', params: { callFrames: [frame] } };
  assert.deepEqual(parsePaused(JSON.stringify(paused)), ['(anonymous) (file:///x.js:5)']);
  assert.equal(parsePaused('{"method":"Debugger.scriptParsed"}'), undefined);
  assert.equal(parsePaused('{'), undefined);
  assert.equal(
    findInspector('noise\nDebugger listening on ws://127.0.0.1:4711/ab-12\nFor help'),
    'ws://127.0.0.1:4711/ab-12',
  );
  assert.equal(findInspector('Debugger listening on ws://10.0.0.1:4711/ab-12'), undefined);
});

test('the next supervisor ends what a killed one has left, tells of it and of lines that make no sense, and forgets it', async (t) => {
  const { log, lines } = keptLog();
  const stateFolder = await temporaryFolder(t);
  const owner = spawn(
    process.execPath,
    [...sourceArguments('test/harness/supervisor/stray-owner.ts'), 'orphan', stateFolder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => owner.kill('SIGKILL'));
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const pids = JSON.parse(line.toString()) as number[];
  owner.kill('SIGKILL');
  await processEnd(owner.pid ?? 0);
  const [file = ''] = readdirSync(stateFolder);
  appendFileSync(join(stateFolder, file), '{"type":"started","sess\n');
  const supervisor = new Supervisor({ log, stateFolder });
  t.after(() => supervisor.stop());
  assert.deepEqual(await supervisor.endOrphans('cli'), [], 'not of its kind');
  assert.equal(areGone(pids), false);
  const [report] = await supervisor.endOrphans('voice');
  assert.deepEqual([report?.sessionId, report?.isGone], ['session-orphan', true]);
  assert.equal(areGone(pids), true);
  assert.equal(surveyJournals(stateFolder).deadFiles.length, 0);
  assert.deepEqual(
    lines.filter(({ event }) => event === 'orphanEnded').map(({ session }) => session),
    ['session-orphan'],
  );
  assert.match(String(lines.find(({ event }) => event === 'journalCorrupt')?.['text']), /^1 lines/);
  assert.deepEqual(await supervisor.endOrphans('voice'), []);
});
