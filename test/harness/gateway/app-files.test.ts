import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { cacheControlFor, isAppPage } from '../../../harness/gateway/app-files.ts';
import { ask, errorCode, gatewayFixture, type GatewayFixture } from '../../support/node/gateway-fixture.ts';

describe('the app as the gateway serves it', () => {
  let folder: string;
  let fixture: GatewayFixture;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clara-gateway-test-'));
    const app = path.join(folder, 'app');
    await mkdir(path.join(app, 'assets'), { recursive: true });
    await Promise.all(
      Object.entries({
        'index.html': '<!doctype html><title>the app</title>',
        'sw.js': '// worker',
        'manifest.webmanifest': '{}',
        'assets/main-Bx3_k2aQ.js': '// code',
        'assets/main-Bx3_k2aQ.js.gz': gzipSync('// code'),
        'assets/dsp-AAAAAAAA.wasm': '',
        '.env': 'secret',
        '../outside.txt': 'outside',
      }).map(([name, content]) => writeFile(path.join(app, name), content)),
    );
    fixture = await gatewayFixture({ appFolder: app });
  });
  after(async () => {
    await fixture.gateway.stop();
    await rm(folder, { recursive: true });
  });

  it('shows the same page for every path that the app’s router knows', async () => {
    for (const page of [
      '/',
      '/sessions',
      '/sessions/abc/def?x=1',
      '/compare',
      '/storage',
      '/settings',
      '/about',
      '/?start=1',
    ]) {
      const answer = await ask(fixture.gateway, page);
      assert.equal(answer.status, 200, page);
      assert.match(answer.text, /the app/);
      assert.match(String(answer.headers['content-type']), /^text\/html/);
      assert.equal(answer.headers['cache-control'], 'no-cache');
    }
  });

  it('gives each file its type', async () => {
    for (const [file, type] of [
      ['/manifest.webmanifest', 'application/manifest+json'],
      ['/sw.js', 'application/javascript'],
      ['/assets/main-Bx3_k2aQ.js', 'application/javascript'],
      ['/assets/dsp-AAAAAAAA.wasm', 'application/wasm'],
    ] as const) {
      const answer = await ask(fixture.gateway, file);
      assert.equal(answer.status, 200, file);
      assert.ok(
        String(answer.headers['content-type']).startsWith(type),
        `${file}: ${answer.headers['content-type']}`,
      );
    }
  });

  it('lets hashed files be kept for ever and asks for all others anew', async () => {
    const hashed = await ask(fixture.gateway, '/assets/main-Bx3_k2aQ.js');
    assert.equal(hashed.headers['cache-control'], 'public, max-age=31536000, immutable');
    const worker = await ask(fixture.gateway, '/sw.js');
    assert.equal(worker.headers['cache-control'], 'no-cache');
    const again = await ask(fixture.gateway, '/sw.js', {
      headers: { 'if-none-match': String(worker.headers.etag) },
    });
    assert.equal(again.status, 304);
  });

  it('sends a compressed file where there is one and the browser takes it', async () => {
    const answer = await ask(fixture.gateway, '/assets/main-Bx3_k2aQ.js', {
      headers: { 'accept-encoding': 'br, gzip' },
    });
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.match(String(answer.headers['content-type']), /javascript/);
    assert.match(String(answer.headers['cache-control']), /immutable/);
    assert.match(String(answer.headers.vary), /accept-encoding/i);
  });

  it('answers 404 for what is not there, not the page', async () => {
    for (const file of [
      '/assets/old-AAAAAAAA.js',
      '/nothing',
      '/api/nothing',
      '/sessionsx',
      '/.env',
      '/assets/',
    ]) {
      const answer = await ask(fixture.gateway, file);
      assert.equal(answer.status, 404, file);
      assert.equal(errorCode(answer), 'notFound');
    }
    assert.equal((await ask(fixture.gateway, '/', { method: 'DELETE' })).status, 404);
  });

  it('never leaves its folder', async () => {
    for (const file of [
      '/../outside.txt',
      '/assets/../../outside.txt',
      '/%2e%2e/outside.txt',
      '/..%2foutside.txt',
      '/assets/%2e%2e%2f%2e%2e%2foutside.txt',
      '//outside.txt',
      '/..\\outside.txt',
      '/%00',
    ]) {
      const answer = await ask(fixture.gateway, file);
      assert.ok([400, 404].includes(answer.status), `${file}: ${answer.status}`);
      assert.ok(!answer.text.includes('outside'), file);
    }
  });

  it('sends the security headers with pages, files, errors and API answers', async () => {
    for (const [target, method] of [
      ['/', 'GET'],
      ['/sw.js', 'GET'],
      ['/nothing', 'GET'],
      ['/api/token', 'POST'],
      ['/api/token', 'GET'],
      ['/healthz', 'GET'],
    ] as const) {
      const { headers } = await ask(fixture.gateway, target, { method });
      assert.match(
        String(headers['content-security-policy']),
        /^default-src 'none';script-src 'self';/,
        target,
      );
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      assert.match(String(headers['permissions-policy']), /microphone=\(self\).*camera=\(\)/);
      assert.equal(headers['strict-transport-security'], undefined);
      assert.equal(headers['x-powered-by'], undefined);
    }
  });
});

describe('a gateway without a built app', () => {
  it('says so in a plain page, and serves sessions all the same', async () => {
    const fixture = await gatewayFixture({ appFolder: path.join(tmpdir(), 'clara-there-is-no-such-folder') });
    try {
      const answer = await ask(fixture.gateway, '/');
      assert.equal(answer.status, 404);
      assert.match(String(answer.headers['content-type']), /^text\/html/);
      assert.match(answer.text, /not built/);
      assert.equal((await ask(fixture.gateway, '/api/token', { method: 'POST' })).status, 201);
    } finally {
      await fixture.gateway.stop();
    }
  });
});

describe('cacheControlFor and isAppPage', () => {
  it('know a hash from a name', () => {
    assert.match(cacheControlFor('workbox-1a2b3c4d.js'), /immutable/);
    assert.equal(cacheControlFor('assets/logo.svg'), 'no-cache');
    assert.equal(cacheControlFor('icons/icon-maskable-512.png'), 'no-cache');
  });
  it('know a page from a file', () => {
    assert.ok(isAppPage('/settings/audio'));
    assert.ok(!isAppPage('/settingsx'));
    assert.ok(!isAppPage('/assets/settings'));
  });
});
