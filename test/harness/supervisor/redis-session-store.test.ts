import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { openRedisSessionStore } from '../../../harness/supervisor/redis-session-store.ts';
import { StoreUnavailableError } from '../../../harness/supervisor/session-store.ts';
import type { LeaseRequest, SessionStore } from '../../../harness/supervisor/session-store.ts';
import { startRedis } from '../../support/node/redis-server.ts';
import type { RedisServer } from '../../support/node/redis-server.ts';
import { sessionStoreContract } from '../../support/node/session-store-contract.ts';

const unlimited = { maxPerUser: 0, maxPerMachine: 0, whenUserIsFull: 'refuse' } as const;
const onError = (): void => undefined;

function request(sessionId: string, supervisorId = 'one'): LeaseRequest {
  return {
    sessionId,
    userKey: 'u',
    machineId: 'm',
    supervisorId,
    kind: 'voice',
    state: 'connected',
    startedWallMs: 1_790_000_000_123,
  };
}

async function open(t: TestContext, redis: RedisServer, limitMs = 1000): Promise<SessionStore> {
  const store = await openRedisSessionStore({ url: redis.url, leaseMs: 400, limitMs, onError });
  t.after(() => store.close());
  return store;
}

sessionStoreContract('Redis', async (t) => {
  const redis = await startRedis(t);
  return {
    first: await open(t, redis),
    second: await open(t, redis),
    advance: (ms) => sleep(ms + 10), // Redis has a time of its own
  };
});

test('a granted session is exactly as it was asked for, and nothing of it is left after its release', async (t) => {
  const redis = await startRedis(t);
  const store = await open(t, redis);
  for (let i = 0; i < 500; i += 1) {
    const answer = await store.acquire(request(`s${i}`), unlimited);
    assert.ok(answer.granted);
    assert.deepEqual(answer.lease, { ...request(`s${i}`), fence: i + 1 });
    assert.equal(await store.release(`s${i}`, answer.lease.fence), true);
  }
  const eye = new Redis(redis.url);
  t.after(() => eye.disconnect());
  assert.deepEqual((await eye.keys('*')).sort(), ['{clara}:fence', '{clara}:supervisors']);
});

test('without ioredis the error names the package and how to get it', async () => {
  const opening = openRedisSessionStore({
    url: 'redis://127.0.0.1:1',
    onError,
    load: () => Promise.reject(new Error("Cannot find package 'ioredis'\nand a stack")),
  });
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof PartMissingError);
    assert.match(error.message, /ioredis is missing[^]*npm install ioredis/);
    return true;
  });
});

test('a Redis that is not there is a typed error within the limit, without the password, and heals', async (t) => {
  const redis = await startRedis(t);
  await redis.kill();
  const heard: unknown[] = [];
  const url = redis.url.replace('//', '//user:hunter2@');
  const store = await openRedisSessionStore({ url: redis.url, limitMs: 300, onError: (e) => heard.push(e) });
  t.after(() => store.close());
  const masked = await openRedisSessionStore({ url, limitMs: 300, onError: (e) => heard.push(e) });
  t.after(() => masked.close());
  const startedMonoMs = performance.now();
  await assert.rejects(store.acquire(request('a'), unlimited), StoreUnavailableError);
  await assert.rejects(masked.renew('one', []), (error: Error) => !error.message.includes('hunter2'));
  assert.ok(performance.now() - startedMonoMs < 1000);
  assert.ok(heard.every((error) => error instanceof StoreUnavailableError && !/hunter2/.test(error.message)));
  await redis.restart();
  const untilMonoMs = performance.now() + 8000;
  for (;;) {
    try {
      assert.ok((await store.acquire(request('b'), unlimited)).granted);
      break;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || performance.now() > untilMonoMs) throw error;
      await sleep(50);
    }
  }
  assert.equal((await store.find('b'))?.sessionId, 'b');
});

test('a Redis that stands still is told within the limit, and a word that is on its way is heard after it', async (t) => {
  const redis = await startRedis(t);
  const store = await open(t, redis, 200);
  await store.acquire(request('a'), unlimited);
  process.kill(redis.pid(), 'SIGSTOP');
  try {
    const startedMonoMs = performance.now();
    await assert.rejects(store.note('a', 1, 'closed'), StoreUnavailableError);
    assert.ok(performance.now() - startedMonoMs < 600);
  } finally {
    process.kill(redis.pid(), 'SIGCONT');
  }
});

test('an end that is wanted is heard again after a restart of Redis, and foreign messages harm nobody', async (t) => {
  const redis = await startRedis(t);
  const store = await open(t, redis);
  await redis.kill();
  await redis.restart();
  const untilMonoMs = performance.now() + 8000;
  const eye = new Redis(redis.url);
  t.after(() => eye.disconnect());
  while ((await eye.pubsub('NUMSUB', '{clara}:end'))[1] !== 1) {
    assert.ok(performance.now() < untilMonoMs, 'not subscribed again in 8 s');
    await sleep(50);
  }
  await eye.publish('{clara}:end', 'not json');
  const heard = new Promise((resolve) => store.onEndRequest('one', resolve));
  for (;;) {
    try {
      await store.acquire(request('a'), unlimited);
      break;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || performance.now() > untilMonoMs) throw error;
      await sleep(50);
    }
  }
  await store.requestEnd('a', 'by hand');
  assert.deepEqual(await heard, { sessionId: 'a', reason: 'by hand' });
});
