import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { examineParts } from '../../../harness/doctor/examine-parts.ts';
import { listProcesses } from '../../../harness/supervisor/process-table.ts';
import { isSignedBy } from '../../../harness/telemetry/webhook-signature.ts';
import { STAND_IN } from '../../support/node/cli-manager-rig.ts';
import { processEnd } from '../../support/node/process-ends.ts';
import { runProgram, sourceArguments } from '../../support/node/run-program.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const MAIN = 'harness/cli/main.ts';

async function build(t: TestContext, standIn = 'ok', more: NodeJS.ProcessEnv = {}) {
  const folder = await temporaryFolder(t);
  const env = {
    ...process.env,
    TMPDIR: folder,
    XDG_STATE_HOME: folder,
    CLARA_CLAUDE_COMMAND: STAND_IN,
    STAND_IN: standIn,
    STAND_IN_STATE: folder,
    ...more,
  };
  const clara = (...args: string[]) => runProgram(MAIN, ['run', ...args], { env });
  const left = () => listProcesses().filter(({ environment }) => environment.includes(folder));
  return { folder, env, clara, left };
}

test('run prints the session of a command as one JSON object and exits 0 when it is completed', async (t) => {
  const { clara, left } = await build(t);
  const { code, stdout, stderr } = await clara(
    '--json',
    '--agent',
    'me',
    '--group',
    'g',
    '--prompt',
    'hello',
    '--',
    'cat',
    '-n',
  );
  assert.equal(code, 0, stderr);
  const session = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(session['agentId'], 'me');
  assert.equal(session['group'], 'g');
  assert.equal(session['command'], 'cat -n');
  assert.equal(session['status'], 'completed');
  assert.deepEqual(session['output'], ['     1\thello']);
  assert.equal(session['exitCode'], 0);
  assert.equal(session['process'], undefined);
  assert.deepEqual(left(), []);
});

test('run without a command runs claude, by the configuration, and shows what happens', async (t) => {
  const { clara } = await build(t, 'fails', { STAND_IN_TIMES: '1' });
  const { code, stdout, stderr } = await clara('--prompt', 'Do it', '--retry-delay', '10');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^completed after \d+ ms, 1 of 3 retries/);
  assert.match(stdout, /Done with \d+ characters\./);
  assert.match(stderr, /clara: ended with exit code 1; retry 1 in/);
});

test('run exits 1 for a failed session, 3 for a missing command, 2 for wrong use', async (t) => {
  const { clara, folder } = await build(t);
  const failed = await clara('--json', '--max-retries', '0', '--', 'false');
  assert.equal(failed.code, 1);
  assert.equal((JSON.parse(failed.stdout) as { error: { category: string } }).error.category, 'exitCode');
  const missing = await clara('--json', '--', '/nowhere/command');
  assert.equal(missing.code, 3);
  assert.equal((JSON.parse(missing.stdout) as { error: { category: string } }).error.category, 'spawn');
  const circle = join(folder, 'templates.json');
  writeFileSync(circle, '{ "a": { "extends": "b" }, "b": { "extends": "a" } }');
  const wrong = await clara('--templates', circle, '--template', 'a', '--', 'true');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /templates in a circle: a -> b -> a/);
  const unknown = await clara('--json', '--template', 'none', '--', 'true');
  assert.equal(unknown.code, 2);
  assert.equal((await clara('--session-timeout', 'soon', '--', 'true')).code, 2);
});

test('run takes its options from a template that extends another', async (t) => {
  const { clara, folder } = await build(t);
  const file = join(folder, 'templates.json');
  writeFileSync(
    file,
    JSON.stringify({
      base: { command: 'sh', timeout: 5000, env: { A: '1' } },
      say: { extends: 'base', args: ['-c', 'echo $A$B'], env: { B: '2' } },
    }),
  );
  const { stdout } = await clara('--json', '--templates', file, '--template', 'say');
  const session = JSON.parse(stdout) as { output: string[]; template: string };
  assert.deepEqual(session.output, ['12']);
  assert.equal(session.template, 'say');
});

