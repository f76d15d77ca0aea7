import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { surveyGroup } from '../../../harness/supervisor/group-survey.ts';
import { LineJournal, readJournal } from '../../../harness/supervisor/line-journal.ts';
import { PidJournal, bootId, surveyJournals } from '../../../harness/supervisor/pid-journal.ts';
import { ProcessLooks } from '../../../harness/supervisor/process-looks.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { FakeProcesses } from '../../support/node/fake-processes.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const group = (mark: string, pid = 4242) => ({
  sessionId: `session-${mark}`,
  kind: 'cli',
  pid,
  startTime: '77',
  mark,
  atWallMs: 1,
});

/** Renames our journal so that its writer is a process that does not live. */
function killWriter(folder: string): void {
  const [name = ''] = readdirSync(folder);
  renameSync(join(folder, name), join(folder, 'pids-999999-5.jsonl'));
}

test('groups that were started and not ended are known to the next start as orphans', async (t) => {
  const folder = await temporaryFolder(t);
  const journal = new PidJournal(folder);
  for (const mark of ['a', 'b', 'c']) journal.started(group(mark));
  journal.ended('b');
  assert.deepEqual(
    surveyJournals(folder).owned.map(({ mark }) => mark),
    ['a', 'c'],
  );
  journal.close();
  killWriter(folder);
  const survey = surveyJournals(folder);
  assert.deepEqual(
    survey.orphaned.map(({ mark }) => mark),
    ['a', 'c'],
  );
  assert.deepEqual(survey.owned, []);
  assert.equal(survey.orphaned[0]?.bootId, bootId());
  assert.deepEqual(survey.deadFiles, [join(folder, 'pids-999999-5.jsonl')]);
});

test('corrupt lines are skipped and counted, wherever they stand', async (t) => {
  const folder = await temporaryFolder(t);
  const journal = new PidJournal(folder);
  journal.started(group('a'));
  appendFileSync(journal.path, '\u0000\u0000garbage\n{"type":"unknown"}\n{"type":"started","pid":-1}\n');
  journal.started(group('b'));
  appendFileSync(journal.path, '{"type":"ended","pi');
  journal.close();
  const survey = surveyJournals(folder);
  assert.equal(survey.corruptLines, 4);
  assert.deepEqual(
    survey.owned.map(({ mark }) => mark),
    ['a', 'b'],
  );
});

test('groups of an earlier boot are nobody any more', async (t) => {
  const folder = await temporaryFolder(t);
  const journal = new PidJournal(folder);
  journal.started(group('a'));
  journal.close();
  assert.deepEqual(surveyJournals(folder, 'another-boot').owned, []);
});

test('the journal is private, is compacted, and is removed when nothing is open', async (t) => {
  const folder = await temporaryFolder(t);
  const journal = new PidJournal(folder, { compactAboveBytes: 4000 });
  assert.equal(statSync(journal.path).mode & 0o777, 0o600);
  journal.started(group('stays'));
  for (let i = 0; i < 500; i += 1) {
    journal.started(group(`m${i}`));
    journal.ended(`m${i}`);
    assert.ok(statSync(journal.path).size < 5000);
  }
  assert.deepEqual(
    surveyJournals(folder).owned.map(({ mark }) => mark),
    ['stays'],
  );
  assert.equal(statSync(journal.path).mode & 0o777, 0o600);
  journal.ended('stays');
  journal.close();
  assert.deepEqual(readdirSync(folder), []);
});

test('two supervisors of one process share its journal: neither forgets what the other has started', async (t) => {
  const folder = await temporaryFolder(t);
  const [first, second] = [0, 1].map(() => new PidJournal(folder, { compactAboveBytes: 2000 }));
  assert.ok(first && second);
  first.started(group('of-first'));
  for (let i = 0; i < 50; i += 1) {
    second.started(group(`m${i}`));
    second.ended(`m${i}`);
  }
  first.started(group('later'));
  const marks = () => surveyJournals(folder).owned.map(({ mark }) => mark);
  assert.deepEqual(marks(), ['of-first', 'later']);
  second.close();
  second.close();
  assert.deepEqual(marks(), ['of-first', 'later']);
  first.ended('of-first');
  first.ended('later');
  first.close();
  assert.deepEqual(readdirSync(folder), []);
});

test('a folder that is not there has no journals', () => {
  assert.deepEqual(surveyJournals('/nowhere/at-all'), {
    orphaned: [],
    owned: [],
    corruptLines: 0,
    deadFiles: [],
  });
});

test('a line that follows a torn one is whole', async (t) => {
  const path = join(await temporaryFolder(t), 'x', 'journal.jsonl');
  const first = new LineJournal(path);
  first.append({ n: 1 });
  first.close();
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"n":2`);
  const second = new LineJournal(path);
  second.append({ n: 3 });
  second.close();
  second.close();
  assert.deepEqual(readJournal(path), { lines: [{ n: 1 }, { n: 3 }], corruptLines: 1 });
});

test('a group is told as running, stopped, zombie, orphan or gone, and never by a pid that was used again', () => {
  const processes = new FakeProcesses();
  processes.put({ pid: 10, startTime: 'a' }, 'm10');
  processes.put({ pid: 11, groupId: 10 });
  processes.put({ pid: 20, startTime: 'b', state: 'T' }, 'm20');
  processes.put({ pid: 30, startTime: 'c', state: 'Z' });
  processes.put({ pid: 31, groupId: 30, parentPid: 30 });
  processes.put({ pid: 40, startTime: 'another' });
  processes.put({ pid: 51, groupId: 50 }, 'm50'); // leader gone, marked: ours
  processes.put({ pid: 61, groupId: 60 }); // leader gone, no mark: may be anybody's
  processes.put({ pid: 71, groupId: 70 }); // the same, though something of ours lives elsewhere
  processes.put({ pid: 75 }, 'm70');
  processes.put({ pid: 80, startTime: 'later' }); // used again, and our leader was too short to tell its start
  processes.put({ pid: 85 }, 'm80');
  processes.put({ pid: 91, groupId: 90 }, 'm90'); // what is marked shows whose the group is
  processes.put({ pid: 92, groupId: 90 });
  const look = new ProcessLooks(processes, new FakeEngineClock()).look();
  const say = (pid: number, startTime: string | undefined, isOrphaned = false) => {
    const { startTime: _any, ...facts } = group(`m${pid}`, pid);
    const journaled = { ...facts, ...(startTime !== undefined && { startTime }), bootId: '' };
    const { state, pids } = surveyGroup(journaled, isOrphaned, look, processes.list());
    return `${state} ${pids.join(' ')}`.trim();
  };
  assert.equal(say(10, 'a'), 'running 10 11');
  assert.equal(say(10, 'a', true), 'orphan 10 11');
  assert.equal(say(20, 'b', true), 'stopped 20');
  assert.equal(say(30, 'c'), 'zombie 31');
  assert.equal(say(40, 'd', true), 'gone');
  assert.equal(say(50, 'e', true), 'orphan 51');
  assert.equal(say(60, 'f', true), 'gone');
  assert.equal(say(70, 'g', true), 'orphan 75');
  assert.equal(say(80, undefined, true), 'orphan 85');
  assert.equal(say(90, 'h', true), 'orphan 91 92');
});
