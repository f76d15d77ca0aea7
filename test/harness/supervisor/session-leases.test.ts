import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemEngineClock } from '../../../harness/supervisor/engine-clock.ts';
import type { EngineClock } from '../../../harness/supervisor/engine-clock.ts';
import { MemorySessionStore } from '../../../harness/supervisor/memory-session-store.ts';
import { openRedisSessionStore } from '../../../harness/supervisor/redis-session-store.ts';
import { SessionLeases } from '../../../harness/supervisor/session-leases.ts';
import type { EndRequest, SessionLease, SessionStore } from '../../../harness/supervisor/session-store.ts';
import { StoreUnavailableError } from '../../../harness/supervisor/session-store.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { startRedis } from '../../support/node/redis-server.ts';
import { silentLog } from '../../support/node/silent-log.ts';

const ONE_EACH = { maxPerUser: 1, maxPerMachine: 0, whenUserIsFull: 'replaceOldest' } as const;
const LEASE_MS = 900;

/** A supervisor's leases with all that they told. */
function supervisor(store: SessionStore, clock: EngineClock, id: string) {
  const ends: EndRequest[] = [];
  const expired: SessionLease[] = [];
  const leases = new SessionLeases({
    store,
    supervisorId: id,
    machineId: 'm',
    policy: ONE_EACH,
    clock,
    log: silentLog,
    onEndWanted: (request) => ends.push(request),
    onExpired: (found) => expired.push(...found),
  });
  const admit = (sessionId: string, userKey: string) =>
    leases.admit({ sessionId, userKey, kind: 'voice', state: 'connecting' });
  return { leases, admit, ends, expired };
}

/** A store that a test can take away. */
class AwayStore extends MemorySessionStore {
  isAway = false;

  override acquire(...args: Parameters<MemorySessionStore['acquire']>) {
    return this.#gate(() => super.acquire(...args));
  }

  override note(...args: Parameters<MemorySessionStore['note']>) {
    return this.#gate(() => super.note(...args));
  }

  override release(...args: Parameters<MemorySessionStore['release']>) {
    return this.#gate(() => super.release(...args));
  }

  override renew(...args: Parameters<MemorySessionStore['renew']>) {
    return this.#gate(() => super.renew(...args));
  }

  #gate<T>(work: () => Promise<T>): Promise<T> {
    return this.isAway ? Promise.reject(new StoreUnavailableError('Redis is away')) : work();
  }
}

async function build(t: TestContext) {
  const clock = new FakeEngineClock();
  const store = new AwayStore({ clock, leaseMs: LEASE_MS, onError: () => undefined });
  const one = supervisor(store, clock, 'one');
  const two = supervisor(store, clock, 'two');
  await one.leases.start();
  await two.leases.start();
  t.after(async () => {
    await one.leases.stop();
    await two.leases.stop();
    assert.equal(clock.timerCount, 0);
  });
  return { clock, store, one, two };
}

test("a user's newer session on another supervisor ends the older one, told once over many renewals", async (t) => {
  const { clock, one, two } = await build(t);
  assert.deepEqual(await one.admit('old', 'u'), { admit: true, replace: [] });
  assert.deepEqual(await two.admit('new', 'u'), { admit: true, replace: ['old'] });
  await clock.advance(LEASE_MS * 3);
  assert.deepEqual(one.ends, [{ sessionId: 'old', reason: 'replaced' }]);
  assert.deepEqual(two.ends, []);
});

test('leases are renewed for as long as their supervisor lives, and expire when it does not', async (t) => {
  const { clock, store, one, two } = await build(t);
  await one.admit('a', 'u');
  await clock.advance(LEASE_MS * 10);
  assert.deepEqual(two.expired, []);
  await store.adopt({
    sessionId: 'dead',
    userKey: 'v',
    machineId: 'm',
    supervisorId: 'gone',
    kind: 'voice',
    state: 'connected',
    startedWallMs: 1,
  });
  await clock.advance(LEASE_MS * 2);
  assert.deepEqual(
    [...one.expired, ...two.expired].map(({ sessionId }) => sessionId),
    ['dead'],
  );
});

