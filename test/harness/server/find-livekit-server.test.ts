import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { cachedServerPath, findLiveKitServer } from '../../../harness/server/find-livekit-server.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const signal = AbortSignal.timeout(60_000);

function find(env: NodeJS.ProcessEnv) {
  return findLiveKitServer({ env, report: () => undefined }, signal);
}

function writeServer(file: string, version = '1.13.5'): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho livekit-server version ${version}\n`, { mode: 0o755 });
}

test('LIVEKIT_SERVER_BIN comes first, then the PATH, then the cache', async (t) => {
  const folder = await temporaryFolder(t);
  const env = {
    PATH: join(folder, 'path'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    LIVEKIT_SERVER_BIN: join(folder, 'own'),
  };
  writeServer(env.LIVEKIT_SERVER_BIN, '1.0.1');
  writeServer(join(env.PATH, 'livekit-server'), '1.0.2');
  writeServer(cachedServerPath(env), '1.0.3');
  assert.deepEqual(await find(env), { path: env.LIVEKIT_SERVER_BIN, version: '1.0.1', way: 'server-env' });
  assert.equal((await find({ ...env, CLARA_DISABLE: 'server-env' })).version, '1.0.2');
  assert.equal((await find({ ...env, CLARA_DISABLE: 'server-env,server-path' })).version, '1.0.3');
});

test('with every way switched off the error names them all', async () => {
  await assert.rejects(find({ ...process.env, CLARA_DISABLE: 'server-*' }), (error: unknown) => {
    assert.ok(error instanceof PartMissingError);
    assert.deepEqual(
      error.failedWays.map(({ id, reason }) => `${id}: ${reason}`),
      ['server-env', 'server-path', 'server-cache', 'server-go', 'server-download'].map(
        (id) => `${id}: switched off by CLARA_DISABLE`,
      ),
    );
    return true;
  });
});

test('each way that fails says why', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'broken'), '#!/bin/sh\necho out of order >&2\nexit 9\n', { mode: 0o755 });
  const env = {
    PATH: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    LIVEKIT_SERVER_BIN: join(folder, 'broken'),
    CLARA_LIVEKIT_RELEASE_URL: 'http://127.0.0.1:9',
  };
  await assert.rejects(find(env), (error: unknown) => {
    assert.ok(error instanceof PartMissingError);
    const reasons = Object.fromEntries(error.failedWays.map(({ id, reason }) => [id, reason]));
    assert.match(reasons['server-env'] ?? '', /broken ended with 9: out of order/);
    assert.equal(reasons['server-path'], 'not there');
    assert.equal(reasons['server-cache'], 'not there yet');
    assert.equal(reasons['server-go'], 'there is no go on the PATH');
    assert.match(reasons['server-download'] ?? '', /127\.0\.0\.1:9/);
    return true;
  });
});

test('a program that is no livekit-server is not taken', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'other'), '#!/bin/sh\necho something 1.2.3\n', { mode: 0o755 });
  const env = {
    PATH: '',
    LIVEKIT_SERVER_BIN: join(folder, 'other'),
    CLARA_DISABLE: 'server-path,server-cache,server-go,server-download',
  };
  await assert.rejects(find(env), /is something else: something 1\.2\.3/);
});

test('a go that fails is told with its last line, and leaves nothing in the cache', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'go'), '#!/bin/sh\necho "go: no network" >&2\nexit 1\n', { mode: 0o755 });
  const env = {
    PATH: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    CLARA_DISABLE: 'server-env,server-path,server-download',
  };
  await assert.rejects(find(env), /go: no network/);
  assert.equal(existsSync(cachedServerPath(env)), false);
});

test('what go builds goes into the cache, where the next search finds it', async (t) => {
  const folder = await temporaryFolder(t);
  const go =
    '#!/bin/sh\nprintf \'#!/bin/sh\\necho livekit-server version 1.13.5\\n\' > "$GOBIN/server" && /bin/chmod +x "$GOBIN/server"\n';
  writeFileSync(join(folder, 'go'), go, { mode: 0o755 });
  const env = { PATH: folder, XDG_CACHE_HOME: join(folder, 'cache') };
  assert.equal((await find(env)).way, 'server-go');
  assert.deepEqual(await find(env), { path: cachedServerPath(env), version: '1.13.5', way: 'server-cache' });
});
