import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { examineNamespaces, requireNamespaces } from '../../../harness/namespaces/namespace-tools.ts';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { fileGone, liveNamespaces, namespacesGone, processEnd } from '../../support/node/process-ends.ts';
import { runProgram, sourceArguments } from '../../support/node/run-program.ts';

const PROGRAM = 'test/harness/namespaces/run-with-namespaces.ts';
const never = new AbortController().signal;
const examined = await examineNamespaces(process.env, never);

if ('reason' in examined) {
  // Not root, or no Linux: then this is what there is to be seen.
  test(`without namespaces (${examined.reason}) the part is missing, and the message says why`, async () => {
    await assert.rejects(requireNamespaces(process.env, never), (error: unknown) => {
      assert.ok(error instanceof PartMissingError);
      assert.ok(error.message.includes(examined.reason), error.message);
      return true;
    });
  });
} else {
  test('the kernel cuts what it is told, no more, and heals it', async () => {
    const before = readdirSync('/sys/class/net');
    const child = spawn(examined.unshare, ['--net', '--', process.execPath, ...sourceArguments(PROGRAM)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    assert.deepEqual(await once(child, 'close'), [0, null]);
    const { outside, seen, lost, refused } = JSON.parse(stdout) as {
      outside: string | undefined;
      seen: Record<string, unknown>;
      lost: Record<string, number>;
      refused: number;
    };
    assert.equal(outside, 'clara0', 'the interface is up when all is laid out');
    const whole = { signal: 'open', other: 'open', udp: 'echo', held: 'open' };
    const reset = { ...whole, held: 'ECONNRESET' };
    assert.deepEqual(seen, {
      whole,
      // Nothing is told: a new connection waits for its first packet to get through, the old one for its next.
      silent: { signal: 'silent', other: 'silent', udp: 'silent', held: 'open' },
      'after silent': whole,
      up: { ...whole, udp: 'silent' },
      'after up': whole,
      down: { ...whole, udp: 'silent' },
      'after down': whole,
      signal: { ...whole, signal: 'silent' },
      'after signal': whole,
      refused: { signal: 'ECONNREFUSED', other: 'ECONNREFUSED', udp: 'silent', held: 'ECONNRESET' },
      'the inner of two': { ...reset, udp: 'silent' },
      'after all': reset,
    });
    for (const [name, packets] of Object.entries(lost)) assert.ok(packets >= 1, `${name} lost ${packets}`);
    assert.equal(refused, 2);
    assert.deepEqual(readdirSync('/sys/class/net'), before, 'also none that is down');
  });

  test('after SIGKILL of their owner no holder, namespace or folder is left', async (t) => {
    const owner = spawn(
      examined.unshare,
      ['--net', '--', process.execPath, ...sourceArguments(PROGRAM), '--stay'],
      { stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000, killSignal: 'SIGKILL' },
    );
    t.after(() => owner.kill('SIGKILL'));
    const [said] = (await once(owner.stdout, 'data')) as [Buffer];
    const { folder, pids, namespaces } = JSON.parse(said.toString()) as {
      folder: string;
      pids: number[];
      namespaces: string[];
    };
    assert.equal(pids.length, 3);
    assert.equal(new Set(namespaces).size, 4, 'the owner and each holder have one of their own');
    assert.deepEqual(liveNamespaces(namespaces), namespaces);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    for (const pid of pids) await processEnd(pid);
    await fileGone(folder);
    await namespacesGone(namespaces); // the reaper was in one, and is the last to go
  });

  test("in its parent's network nothing is laid out", async () => {
    const before = readdirSync('/sys/class/net');
    const { code, stderr } = await runProgram(PROGRAM, []);
    assert.notEqual(code, 0);
    assert.match(stderr, /runs in its parent's network, not in a namespace of its own/);
    assert.deepEqual(readdirSync('/sys/class/net'), before);
  });
}
