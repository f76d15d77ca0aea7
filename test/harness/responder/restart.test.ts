import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { GO_ON_PROMPT } from '../../../harness/responder/recovery-prompt.ts';
import { listProcesses } from '../../../harness/supervisor/process-table.ts';
import { cliManagerRig } from '../../support/node/cli-manager-rig.ts';
import { sourceArguments } from '../../support/node/run-program.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

/** A manager with 16 sessions under way, killed by SIGKILL. */
async function killedManager(t: TestContext, runFolder: string) {
  const stateFolder = await temporaryFolder(t);
  const standInState = await temporaryFolder(t);
  const args = sourceArguments('test/harness/responder/run-with-manager.ts');
  const child = spawn(process.execPath, [...args, stateFolder, standInState, runFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const left = () => listProcesses().filter(({ environment }) => environment.includes(standInState));
  return { stateFolder, left };
}

test('a manager that is killed leaves no process, and the next one knows the fate of all 20 sessions', async (t) => {
  const { stateFolder, left } = await killedManager(t, 'own');
  const untilMonoMs = performance.now() + 10_000;
  while (left().length > 0 && performance.now() < untilMonoMs)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(left(), [], 'its reaper has ended them');
  const { manager, calls } = await cliManagerRig(t, {
    stateFolder,
    env: { ...process.env, STAND_IN: 'ok' },
  });
  const restored = await manager.restored;
  assert.equal(restored.length, 20);
  // Gone, or seen in its last moment: without memory, and so without a mark, a process is there until it has exited.
  const count = (fate: string, isOver: boolean) =>
    restored.filter((one) => one.fate === fate && (one.found === 'ended') === isOver).length;
  assert.equal(count('asBefore', true), 4);
  assert.equal(count('recovered', false), 15);
  assert.equal(count('failed', false), 1, 'the one whose recovery is switched off');
  const before = manager.getSessions().filter(({ status }) => status === 'completed');
  assert.ok(before.length >= 4);
  const [failed] = manager.getFailedSessions();
  assert.equal(failed?.agentId, 'agent-19');
  assert.match(failed.error?.message ?? '', /the manager died while it was running/);
  await new Promise<void>((resolve) => {
    const look = () => manager.getActiveSessions().length === 0 && resolve();
    manager.onUpdate(look);
    look();
  });
  const done = manager.getSessions().filter(({ status }) => status === 'completed');
  assert.equal(done.length, 19);
  const recovered = done.filter(({ retryCount }) => retryCount > 0);
  assert.equal(recovered.length, 15);
  assert.ok(recovered.every(({ conversationId }) => conversationId?.startsWith('talk-')));
  assert.throws(() => calls(), /ENOENT/, 'no prompt and no environment was in the journal');
  assert.ok(recovered.every(({ answer }) => answer === `Done with ${GO_ON_PROMPT.length} characters.`));
  await manager.dispose();
  assert.deepEqual(readdirSync(stateFolder), [], 'nothing is left to remember');
});

test('without a reaper the next manager finds the processes running, and ends them', async (t) => {
  const { stateFolder, left } = await killedManager(t, 'none');
  assert.ok(left().length >= 16);
  const { manager } = await cliManagerRig(t, { stateFolder, onRestart: 'fail' });
  const restored = await manager.restored;
  assert.equal(restored.filter(({ found }) => found === 'running').length, 16);
  assert.equal(restored.filter(({ fate }) => fate === 'failed').length, 16);
  assert.deepEqual(left(), []);
  assert.equal(manager.getFailedSessions().length, 16);
  assert.equal(manager.getActiveSessions().length, 0);
});
