import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { resolveConfig } from '../../harness/config/resolve-config.ts';
import { LOST_ANSWER } from '../../harness/responder/responding-pipeline.ts';
import { startStack } from '../../harness/stack/start-stack.ts';
import { listProcesses } from '../../harness/supervisor/process-table.ts';
import { createRunFolder } from '../../harness/supervisor/run-folder.ts';
import { parseAgentsMessage } from '../../src/shared/agent-sessions.ts';
import { STAND_IN } from '../support/node/cli-manager-rig.ts';
import { keptLog } from '../support/node/kept-log.ts';
import { liveKitBinary } from '../support/node/livekit-binary.ts';
import { RtcUser, dispatchAgent, until } from '../support/node/rtc-user.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

/** Everything on a real server, the stand-in as the assistant. */
async function startTalk(t: TestContext) {
  t.after(dispose); // rtc-node keeps the process otherwise
  const folder = await temporaryFolder(t);
  const { log, lines } = keptLog();
  const runFolder = await createRunFolder({ log, parentFolder: folder });
  t.after(() => runFolder.stop());
  const told: string[] = [];
  const stack = await startStack(
    resolveConfig({
      flags: {},
      env: { CLARA_PORT: '0', CLARA_RESPONDER: 'cli', CLARA_CLAUDE_COMMAND: STAND_IN },
    }),
    {
      runFolder,
      log,
      report: (line) => void told.push(line),
      stateFolder: join(folder, 'state'),
      env: {
        ...process.env,
        LIVEKIT_SERVER_BIN: (await liveKitBinary()).path,
        STAND_IN: 'grandchild',
        STAND_IN_STATE: folder,
      },
    },
    AbortSignal.timeout(60_000),
  );
  t.after(() => stack.stop());
  const get = async (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${stack.url}${path}`, init);
  /** Processes of the run that are still there: assistants, what they started, all others. */
  const left = () =>
    listProcesses().filter(({ environment }) => environment.includes(`CLARA_RUN_ID=${runFolder.runId}`));
  return {
    stack,
    lines,
    told,
    metrics: async (): Promise<string> => (await get('/metrics')).text(),
    /** What a dashboard gets first. */
    shownSessions: async () => {
      const life = new AbortController();
      const { body } = await get('/api/agents', { signal: life.signal });
      let text = '';
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        text += new TextDecoder().decode(chunk);
        if (text.includes('\n\n')) break;
      }
      life.abort();
      const message = parseAgentsMessage(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? ''));
      assert.ok(message?.type === 'snapshot', text);
      return message.sessions;
    },
    endByHand: (sessionId: string) =>
      get('/api/agents/end', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sessionId }),
      }),
    turns: () =>
      readFileSync(join(folder, 'calls.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const { args, ...call } = JSON.parse(line) as { pid: number; turn: string; args: string[] };
          return { ...call, isResumed: args.some((arg) => arg.startsWith('--resume=')) };
        }),
    left,
    /** The processes of voice sessions, a warm one too. */
    sessionPids: () =>
      left()
        .filter(({ commandLine }) => commandLine.includes('session-child'))
        .map(({ pid }) => pid),
    stop: async () => {
      await stack.stop();
      await runFolder.stop();
    },
  };
}

test('what a user types is answered by the assistant, through interruptions and losses, until the call ends', async (t) => {
  const { stack, told, metrics, turns, left, sessionPids, stop, lines, shownSessions, endByHand } =
    await startTalk(t);
  assert.ok(
    told.some((line) => line.startsWith(`assistant ${STAND_IN} 9.8.7`)),
    told.join('\n'),
  );
  const room = await dispatchAgent(stack.livekit, 'clara-voice', 'assistant-1', 'parrot');
  const user = await RtcUser.join(stack.livekit, room, 'ada');
  t.after(() => user.leave());
  const texts = (): string[] => user.texts.map(({ text }) => text);
  const agent = await until(() => user.agent(), 10_000, 'the agent');
  await until(() => agent.attributes['lk.agent.state'] === 'listening', 10_000, 'the state');

  await user.sendText('good day');
  await until(() => texts().includes('That is all.'), 15_000, 'the whole answer');
  assert.deepEqual(
    user.texts.map(({ topic, text }) => [topic, text]),
    [
      ['lk.chat', 'You said "good day".'],
      ['lk.chat', 'That is all.'],
    ],
  );
  const shown = await metrics();
  assert.match(shown, /^clara_sessions\{kind="cli",state="running"\} 1$/m);
  assert.match(shown, /^clara_sessions\{kind="voice",state="connected"\} 1$/m);
  assert.match(shown, /^clara_cli_session_starts_total 1$/m);

  await user.sendText('please count');
  await until(() => texts().includes('Number 3.'), 15_000, 'the first of many sentences');
  await user.sendText('stop it');
  await until(
    () => texts().filter((text) => text === 'That is all.').length === 2,
    15_000,
    'the second answer',
  );
  const counted = texts().filter((text) => text.startsWith('Number')).length;
  assert.ok(counted < 150, `${counted} of 200 sentences`);
  assert.ok(!texts().includes('Oh, I am stopped.'), 'nothing of what was under way');

  await user.sendText('please die');
  await until(() => texts().filter((text) => text === 'That is all.').length === 3, 20_000, 'the recovery');
  assert.match(await metrics(), /^clara_session_recoveries_total\{kind="cli",why="signal"\} 1$/m);
  const pid = turns().at(-1)?.pid;

  await user.sendText('please count again');
  const before = texts().length;
  await until(() => texts().length >= before + 2, 15_000, 'an answer under way');
  for (const one of sessionPids()) process.kill(one, 'SIGKILL');
  await until(() => texts().includes(LOST_ANSWER), 20_000, 'word of the lost answer');
  await user.sendText('and now');
  await until(() => texts().includes('You said "and now".'), 15_000, 'an answer by the new agent');
  assert.equal(turns().at(-1)?.turn, 'and now', 'the assistant knows the rest itself');
  assert.equal(turns().at(-1)?.pid, pid, 'the same assistant');
  assert.equal([...stack.agent.sessions.values()][0]?.messageCount, 6);
  assert.doesNotMatch(JSON.stringify(lines), /good day|That is all/, 'no word of it in the log');

  const [cliId] = (await shownSessions())
    .filter(({ kind }) => kind === 'cli')
    .map(({ sessionId }) => sessionId);
  assert.equal((await endByHand(cliId ?? '')).status, 204);
  await user.sendText('are you there');
  await until(() => texts().includes('You said "are you there".'), 15_000, 'a new assistant');
  assert.deepEqual([turns().at(-1)?.pid === pid, turns().at(-1)?.isResumed], [false, true]);

  await user.sendText('please count till the end');
  const soFar = texts().length;
  await until(() => texts().length >= soFar + 2, 15_000, 'an answer under way');
  await user.bye();
  await until(
    () => !left().some(({ commandLine }) => commandLine.includes('stand-in')),
    10_000,
    'the end of the assistant',
  );
  const after = await metrics();
  assert.match(after, /^clara_session_ends_total\{kind="cli",reason="cancelled",outcome="good"\} 1$/m);
  assert.match(after, /^clara_session_ends_total\{kind="cli",reason="completed",outcome="good"\} 1$/m);
  assert.doesNotMatch(after, /^clara_sessions\{kind="cli"/m);
  await user.leave();
  await stop();
  await until(() => left().length === 0, 3_000, 'the end of every process of the run');
});
