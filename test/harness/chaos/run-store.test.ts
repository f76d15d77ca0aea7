import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { unplayedRun } from '../../../harness/chaos/observe-call.ts';
import { mergeReports } from '../../../harness/chaos/merge-reports.ts';
import { openRunStore, runFileName } from '../../../harness/chaos/run-store.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const whole = (seed?: number) => ({ seed, form: 'whole' as const });
const played = (run: number) => ({
  ...unplayedRun('hole-5', { client: 'clara', run }, 'x'),
  unplayed: false,
});

test('what was saved is there when the folder is opened again, and the seed stays', async (t) => {
  const folder = join(await temporaryFolder(t), 'deep', 'report');
  const first = await openRunStore(folder, whole(), () => 42);
  await first.save(played(1));
  await first.save(played(2));
  const again = await openRunStore(folder, whole(), () => 7);
  assert.equal(again.frame.seed, 42);
  assert.deepEqual(again.runs.map(runFileName), ['hole-5.clara.1.json', 'hole-5.clara.2.json']);
});

test('what could not be played is played again', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await openRunStore(folder, whole(1), () => 0);
  await store.save(unplayedRun('hole-5', { client: 'clara', run: 1 }, 'no browser'));
  assert.deepEqual((await openRunStore(folder, whole(1), () => 0)).runs, []);
});

test('runs of another seed or form are refused with both', async (t) => {
  const folder = await temporaryFolder(t);
  await openRunStore(folder, whole(1), () => 0);
  await assert.rejects(
    openRunStore(folder, whole(2), () => 0),
    /seed 1, not 2/,
  );
  await assert.rejects(
    openRunStore(folder, { seed: 1, form: 'short' }, () => 0),
    /of the whole form/,
  );
});

test('a file that is no run of ours is named', async (t) => {
  const folder = await temporaryFolder(t);
  await openRunStore(folder, whole(1), () => 0);
  await writeFile(join(folder, 'runs', 'other.json'), JSON.stringify(played(1)));
  await assert.rejects(
    openRunStore(folder, whole(1), () => 0),
    /other\.json is not a run of ours/,
  );
});

test('files are whole: nothing half written lies about', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await openRunStore(folder, whole(1), () => 0);
  await Promise.all([
    store.save(played(1)),
    store.write('report.json', '{}'),
    store.keep(played(1), { log: [] }),
  ]);
  assert.deepEqual((await readdir(folder)).sort(), ['chaos.json', 'facts', 'report.json', 'runs']);
  assert.deepEqual(await readdir(join(folder, 'runs')), ['hole-5.clara.1.json']);
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'facts', 'hole-5.clara.1.json'), 'utf8')), {
    log: [],
  });
});

test('shards are put together, each run once, and different seeds are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const frame = (way?: 'N') => ({ date: '2026-11-21', setting: `here ${way ?? ''}` });
  for (const [shard, runs] of [
    ['a', [1, 2]],
    ['b', [2, 3]],
  ] as const) {
    const store = await openRunStore(join(folder, shard), whole(5), () => 0);
    for (const run of runs) await store.save(played(run));
  }
  const merged = await mergeReports([join(folder, 'a'), join(folder, 'b')], join(folder, 'all'), frame);
  assert.deepEqual(
    [merged.seed, merged.runs.map(({ run }) => run), merged.summary[0]?.runs],
    [5, [1, 2, 3], 3],
  );
  assert.match(await readFile(join(folder, 'all', 'report.html'), 'utf8'), /seed 5/);
  await (await openRunStore(join(folder, 'c'), whole(6), () => 0)).save(played(1));
  await assert.rejects(
    mergeReports([join(folder, 'a'), join(folder, 'c')], join(folder, 'x'), frame),
    /seeds \(5, 6\)/,
  );
  await assert.rejects(mergeReports([join(folder, 'empty')], join(folder, 'y'), frame), /holds no runs/);
});

test('runs whose faults the kernel made stay among themselves', async (t) => {
  const folder = await temporaryFolder(t);
  const frame = (way?: 'N') => ({ date: '2026-11-21', setting: way === 'N' ? 'by the kernel' : 'by relay' });
  const kernel = { ...whole(5), way: 'N' } as const;
  await (await openRunStore(join(folder, 'n'), kernel, () => 0)).save(played(1));
  await (await openRunStore(join(folder, 'b'), whole(5), () => 0)).save(played(2));
  await assert.rejects(
    openRunStore(join(folder, 'n'), whole(5), () => 0),
    /holds runs of --way N/,
  );
  await assert.rejects(
    openRunStore(join(folder, 'b'), kernel, () => 0),
    /that are not of --way N/,
  );
  assert.equal((await openRunStore(join(folder, 'n'), kernel, () => 0)).runs.length, 1);
  await assert.rejects(
    mergeReports([join(folder, 'n'), join(folder, 'b')], join(folder, 'x'), frame),
    /--way N and of another way/,
  );
  const merged = await mergeReports([join(folder, 'n')], join(folder, 'all'), frame);
  assert.equal(merged.way, 'N');
  assert.match(await readFile(join(folder, 'all', 'report.html'), 'utf8'), /by the kernel/);
});
