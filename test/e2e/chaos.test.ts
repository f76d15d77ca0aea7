import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CallResult } from '../../harness/call/call-result.ts';
import type { ForeignResult } from '../../harness/chaos/play-foreign.ts';
import type { ChaosResult } from '../../harness/scenario/chaos-result.ts';
import { examineNamespaces } from '../../harness/namespaces/namespace-tools.ts';
import { leftBy, runClara, startClara } from '../support/node/clara-command.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

test('a short hole is played with both clients, judged, reported, and not played again', async (t) => {
  const folder = await temporaryFolder(t);
  const report = join(await temporaryFolder(t), 'report');
  const args = ['chaos', '--only', 'hole-1', '--runs', '1', '--client', 'both', '--json', '--report', report];
  const first = await runClara([...args, '--seed', '7'], { folder });
  assert.ok(first.code === 0 || first.code === 1, first.stderr);
  const result = JSON.parse(first.stdout) as ChaosResult;
  assert.equal(result.seed, 7);
  assert.deepEqual(
    result.summary.map(({ id, client, runs }) => [id, client, runs]),
    [
      ['hole-1', 'stock', 1],
      ['hole-1', 'clara', 1],
    ],
  );
  for (const run of result.runs) {
    const [fault] = run.faults;
    assert.ok(fault !== undefined, JSON.stringify(run.why));
    assert.ok(fault.healedMs - fault.atMs >= 1_000 && fault.healedMs - fault.atMs < 3_000);
    assert.ok(
      fault.audioBackMs !== null && fault.audioBackMs < 5_000,
      `sound back after ${fault.audioBackMs}`,
    );
    assert.ok(
      fault.wordsLost.toAgent >= 1 && fault.wordsLost.toAgent <= 8,
      `${fault.wordsLost.toAgent} words lost`,
    );
    assert.deepEqual([run.joins, run.agents, run.sessionLost], [1, 1, false]);
  }
  assert.deepEqual((await readdir(join(report, 'runs'))).sort(), [
    'hole-1.clara.1.json',
    'hole-1.stock.1.json',
  ]);
  const told = await readFile(join(report, 'report.html'), 'utf8');
  assert.match(told, /<svg/);
  for (const link of ['recordings/hole-1.clara.1.clararec', 'recordings/hole-1.clara.1.html']) {
    assert.ok(told.includes(`href="${link}"`), link);
    assert.ok((await readFile(join(report, link))).length > 1000, link);
  }
  const again = await runClara(args, { folder });
  assert.match(again.stderr, /2 of them there already/);
  assert.deepEqual(JSON.parse(again.stdout), result);
  assert.deepEqual(await leftBy(folder, ''), []);
});

test('a hole is made by the kernel where it can be; elsewhere the command says what is missing', async (t) => {
  const folder = await temporaryFolder(t);
  const examined = await examineNamespaces(process.env, new AbortController().signal);
  const args = ['chaos', '--only', 'hole-5,loss-1', '--runs', '1', '--way', 'N', '--json'];
  const { code, stdout, stderr } = await runClara(args, { folder });
  assert.deepEqual(await leftBy(folder, ''), []);
  if ('reason' in examined) {
    assert.deepEqual([code, stdout], [3, '']);
    assert.ok(stderr.includes(examined.reason), stderr);
    return;
  }
  assert.match(stderr, /loss-1 cannot be played with --way N: loss and jitter need our relay/);
  const result = JSON.parse(stdout) as ChaosResult;
  assert.equal(code, result.runs[0]?.pass === true ? 0 : 1, stderr);
  assert.deepEqual(
    [result.way, result.notPlayable?.map(({ id }) => id), result.runs.map(({ id, client }) => [id, client])],
    ['N', ['loss-1'], [['hole-5', 'clara']]],
  );
  const [run] = result.runs;
  const [fault] = run?.faults ?? [];
  assert.ok(run !== undefined && fault !== undefined, JSON.stringify(run?.why));
  assert.ok(fault.healedMs - fault.atMs >= 5_000 && fault.healedMs - fault.atMs < 7_000);
  assert.ok(fault.audioBackMs !== null && fault.audioBackMs < 5_000, `sound back after ${fault.audioBackMs}`);
  for (const lost of Object.values(fault.wordsLost)) assert.ok(lost >= 8 && lost <= 18, `${lost} words lost`);
  assert.deepEqual([run.joins, run.agents, run.sessionLost], [1, 1, false]);
});

test('one call is broken by clara call --fault, and ends as its promise says', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stdout, stderr } = await runClara(['call', '--fault', 'kick', '--json'], { folder });
  const result = JSON.parse(stdout) as CallResult;
  assert.equal(code, result.ok ? 0 : 1, stderr);
  assert.equal(result.faults[0]?.id, 'kick');
  assert.deepEqual(result.phases.at(-1)?.phase, 'ended');
  assert.equal(result.phases.at(-1)?.reason, 'removed');
  assert.deepEqual(await leftBy(folder, ''), []);
});

test('what does not exist is refused before anything starts, with what was perhaps meant', async (t) => {
  const folder = await temporaryFolder(t);
  const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await runClara(args, { folder });
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [2, '']);
  };
  await refused(['chaos', '--only', 'hole-6'], /"hole-6" \(did you mean hole-/);
  await refused(['call', '--fault', 'hole6'], /no fault is called "hole6" \(did you mean hole-/);
  await refused(['chaos', '--only', 'hostile-data'], /cannot be played by a call/);
  await refused(['chaos', '--only', 'soak,hole-5'], /goes alone/);
  await refused(['chaos', '--shard', '4/3'], /4\/3/);
  await refused(['chaos', '--way', 'N', '--only', 'soak'], /draws faults that --way N cannot make/);
  await refused(
    ['chaos', '--way', 'N', '--only', 'loss-1,rebind'],
    /nothing is left to play.*loss-1 \(.*rebind \(/,
  );
  await refused(['chaos', '--way', 'N', '--app', 'http://x', '--start', 'x'], /plays on our own stack/);
  await refused(['call', '--way', 'N', '--fault', 'ws-reset'], /ws-reset cannot be played with --way N/);
  await refused(['call', '--way', 'B'], /--way says what makes the fault/);
  await refused(['chaos', '--app', 'ftp://x'], /--app and --start go together/);
  await refused(['call', '--fault', 'hole-5', '--pipeline', 'parrot'], /pipeline is count and not parrot/);
});

test('any web app is broken at its own end: sound by its own statistics, and what could be read', async (t) => {
  const folder = await temporaryFolder(t);
  const up = startClara(['up', '--port', '0', '--log-level', 'silent', '--pipeline', 'count'], { folder });
  await up.until(/ready in/);
  const url = /on (http:\/\/127\.0\.0\.1:\d+)/.exec(up.said())?.[1] ?? '';
  const args = ['chaos', '--app', url, '--start', 'text=Start Session', '--only', 'hole-5,kick', '--json'];
  const { code, stdout, stderr } = await runClara(args, { folder: await temporaryFolder(t) });
  up.child.kill('SIGINT');
  await up.ended;
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as ForeignResult;
  assert.deepEqual(
    result.notApplicable.map(({ id }) => id),
    ['kick'],
  );
  const [run] = result.runs;
  assert.ok(run?.played === true, run?.why);
  assert.ok(run.longestSilenceMs >= 4_000, `silent for ${run.longestSilenceMs}`);
  assert.ok(run.soundBackMs !== null && run.soundBackMs < 10_000);
  assert.ok(
    run.texts.some(({ appeared }) => appeared.includes('Reconnecting...')),
    JSON.stringify(run.texts),
  );
});
