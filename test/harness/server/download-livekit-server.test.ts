import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import {
  archiveName,
  downloadLiveKitServer,
  findChecksum,
  releaseBase,
} from '../../../harness/server/download-livekit-server.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';
import { releaseHost } from './release-host.ts';

const VERSION = '1.13.5';
const ARCHIVE = archiveName(VERSION, 'linux', process.arch) ?? 'none';

/** An archive as the release has it, with a program that tells a version. */
async function releaseArchive(t: TestContext): Promise<{ archive: Buffer; checksum: string }> {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'livekit-server'), '#!/bin/sh\necho livekit-server version 1.13.5\n', {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'LICENSE'), 'x');
  execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', folder, 'livekit-server', 'LICENSE']);
  const archive = readFileSync(join(folder, 'a.tar.gz'));
  return { archive, checksum: createHash('sha256').update(archive).digest('hex') };
}

async function download(t: TestContext, base: string): Promise<{ reason?: string; target: string }> {
  const target = join(await temporaryFolder(t), 'cache', 'livekit-server');
  const env = { ...process.env, CLARA_LIVEKIT_RELEASE_URL: base };
  const outcome = await downloadLiveKitServer(
    { env, target, version: VERSION, report: () => undefined },
    AbortSignal.timeout(20_000),
  );
  assert.deepEqual(
    readdirSync(dirname(target)).filter((name) => name.startsWith('.')),
    [],
    'temporary folders are left',
  );
  return { ...outcome, target };
}

test('an archive with the right checksum becomes an executable in the cache', async (t) => {
  const { archive, checksum } = await releaseArchive(t);
  const base = await releaseHost(t, {
    'checksums.txt': `${'0'.repeat(64)}  other.tar.gz\n${checksum}  ${ARCHIVE}\n`,
    [ARCHIVE]: archive,
  });
  const { reason, target } = await download(t, base);
  assert.equal(reason, undefined);
  assert.match(execFileSync(target, ['--version'], { encoding: 'utf8' }), /1\.13\.5/);
});

test('an archive with another checksum is not unpacked', async (t) => {
  const { archive } = await releaseArchive(t);
  const base = await releaseHost(t, {
    'checksums.txt': `${'0'.repeat(64)}  ${ARCHIVE}\n`,
    [ARCHIVE]: archive,
  });
  const { reason, target } = await download(t, base);
  assert.match(reason ?? '', /has the checksum [0-9a-f]{64}, 0{64} was expected/);
  assert.equal(existsSync(target), false);
});

test('a checksum list without the archive, and one that is too large, are refused', async (t) => {
  const without = await releaseHost(t, { 'checksums.txt': `${'0'.repeat(64)}  other.tar.gz\n` });
  assert.match((await download(t, without)).reason ?? '', /checksums.txt has no line for/);
  const large = await releaseHost(t, { 'checksums.txt': Buffer.alloc(70_000, 'x') });
  assert.match((await download(t, large)).reason ?? '', /70000 bytes, more than the 65536 allowed/);
});

test('an answer that grows beyond the limit without having said so is cut off', async (t) => {
  let asked = 0;
  const endless = (write: (chunk: Buffer) => void) => {
    asked++;
    for (let i = 0; i < 70; i++) write(Buffer.alloc(1024, 'x'));
  };
  const base = await releaseHost(t, { 'checksums.txt': endless });
  assert.match((await download(t, base)).reason ?? '', /larger than 65536 bytes/);
  assert.equal(asked, 1);
});

test('a missing file and a host that does not answer are told', async (t) => {
  const base = await releaseHost(t, {});
  assert.match((await download(t, base)).reason ?? '', /checksums.txt answered 404/);
  assert.match((await download(t, 'http://127.0.0.1:9')).reason ?? '', /127\.0\.0\.1:9\/checksums\.txt: /);
});

test('an abort is passed on as it is', async (t) => {
  const base = await releaseHost(t, { 'checksums.txt': () => undefined });
  const target = join(await temporaryFolder(t), 'livekit-server');
  const env = { CLARA_LIVEKIT_RELEASE_URL: base };
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(
    downloadLiveKitServer({ env, target, version: VERSION, report: () => undefined }, signal),
    /enough/,
  );
});

test('a checksum line is found by the exact name', () => {
  const hex = 'AB'.repeat(32);
  assert.equal(findChecksum(`${hex}  a.tar.gz\n`, 'a.tar.gz'), hex.toLowerCase());
  assert.equal(findChecksum(`${hex} *a.tar.gz\n`, 'a.tar.gz'), hex.toLowerCase());
  assert.equal(findChecksum(`${hex}  xa.tar.gz\nabc  a.tar.gz\n`, 'a.tar.gz'), undefined);
});

test('there are archives for Linux, and none for macOS', () => {
  assert.equal(archiveName('1.13.5', 'linux', 'x64'), 'livekit_1.13.5_linux_amd64.tar.gz');
  assert.equal(archiveName('1.13.5', 'linux', 'arm64'), 'livekit_1.13.5_linux_arm64.tar.gz');
  assert.equal(archiveName('1.13.5', 'darwin', 'arm64'), undefined);
  assert.equal(releaseBase({}, '1.13.5'), 'https://github.com/livekit/livekit/releases/download/v1.13.5');
});
