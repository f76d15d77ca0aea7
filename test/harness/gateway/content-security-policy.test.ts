import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentSecurityPolicy, liveKitSources } from '../../../harness/gateway/content-security-policy.ts';

describe('the content security policy', () => {
  it('lets nothing in that is not named', () => {
    const policy = contentSecurityPolicy('ws://192.168.0.7:17880');
    assert.deepEqual(policy['default-src'], ["'none'"]);
    // Sound that was kept is played from memory; what is media is never run.
    assert.deepEqual(policy['media-src'], ["'self'", 'blob:']);
    const everything = JSON.stringify({ ...policy, 'media-src': [] });
    for (const hole of ['unsafe-', 'blob:', '*', 'https:', "'nonce", 'allow-duplicates']) {
      assert.ok(!everything.includes(hole), hole);
    }
  });

  it('asks for trusted types, with the two policies that the app makes', () => {
    const policy = contentSecurityPolicy('ws://127.0.0.1:17880');
    assert.deepEqual(policy['require-trusted-types-for'], ["'script'"]);
    assert.deepEqual(policy['trusted-types'], ['lit-html', 'clara-voice']);
  });

  it('lets the page reach LiveKit as WebSocket and over http, and its own origin', () => {
    assert.deepEqual(contentSecurityPolicy('ws://192.168.0.7:17880')['connect-src'], [
      "'self'",
      'ws://192.168.0.7:17880',
      'http://192.168.0.7:17880',
    ]);
    assert.deepEqual(liveKitSources('wss://x.livekit.cloud/path?a=1'), [
      'wss://x.livekit.cloud',
      'https://x.livekit.cloud',
    ]);
    assert.deepEqual(liveKitSources('https://x.example'), ['wss://x.example', 'https://x.example']);
  });

  it('does not depend on the port of a server on this machine, which changes with every start', () => {
    for (const [address, ...sources] of [
      ['ws://127.0.0.1:17880', 'ws://127.0.0.1:*', 'http://127.0.0.1:*'],
      ['ws://127.0.0.1', 'ws://127.0.0.1:*', 'http://127.0.0.1:*'],
      ['ws://localhost:7880', 'ws://localhost:*', 'http://localhost:*'],
    ] as const)
      assert.deepEqual(contentSecurityPolicy(address)['connect-src'], ["'self'", ...sources]);
    assert.deepEqual(contentSecurityPolicy('ws://127.0.0.1.example:1')['connect-src'], [
      "'self'",
      'ws://127.0.0.1.example:1',
      'http://127.0.0.1.example:1',
    ]);
  });

  it('refuses an address that could smuggle a directive in', () => {
    assert.throws(() => liveKitSources('javascript:alert(1)'), TypeError);
    assert.throws(() => liveKitSources('not an address'), TypeError);
    assert.throws(() => liveKitSources("ws://a;script-src 'unsafe-inline'"), TypeError);
  });
});
