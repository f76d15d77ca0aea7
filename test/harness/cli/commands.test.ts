import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { exitCodeOf, messageOf } from '../../../harness/cli/exit-codes.ts';
import { createProgram } from '../../../harness/cli/program.ts';
import { listProcesses } from '../../../harness/supervisor/process-table.ts';
import { liveKitBinary } from '../../support/node/livekit-binary.ts';
import { fileGone, processEnd } from '../../support/node/process-ends.ts';
import { runProgram, sourceArguments } from '../../support/node/run-program.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const MAIN = 'harness/cli/main.ts';

/** An environment in which all that a command makes lands in `folder`. */
function environment(folder: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...process.env, TMPDIR: folder, CLARA_PORT: '0', ...more };
}

function runFolders(folder: string): string[] {
  return readdirSync(folder).filter((name) => /^clara-[0-9a-f]{12}$/.test(name));
}

/** Starts `clara up` and waits for its URL. */
async function startUp(t: TestContext, more: NodeJS.ProcessEnv = {}) {
  const folder = await temporaryFolder(t);
  const { path } = await liveKitBinary();
  const child = spawn(process.execPath, [...sourceArguments(MAIN), 'up'], {
    env: environment(folder, { LIVEKIT_SERVER_BIN: path, ...more }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  t.after(() => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) })) as [Buffer];
  const [run = ''] = runFolders(folder);
  const members = () =>
    listProcesses().filter(({ environment: entries }) =>
      entries.includes(`CLARA_RUN_ID=${run.slice('clara-'.length)}`),
    );
  return { child, url: said.toString(), folder, run: join(folder, run), members, stderr: () => stderr };
}

test('config shows each value and where it came from, as JSON on a clean stdout', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'clara.config.json'), '{ "graceS": 10 }');
  const env = environment(folder, { LIVEKIT_API_SECRET: 'shh' });
  const { code, stdout } = await runProgram(MAIN, ['config', '--json', '--agent-name', 'x'], {
    env,
    cwd: folder,
  });
  assert.equal(code, 0);
  const shown = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(shown['graceS'], { value: 10, from: 'clara.config.json' });
  assert.deepEqual(shown['agentName'], { value: 'x', from: '--agent-name' });
  assert.deepEqual(shown['port'], { value: 0, from: 'CLARA_PORT' });
  assert.deepEqual(shown['livekitApiSecret'], { value: '***', from: 'LIVEKIT_API_SECRET' });
});

test('a misspelt name in the environment is told once, on stderr, and changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const env = environment(folder, { CLARA_PROT: '1', CLARA_DISABLE: '', CLARA_LIVEKIT_API_KEY: 'k' });
  const { code, stderr } = await runProgram(MAIN, ['config', '--json'], { env, cwd: folder });
  assert.equal(code, 0);
  assert.deepEqual(stderr.match(/nothing reads .*/g), [
    'nothing reads CLARA_PROT (clara config shows what can be set)',
  ]);
});

test('an answer that nobody could read is no success', async (t) => {
  const folder = await temporaryFolder(t);
  const child = spawn(process.execPath, [...sourceArguments(MAIN), 'config', '--json'], {
    env: environment(folder),
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  child.stdout.destroy(); // before the command could say anything
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(30_000) })) as [number | null];
  assert.equal(code, 1);
});

/** The exit code of arguments that are refused, or end without starting anything. Said is what commander wrote. */
async function outcome(...args: string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const program = createProgram();
  const write = (text: string) => void (said += text);
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeOut: write, writeErr: write });
  try {
    await program.parseAsync(['node', 'clara', ...args]);
    return { code: 0, said };
  } catch (error) {
    return { code: exitCodeOf(error), said: said + messageOf(error) };
  }
}

test('wrong use ends with 2 and says what is wrong', async () => {
  assert.match((await outcome('nonsense')).said, /unknown command 'nonsense'/);
  for (const args of [
    ['nonsense'],
    ['up', '--unknown'],
    ['up', '--port', '99999'],
    ['up', '--livekit-url', 'ws://127.0.0.1:1'],
    ['up', '--port'],
    ['up', 'extra'],
  ]) {
    const { code, said } = await outcome(...args);
    assert.equal(code, 2, args.join(' '));
    assert.notEqual(said, '');
  }
});

