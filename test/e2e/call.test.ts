import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CallResult } from '../../harness/call/call-result.ts';
import { leftBy, processesOf, runClara, startClara } from '../support/node/clara-command.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

const FIELDS = [
  'ok',
  'client',
  'connectMs',
  'agentHeardMs',
  'wordsSpoken',
  'wordsHeardByAgent',
  'wordsHeardBack',
  'wordsSpokenByAgent',
  'phases',
  'faults',
  'falseConnectedMs',
  'joins',
  'agents',
  'sessionLost',
];

for (const client of ['clara', 'stock'] as const) {
  test(`a call with the ${client} client brings every word once and in order, both ways, and leaves nothing`, async (t) => {
    const folder = await temporaryFolder(t);
    const { code, stdout, stderr } = await runClara(
      ['call', '--json', '--seconds', '5', '--client', client],
      { folder },
    );
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout) as CallResult;
    assert.deepEqual(Object.keys(result), FIELDS);
    assert.equal(result.ok, true);
    assert.equal(result.client, client);
    assert.ok(result.wordsSpoken.length >= 8, `${result.wordsSpoken.length} words in 5 s`);
    assert.deepEqual(result.wordsHeardByAgent, result.wordsSpoken);
    assert.ok(result.wordsSpokenByAgent.length >= 8, `${result.wordsSpokenByAgent.length} words back in 5 s`);
    assert.deepEqual(result.wordsHeardBack, result.wordsSpokenByAgent);
    const names = result.phases.map(({ phase }) => phase);
    assert.deepEqual(
      names,
      client === 'clara' ? ['requestingMic', 'connecting', 'connected'] : ['connecting', 'connected'],
    );
    assert.deepEqual([result.joins, result.agents, result.sessionLost, result.faults], [1, 1, false, []]);
    assert.ok(result.connectMs !== null && result.connectMs > 0 && result.connectMs < 15_000);
    assert.ok(result.agentHeardMs !== null && result.agentHeardMs >= result.connectMs - 500);
    assert.deepEqual(await leftBy(folder, stderr), []);
  });
}

test('a call with the parrot brings speech back for every utterance', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stdout, stderr } = await runClara(['call', '--pipeline', 'parrot', '--seconds', '16'], {
    folder,
  });
  assert.equal(code, 0, `${stderr}${stdout}`);
  const answers = /utterances (\d+), answered after ([\d, ]+) ms/.exec(stdout);
  assert.ok(answers !== null, stdout);
  assert.ok(Number(answers[1]) >= 2, stdout);
  assert.equal(answers[2]?.split(', ').length, Number(answers[1]));
});

test('a call that is killed by SIGKILL leaves no process, no port and no folder', async (t) => {
  const folder = await temporaryFolder(t);
  const { runs, said } = await killedCall(folder);
  assert.ok(runs > 3, `server, agent, browser and reaper ran: ${runs}`);
  // The reaper kills for at most 10 s; usual is under one.
  const deadlineMonoMs = performance.now() + 12_000;
  let left = await leftBy(folder, said);
  while (left.length > 0 && performance.now() < deadlineMonoMs) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = await leftBy(folder, said);
  }
  assert.deepEqual(left, []);
});

test('Ctrl-C in a call ends it in order and leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const clara = startClara(['call', '--json', '--seconds', '60'], { folder });
  await clara.until(/connected/);
  clara.child.kill('SIGINT');
  const { code, stdout, stderr } = await clara.ended;
  assert.notEqual(code, 0);
  assert.equal(stdout, '');
  assert.deepEqual(await leftBy(folder, stderr), []);
});

/** Kills a call in its middle; tells how many processes it had. */
async function killedCall(folder: string): Promise<{ runs: number; said: string }> {
  const clara = startClara(['call', '--json', '--seconds', '60'], { folder });
  await clara.until(/connected/);
  const runs = processesOf(folder).length;
  clara.child.kill('SIGKILL');
  await clara.ended;
  return { runs, said: clara.said() };
}
