import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveConfig } from '../../../harness/config/resolve-config.ts';
import { cliSettings } from '../../../harness/stack/part-settings.ts';
import { startAssistants } from '../../../harness/stack/start-assistants.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { Supervisor } from '../../../harness/supervisor/supervisor.ts';
import { Telemetry } from '../../../harness/telemetry/telemetry.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

test('an assistant that is missing is told at the start, to its user and on the board', async (t) => {
  const folder = await temporaryFolder(t);
  const { log, lines } = keptLog();
  const runFolder = await createRunFolder({ log, parentFolder: folder });
  t.after(() => runFolder.stop());
  const supervisor = new Supervisor({ log });
  t.after(() => supervisor.stop());
  const telemetry = new Telemetry({ log });
  t.after(() => telemetry.stop());
  const { values } = resolveConfig({ flags: { claudeCommand: '/nowhere/claude' }, env: {} });
  const assistants = startAssistants(cliSettings(values), {
    log,
    runFolder,
    supervisor,
    stateFolder: folder,
    env: {},
    telemetry,
  });
  t.after(() => assistants.stop());
  assert.equal(
    await assistants.probe(AbortSignal.timeout(10_000)),
    'assistant is not ready: the command /nowhere/claude was not found',
  );
  assert.ok(lines.some(({ event }) => event === 'assistantMissing'));
  assistants.host.begin('voice-1');
  const error = await new Promise((resolve) =>
    assistants.host.take('voice-1', { type: 'ask', requestId: 'r', text: 'hello' }, (reply) => {
      if (reply.type === 'answered') resolve(reply.error);
    }),
  );
  assert.equal(error, 'spawn');
  const { body } = await telemetry.metrics.exposition();
  assert.match(body, /^clara_session_ends_total\{kind="cli",reason="spawn",outcome="bad"\} 1$/m);
  await assistants.stop();
  assert.equal(assistants.manager.getActiveSessions().length, 0);
});