test('help and version end with 0', async () => {
  assert.match((await outcome('--version')).said, /^\d+\.\d+\.\d+\n$/);
  const help = await outcome('up', '--help');
  assert.equal(help.code, 0);
  assert.match(help.said, /--grace-s <value>/);
  assert.ok(!help.said.includes('secret <value>'), 'a secret can be given as an argument');
});

test('up without any way to a server names all ways, ends with 3, and leaves no folder', async (t) => {
  const folder = await temporaryFolder(t);
  const env = environment(folder, { CLARA_DISABLE: 'server-*' });
  const { code, stdout, stderr } = await runProgram(MAIN, ['up'], { env });
  assert.deepEqual([code, stdout], [3, '']);
  for (const id of ['server-env', 'server-path', 'server-cache', 'server-go', 'server-download'])
    assert.ok(stderr.includes(`[${id}]`), id);
  assert.deepEqual(runFolders(folder), []);
});

test('up with a server that exits tells its last words, ends with 1, and leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const broken = join(folder, 'broken');
  writeFileSync(
    broken,
    '#!/bin/sh\n[ "$1" = --version ] && echo livekit-server version 1.0.0 && exit\necho no luck >&2\nexit 4\n',
    { mode: 0o755 },
  );
  const { code, stderr } = await runProgram(MAIN, ['up'], {
    env: environment(folder, { LIVEKIT_SERVER_BIN: broken }),
  });
  assert.equal(code, 1);
  assert.match(stderr, /ended with 4 before it was ready; its last lines:\nno luck/);
  assert.deepEqual(runFolders(folder), []);
});

test('up prints only its URL on stdout, serves it, and Ctrl-C stops everything with exit code 0', async (t) => {
  const { child, url, run, members, stderr } = await startUp(t);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\n$/);
  assert.equal((await fetch(`${url.trim()}/healthz`)).status, 200);
  assert.ok(members().length > 0);
  const startedMonoMs = performance.now();
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0, stderr());
  assert.ok(performance.now() - startedMonoMs < 5000);
  assert.deepEqual(members(), []);
  await fileGone(run, 100);
});

test('after SIGKILL of up no process and no folder of it is left', async (t) => {
  const { child, run, members } = await startUp(t);
  const pids = members().map(({ pid }) => pid);
  assert.ok(pids.length > 0);
  child.kill('SIGKILL');
  for (const pid of pids) await processEnd(pid);
  await fileGone(run);
});

test('up says so when its port is in use, before it starts anything', async (t) => {
  const { url } = await startUp(t);
  const folder = await temporaryFolder(t);
  const { path } = await liveKitBinary();
  const env = environment(folder, { LIVEKIT_SERVER_BIN: path, CLARA_PORT: new URL(url).port });
  const { code, stdout, stderr } = await runProgram(MAIN, ['up'], { env });
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, new RegExp(`${new URL(url).port}.*in use`));
  assert.ok(!/livekit-server .* on |agent /.test(stderr), stderr);
  assert.deepEqual(runFolders(folder), []);
});

test('doctor tells each part, what it is for, and how to get what is missing', async (t) => {
  const folder = await temporaryFolder(t);
  const env = environment(folder, { CLARA_DISABLE: 'server-*,chromium-*', PATH: '' });
  const { code, stdout } = await runProgram(MAIN, ['doctor', '--json'], { env });
  const report = JSON.parse(stdout) as {
    ok: boolean;
    parts: { id: string; found: boolean; neededFor: string; how?: string }[];
  };
  assert.equal(code, 3);
  assert.equal(report.ok, false);
  assert.deepEqual(report.parts.map(({ id }) => id).slice(0, 5), [
    'node',
    'livekit-server',
    'go',
    'network',
    'chromium',
  ]);
  for (const { id, found, neededFor, how } of report.parts) {
    assert.ok(neededFor, id);
    assert.equal(typeof how, found ? 'undefined' : 'string', id);
  }
  assert.equal(report.parts.find(({ id }) => id === 'node')?.found, true);
});
