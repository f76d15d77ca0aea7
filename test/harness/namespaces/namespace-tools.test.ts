import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  examineNamespaces,
  requireNamespaces,
  type RunTool,
} from '../../../harness/namespaces/namespace-tools.ts';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const never = new AbortController().signal;
const answers =
  (code: number | null, stderr = '', timedOut = false): RunTool =>
  () =>
    Promise.resolve({ code, stderr, timedOut });

async function folderWith(t: Parameters<typeof temporaryFolder>[0], names: readonly string[]) {
  const folder = await temporaryFolder(t);
  for (const name of names) {
    await writeFile(join(folder, name), '');
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}
const ALL = ['unshare', 'nsenter', 'ip', 'ss'];

test('namespaces are there when the kernel gives one with a link and a rule', async (t) => {
  const folder = await folderWith(t, ALL);
  const ran: string[] = [];
  const examined = await examineNamespaces(
    { PATH: folder },
    never,
    (command, args) => {
      ran.push([command, ...args].join(' '));
      return Promise.resolve({ code: 0, stderr: '', timedOut: false });
    },
    'linux',
  );
  assert.deepEqual(examined, Object.fromEntries(ALL.map((name) => [name, join(folder, name)])));
  assert.match(ran.join('\n'), /unshare --net -- sh -c .*type veth.*ipproto udp blackhole.* \S*\/ip$/);
});

test('each thing that is missing is named, and nothing is started where it cannot be', async (t) => {
  const folder = await folderWith(t, ALL);
  const reason = async (run: RunTool, platform: NodeJS.Platform = 'linux'): Promise<string> => {
    const examined = await examineNamespaces({ PATH: folder }, never, run, platform);
    return 'reason' in examined ? examined.reason : 'none';
  };
  const unasked: RunTool = () => assert.fail('nothing may be started');
  assert.equal(await reason(unasked, 'darwin'), 'darwin has no network namespaces');
  assert.equal(
    await reason(answers(1, 'unshare: unshare failed: Operation not permitted\n')),
    'one cannot be made: unshare: unshare failed: Operation not permitted',
  );
  assert.equal(await reason(answers(2)), 'one cannot be made: code 2');
  assert.equal(await reason(answers(null, '', true)), 'making one took longer than 5000 ms');
});

test('a command that needs namespaces ends as one with a missing part, told what helps', async () => {
  await assert.rejects(
    requireNamespaces({}, never, () => Promise.resolve({ reason: 'no command ip, ss is here' })),
    (error: unknown) => {
      assert.ok(error instanceof PartMissingError);
      assert.match(
        error.message,
        /Network namespaces is missing.*--way N.*\n.*no command ip, ss is here\n.*as root, with iproute2/,
      );
      return true;
    },
  );
});