test('while the store is away sessions are admitted by local limits and it is said; then all is caught up', async (t) => {
  const { clock, store, one } = await build(t);
  await one.admit('before', 'u');
  await one.admit('ending', 'w');
  store.isAway = true;
  assert.equal((await one.admit('during', 'v')).admit, true);
  assert.match(one.leases.readiness().reason ?? '', /away.*this supervisor alone/);
  assert.deepEqual(await one.admit('newer', 'u'), { admit: true, replace: ['before'] });
  assert.deepEqual(one.ends, [{ sessionId: 'before', reason: 'replaced' }]);
  await one.leases.note('during', 'connected');
  await one.leases.release('before');
  await one.leases.release('ending');
  await clock.advance(LEASE_MS * 3);
  store.isAway = false;
  await clock.advance(LEASE_MS);
  assert.deepEqual(one.leases.readiness(), { isShared: true });
  assert.deepEqual((await store.list()).map(({ sessionId, state }) => `${sessionId} ${state}`).sort(), [
    'during connected',
    'newer connecting',
  ]);
});

test('a supervisor that was taken for dead writes its sessions again, unless another has taken one over', async (t) => {
  const { clock, store, one, two } = await build(t);
  await one.admit('mine', 'u');
  await one.admit('theirs', 'v');
  store.isAway = true;
  await clock.advance(LEASE_MS * 2); // nobody renews
  store.isAway = false;
  await store.takeExpired();
  await two.admit('theirs', 'v');
  await clock.advance(LEASE_MS);
  assert.equal((await store.find('mine'))?.supervisorId, 'one');
  assert.equal((await store.find('theirs'))?.supervisorId, 'two');
  assert.deepEqual(one.ends, [{ sessionId: 'theirs', reason: 'lost' }]);
});

test('the same session is admitted once, and a stop gives everything back', async (t) => {
  const { store, one } = await build(t);
  await one.admit('a', 'u');
  assert.deepEqual(await one.admit('a', 'u'), { admit: false, why: 'sessionExists', limit: 1 });
  await one.leases.stop();
  assert.deepEqual(await store.list(), []);
  assert.equal(one.leases.size, 0);
});

test('with a real Redis: limits across two supervisors, its death and return, and a supervisor that dies', async (t) => {
  const redis = await startRedis(t);
  const open = async () => {
    const store = await openRedisSessionStore({
      url: redis.url,
      leaseMs: LEASE_MS,
      limitMs: 300,
      onError: () => undefined,
    });
    t.after(() => store.close());
    return store;
  };
  const stores = [await open(), await open()] as const;
  const one = supervisor(stores[0], systemEngineClock, 'one');
  const two = supervisor(stores[1], systemEngineClock, 'two');
  t.after(() => Promise.all([one.leases.stop(), two.leases.stop()]));
  await Promise.all([one.leases.start(), two.leases.start()]);

  await one.admit('first', 'u');
  await two.admit('second', 'u');
  const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
    for (const endMonoMs = performance.now() + 8000; !(await holds()); await sleep(20))
      assert.ok(performance.now() < endMonoMs, `${what}: not in 8 s`);
  };
  await until(() => one.ends.length === 1, 'the older one is told');
  await one.leases.release('first');

  await redis.kill();
  assert.equal((await one.admit('third', 'v')).admit, true); // voice goes on
  assert.equal(one.leases.readiness().isShared, false);
  await redis.restart();
  await until(() => one.leases.readiness().isShared && two.leases.readiness().isShared, 'Redis is back');
  assert.deepEqual((await stores[0].list()).map(({ sessionId }) => sessionId).sort(), ['second', 'third']);

  await stores[1].close(); // as its process would at its death: no word, no release
  await until(() => one.expired.length === 1, "the dead supervisor's session is reported");
  assert.equal(one.expired[0]?.sessionId, 'second');
});
