import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installCommands } from '../../../harness/parts/package-managers.ts';

function system(platform: NodeJS.Platform, isRoot: boolean, commands: readonly string[]) {
  return installCommands(
    { platform, isRoot, present: (name) => Promise.resolve(commands.includes(name)) },
    { brew: ['--cask', 'chromium'], 'apt-get': 'chromium-deb', dnf: 'chromium', pacman: 'p', apk: 'a' },
  );
}

test('root on Debian updates the lists first and then installs', async () => {
  assert.deepEqual(await system('linux', true, ['apt-get']), {
    commands: [
      ['apt-get', 'update', '-q'],
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'chromium-deb'],
    ],
  });
});

test('whoever is not root is told the command instead', async () => {
  assert.deepEqual(await system('linux', false, ['dnf']), {
    reason: 'dnf needs root; run: sudo dnf install -y -q chromium',
  });
});

test('macOS uses Homebrew, without root', async () => {
  assert.deepEqual(await system('darwin', false, ['brew']), {
    commands: [['brew', 'install', '--cask', 'chromium']],
  });
  assert.deepEqual(await system('darwin', false, []), { reason: 'there is no Homebrew' });
});

test('a system without a known manager says which were looked for', async () => {
  assert.deepEqual(await system('linux', true, []), { reason: 'none of apt-get, dnf, pacman, apk is there' });
});
