import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import { derivedKey } from '../../../harness/gateway/derived-key.ts';
import { HttpError } from '../../../harness/gateway/http-error.ts';
import { MAX_RESUME_LENGTH, resumeValues } from '../../../harness/gateway/resume-value.ts';
import { newSessionNames } from '../../../harness/gateway/session-names.ts';
import { browserUser } from '../../../harness/gateway/user-cookie.ts';

const SECRET = 'a-secret-of-this-test-that-is-long-enough';
const NOW_MS = 1_700_000_000_000;
const KEY = derivedKey(SECRET, 'clara-voice resume value v1');
const values = resumeValues(SECRET, 100, () => NOW_MS);
const names = newSessionNames('count', 'user-key', (size) => Buffer.alloc(size, 7));
const is = (code: string) => (error: unknown) => error instanceof HttpError && error.code === code;

/** Signs what the test wants with the right key, to show that the key alone does not do. */
function signed(claims: Record<string, unknown>, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(KEY);
}

describe('a resume value', () => {
  it('brings back exactly the names that were signed', async () => {
    assert.deepEqual(await values.read(await values.sign(names)), names);
  });

  it('is far shorter than the longest that is looked at', async () => {
    assert.ok((await values.sign(names)).length < MAX_RESUME_LENGTH / 3);
  });

  it('is good until its last second and not after it', async () => {
    const value = await values.sign(names);
    const at = (nowMs: number) => resumeValues(SECRET, 100, () => nowMs).read(value);
    await at(NOW_MS + 99_000);
    await assert.rejects(at(NOW_MS + 100_000), is('resumeExpired'));
  });

  it('of another secret is refused', async () => {
    await assert.rejects(
      resumeValues(`${SECRET}x`, 100, () => NOW_MS).read(await values.sign(names)),
      is('resumeInvalid'),
    );
  });

  it('is refused without its audience, without an end, with another algorithm, with a missing or odd claim', async () => {
    const good = decodeJwt(await values.sign(names));
    assert.deepEqual(await values.read(await signed(good)), names, 'the claims as such are good');
    const without = (name: string) =>
      Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
    for (const claims of [
      { ...good, aud: 'another' },
      ...['aud', 'exp', 'sub', 'room', 'sid', 'pipeline', 'user'].map(without),
      { ...good, pipeline: 'nonsense' },
      { ...good, sid: 'UPPER CASE' },
      { ...good, room: 5 },
    ]) {
      await assert.rejects(values.read(await signed(claims)), is('resumeInvalid'), JSON.stringify(claims));
    }
    const longKey = new Uint8Array([...KEY, ...KEY]);
    const other = await new SignJWT(good).setProtectedHeader({ alg: 'HS512' }).sign(longKey);
    await assert.rejects(values.read(other), is('resumeInvalid'));
  });

  it('is signed with a key that is neither the LiveKit secret nor another purpose’s', () => {
    assert.notDeepEqual(KEY, derivedKey(SECRET, 'another purpose'));
    assert.notDeepEqual(Buffer.from(KEY), Buffer.from(SECRET));
  });
});

describe('the user of a browser', () => {
  const user = (cookie: string | undefined, secure = false) =>
    browserUser(cookie, SECRET, secure, (size) => Buffer.alloc(size, 9));

  it('gets a cookie for https only where the page came by https', () => {
    assert.match(user(undefined, true).setCookie ?? '', /; Secure$/);
    assert.doesNotMatch(user(undefined).setCookie ?? '', /Secure/);
  });

  it('is made anew for a cookie that is not of ours', () => {
    for (const cookie of [
      '',
      'clara_user=',
      'clara_user=short',
      `clara_user=${'x'.repeat(23)}`,
      `xclara_user=${'x'.repeat(22)}`,
    ]) {
      assert.ok(user(cookie).setCookie !== undefined, cookie);
    }
    assert.equal(user(`a=b; clara_user=${'x'.repeat(22)}; c=d`).setCookie, undefined);
  });
});