test('run spreads its tries over the profiles of a file, and refuses a wrong one', async (t) => {
  const { clara, folder } = await build(t);
  const file = join(folder, 'profiles.json');
  writeFileSync(
    file,
    JSON.stringify([
      { name: 'broken', options: { command: 'false' } },
      { name: 'well', options: { command: 'sh', args: ['-c', 'echo $WHO'], env: { WHO: 'well' } } },
    ]),
  );
  const shared = await clara('--json', '--retry-delay', '1', '--profiles', file);
  const session = JSON.parse(shared.stdout) as { profile: string; output: string[]; retryCount: number };
  assert.deepEqual([session.profile, session.output, session.retryCount], ['well', ['well'], 1]);
  const one = await clara('--json', '--profiles', file, '--profile', 'well');
  assert.equal((JSON.parse(one.stdout) as { retryCount: number }).retryCount, 0);
  writeFileSync(file, '[{ "name": "a", "weight": -1 }]');
  const wrong = await clara('--profiles', file);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /profiles\.json: profiles: 0\.weight/);
});

test('run tells a webhook of its session, signed; what it cannot deliver, the next run does', async (t) => {
  const secret = 'a-secret-of-some-length';
  const told: { body: string; signature: string }[] = [];
  let status = 503;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (status === 200) told.push({ body, signature: String(request.headers['clara-signature']) });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { clara } = await build(t, 'ok', {
    CLARA_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    CLARA_WEBHOOK_SECRET: secret,
  });
  const undelivered = await clara('--json', '--agent', 'first', '--', 'true');
  assert.equal(undelivered.code, 0, 'a session is none the worse for it');
  status = 200;
  assert.equal((await clara('--json', '--agent', 'second', '--retry-delay', '1', '--', 'false')).code, 1);
  const events = told.map(({ body }) => {
    const { to, session } = JSON.parse(body) as { to?: string; session: { agentId: string } };
    return `${session.agentId} ${to ?? 'recovery'}`;
  });
  assert.deepEqual(events.slice(0, 3), ['first running', 'first completed', 'second running']);
  assert.equal(events.at(-1), 'second failed');
  for (const { body, signature } of told) assert.ok(isSignedBy(secret, body, signature, Date.now()));
});

test('Ctrl-C cancels the session, and nothing of it is left', async (t) => {
  const { env, left } = await build(t, 'silent,proof,grandchild');
  const child = spawn(process.execPath, [...sourceArguments(MAIN), 'run', '--prompt', 'x'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  await new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk: Buffer) => chunk.toString().includes('I look at it.') && resolve()),
  );
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 1);
  assert.match(stdout, /^cancelled/);
  assert.deepEqual(left(), []);
});

test('kill -9 of run leaves nothing of its session', async (t) => {
  const { env, left } = await build(t, 'silent,proof,grandchild,strayed');
  const child = spawn(process.execPath, [...sourceArguments(MAIN), 'run', '--prompt', 'x'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  await new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk: Buffer) => chunk.toString().includes('I look at it.') && resolve()),
  );
  const pids = left().map(({ pid }) => pid);
  assert.ok(pids.length >= 4);
  child.kill('SIGKILL');
  for (const pid of pids) await processEnd(pid, 15_000);
  assert.deepEqual(left(), []);
});

test('doctor tells of a claude on the PATH, with its version', async (t) => {
  const folder = await temporaryFolder(t);
  copyFileSync(STAND_IN, join(folder, 'claude'));
  const nodeFolder = join(process.execPath, '..');
  const report = await examineParts({ PATH: `${folder}:${nodeFolder}` }, AbortSignal.timeout(30_000));
  const claude = report.parts.find(({ id }) => id === 'claude');
  assert.equal(claude?.found, true);
  assert.equal(claude.version, '9.8.7');
  const without = await examineParts({ PATH: nodeFolder }, AbortSignal.timeout(30_000));
  const none = without.parts.find(({ id }) => id === 'claude');
  assert.equal(none?.found, false);
  assert.match(none.how ?? '', /install/);
});
