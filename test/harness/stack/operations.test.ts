import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { resolveConfig } from '../../../harness/config/resolve-config.ts';
import { startStack } from '../../../harness/stack/start-stack.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { parseAgentsMessage } from '../../../src/shared/agent-sessions.ts';
import type { AgentsMessage } from '../../../src/shared/agent-sessions.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { liveKitBinary } from '../../support/node/livekit-binary.ts';
import { RtcUser, dispatchAgent, until } from '../../support/node/rtc-user.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

/** Reads the stream of a gateway into a list until `signal` aborts. */
async function follow(url: string, got: AgentsMessage[], signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/api/agents`, { signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = part.startsWith('data: ') ? parseAgentsMessage(JSON.parse(part.slice(6))) : undefined;
      if (message !== undefined) got.push(message);
    }
  }
}

test('operators see a real session live, in metrics and in health, and end it; the journal remembers it', async (t) => {
  t.after(dispose); // rtc-node keeps the process otherwise
  const folder = await temporaryFolder(t);
  const { log, lines } = keptLog();
  const runFolder = await createRunFolder({ log, parentFolder: folder });
  t.after(() => runFolder.stop());
  const config = resolveConfig({ flags: {}, env: {}, defaults: { port: 0, pipeline: 'count' } });
  const stateFolder = join(folder, 'state');
  const stack = await startStack(
    config,
    {
      runFolder,
      log,
      report: () => undefined,
      stateFolder,
      env: { ...process.env, LIVEKIT_SERVER_BIN: (await liveKitBinary()).path },
    },
    AbortSignal.timeout(60_000),
  );
  t.after(() => stack.stop());
  const get = async (path: string) => {
    const answer = await fetch(`${stack.url}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  assert.equal((await get('/readyz')).status, 200);
  assert.deepEqual(JSON.parse((await get('/healthz')).text), {
    ok: true,
    checks: [{ id: 'sessions', ok: true }],
  });
  const shown = JSON.parse((await get('/config')).text) as Record<string, { value: unknown }>;
  assert.deepEqual(
    ['warnS', 'maxSessionS', 'idleS'].map((name) => shown[name]?.value),
    [1800, 7200, 300],
  );

  const got: AgentsMessage[] = [];
  const life = new AbortController();
  const following = follow(stack.url, got, life.signal).catch((error: unknown) => {
    if (!life.signal.aborted) throw error;
  });
  const room = await dispatchAgent(stack.livekit, 'clara-voice', 'operations-1', 'count');
  const user = await RtcUser.join(stack.livekit, room, 'zoe', { 'clara.user': 'key-of-zoe' });
  t.after(() => user.leave());
  await until(() => stack.agent.sessions.size === 1, 10_000, 'the session');
  const [sessionId = ''] = stack.agent.sessions.keys();
  stack.agent.performHealthCheck();
  const health = lines.find(({ event }) => event === 'healthCheck');
  assert.match(String(health?.['text']), /^🏥 Health check - Sessions: 1, Errors: 0, Memory: \d+\.\d\dMB$/);
  await until(
    () =>
      got.some(
        (m) => m.type === 'session' && m.session.sessionId === sessionId && m.session.rssBytes !== undefined,
      ),
    10_000,
    'the memory of the session on the stream',
  );
  const metrics = (await get('/metrics')).text;
  assert.match(metrics, /^clara_sessions\{kind="voice",state="connected"\} 1$/m);
  assert.match(metrics, /^clara_server_link_up 1$/m);
  assert.match(metrics, /^clara_join_seconds_count\{kind="voice"\} 1$/m);

  const out = new Promise((resolve) => user.room.once('disconnected', resolve));
  const ended = await fetch(`${stack.url}/api/agents/end`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId }),
  });
  assert.equal(ended.status, 204);
  await out;
  await until(
    () => got.some((m) => m.type === 'ended' && m.sessionId === sessionId),
    5_000,
    'the end on the stream',
  );
  assert.equal(stack.agent.sessions.size, 0);
  assert.match(
    (await get('/metrics')).text,
    /clara_session_ends_total\{kind="voice",reason="byHand",outcome="good"\} 1/,
  );

  stack.server?.signal('SIGKILL');
  await until(() => !stack.agent.readiness().ok, 5_000, 'the loss of the server');
  const down = await get('/readyz');
  assert.equal(down.status, 503);
  assert.match(down.text, /no connection to the LiveKit server|did not answer/);
  assert.equal((await get('/healthz')).status, 200);

  life.abort();
  await following;
  await stack.stop();
  const files = readdirSync(stateFolder);
  assert.deepEqual(
    files.map((name) => name.replace(/\d+/g, 'N')),
    ['ended-N-N.jsonl'],
  );
  const journal = readFileSync(join(stateFolder, files[0] ?? ''), 'utf8');
  assert.match(journal, /"reason":"byHand"/);
  assert.doesNotMatch(journal, /key-of-zoe/);
});
