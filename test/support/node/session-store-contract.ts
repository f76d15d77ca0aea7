/** What every SessionStore must do. Each implementation's test calls this with its own makers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { AdmissionPolicy } from '../../../harness/supervisor/admission.ts';
import type { EndRequest, LeaseRequest, SessionStore } from '../../../harness/supervisor/session-store.ts';

/** A store under test: two views of the same truth (two supervisors), and its time. */
export interface StoreUnderTest {
  readonly first: SessionStore;
  /** The same object for stores of one process. */
  readonly second: SessionStore;
  /** Moves the store's time; waits for real where the store has a time of its own. */
  readonly advance: (ms: number) => Promise<void>;
}

const policy: AdmissionPolicy = { maxPerUser: 1, maxPerMachine: 3, whenUserIsFull: 'replaceOldest' };

function request(sessionId: string, facts: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    sessionId,
    userKey: `user-of-${sessionId}`,
    machineId: 'm1',
    supervisorId: 'one',
    kind: 'voice',
    state: 'connecting',
    startedWallMs: 1000,
    ...facts,
  };
}

/** Runs the suite. @param make a fresh, empty store, closed by the test that made it */
export function sessionStoreContract(name: string, make: (t: TestContext) => Promise<StoreUnderTest>): void {
  describe(`${name} as a session store`, () => {
    test('a granted session is found by every supervisor until it is released', async (t) => {
      const { first, second } = await make(t);
      const answer = await first.acquire(request('s1'), policy);
      assert.ok(answer.granted);
      assert.deepEqual(answer.lease, { ...request('s1'), fence: answer.lease.fence });
      assert.deepEqual(await second.find('s1'), answer.lease);
      assert.equal(await first.release('s1', answer.lease.fence), true);
      assert.equal(await second.find('s1'), undefined);
      assert.equal(await first.release('s1', answer.lease.fence), false);
    });

    test('the same session id is not granted twice', async (t) => {
      const { first, second } = await make(t);
      await first.acquire(request('s1'), policy);
      const again = await second.acquire(request('s1', { supervisorId: 'two' }), policy);
      assert.deepEqual(again, { granted: false, why: 'sessionExists', limit: 1 });
    });

    test("a user's newer session replaces the older one on another supervisor, which is told once and at renewals", async (t) => {
      const { first, second, advance } = await make(t);
      const heard: EndRequest[] = [];
      const stop = first.onEndRequest('one', (wanted) => heard.push(wanted));
      const old = await first.acquire(request('old', { userKey: 'u' }), policy);
      assert.ok(old.granted);
      const next = await second.acquire(
        request('new', { userKey: 'u', supervisorId: 'two', startedWallMs: 2000 }),
        policy,
      );
      assert.ok(next.granted);
      assert.deepEqual(
        next.replaced.map(({ sessionId }) => sessionId),
        ['old'],
      );
      await advance(10);
      assert.deepEqual(heard, [{ sessionId: 'old', reason: 'replaced' }]);
      const renewed = await first.renew('one', [{ sessionId: 'old', fence: old.lease.fence }]);
      assert.deepEqual(renewed, { lost: [], endRequests: [{ sessionId: 'old', reason: 'replaced' }] });
      await first.release('old', old.lease.fence);
      assert.deepEqual((await first.renew('one', [])).endRequests, []);
      stop();
    });

    test('a session that is being replaced no longer counts', async (t) => {
      const { first } = await make(t);
      for (const id of ['a', 'b', 'c']) {
        const answer = await first.acquire(request(id, { userKey: 'u' }), policy);
        assert.ok(answer.granted, id);
        assert.equal(answer.replaced.length, id === 'a' ? 0 : 1);
      }
    });

    test('by policy a user at the limit is refused, across supervisors', async (t) => {
      const { first, second } = await make(t);
      const refuse = { ...policy, whenUserIsFull: 'refuse' } as const;
      await first.acquire(request('a', { userKey: 'u' }), refuse);
      const answer = await second.acquire(request('b', { userKey: 'u', supervisorId: 'two' }), refuse);
      assert.deepEqual(answer, { granted: false, why: 'userFull', limit: 1 });
    });

    test('many at once are not more than the limits', async (t) => {
      const { first, second } = await make(t);
      const refuse = { ...policy, whenUserIsFull: 'refuse' } as const;
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? first : second).acquire(
            request(`s${i}`, { userKey: 'u', supervisorId: i % 2 === 0 ? 'one' : 'two' }),
            refuse,
          ),
        ),
      );
      assert.equal(answers.filter(({ granted }) => granted).length, 1);
    });

    test('a full machine refuses, another machine does not', async (t) => {
      const { first } = await make(t);
      for (const id of ['a', 'b', 'c']) assert.ok((await first.acquire(request(id), policy)).granted);
      assert.deepEqual(await first.acquire(request('d'), policy), {
        granted: false,
        why: 'machineFull',
        limit: 3,
      });
      assert.ok((await first.acquire(request('e', { machineId: 'm2' }), policy)).granted);
    });

    test('a state is noted by the holder of the lease only', async (t) => {
      const { first, second } = await make(t);
      const answer = await first.acquire(request('s1'), policy);
      assert.ok(answer.granted);
      assert.equal(await first.note('s1', answer.lease.fence, 'connected'), true);
      assert.equal((await second.find('s1'))?.state, 'connected');
      assert.equal(await second.note('s1', answer.lease.fence - 1, 'closed'), false);
      assert.equal((await second.find('s1'))?.state, 'connected');
    });

    test('the leases of a supervisor that stopped renewing are given to one caller, once, and count no more', async (t) => {
      const { first, second, advance } = await make(t);
      for (const id of ['a', 'b', 'c']) await first.acquire(request(id), policy);
      await second.acquire(request('x', { supervisorId: 'two', machineId: 'm2' }), policy);
      await advance(first.leaseMs * 0.7);
      await second.renew('two', []);
      assert.deepEqual(await second.takeExpired(), []);
      await advance(first.leaseMs * 0.5);
      const taken = (await Promise.all([first.takeExpired(), second.takeExpired()])).flat();
      assert.deepEqual(taken.map(({ sessionId }) => sessionId).sort(), ['a', 'b', 'c']);
      assert.deepEqual(await second.takeExpired(), []);
      assert.equal(await second.find('a'), undefined);
      assert.notEqual(await second.find('x'), undefined);
      assert.ok((await second.acquire(request('d', { supervisorId: 'two' }), policy)).granted);
    });

    test('a supervisor that renews keeps its leases for as long as it likes', async (t) => {
      const { first, second, advance } = await make(t);
      const answer = await first.acquire(request('a'), policy);
      assert.ok(answer.granted);
      for (let i = 0; i < 6; i += 1) {
        await advance(first.leaseMs / 3);
        assert.deepEqual(
          (await first.renew('one', [{ sessionId: 'a', fence: answer.lease.fence }])).lost,
          [],
        );
      }
      assert.deepEqual(await second.takeExpired(), []);
    });

    test('who was taken for dead and comes back learns what it has lost, and its old lease does nothing', async (t) => {
      const { first, second, advance } = await make(t);
      const old = await first.acquire(request('a'), policy);
      assert.ok(old.granted);
      await advance(first.leaseMs * 1.2);
      await second.takeExpired();
      const next = await second.acquire(request('a', { supervisorId: 'two' }), policy);
      assert.ok(next.granted);
      assert.ok(next.lease.fence > old.lease.fence);
      assert.deepEqual((await first.renew('one', [{ sessionId: 'a', fence: old.lease.fence }])).lost, ['a']);
      assert.equal(await first.release('a', old.lease.fence), false);
      assert.equal((await second.find('a'))?.supervisorId, 'two');
    });

    test('after an outage a running session is written again without asking limits, unless another has its id', async (t) => {
      const { first, second } = await make(t);
      for (const id of ['a', 'b', 'c']) await first.acquire(request(id), policy);
      const adopted = await first.adopt(request('d', { state: 'connected' }));
      assert.equal((await second.find('d'))?.fence, adopted?.fence);
      assert.equal(await second.adopt(request('a', { supervisorId: 'two' })), undefined);
    });

    test('the list has what runs, oldest first, by user and by supervisor', async (t) => {
      const { first, second } = await make(t);
      const wide = { ...policy, maxPerUser: 0 };
      await first.acquire(request('late', { userKey: 'u', startedWallMs: 3000 }), wide);
      await first.acquire(request('early', { userKey: 'u', startedWallMs: 1000 }), wide);
      await second.acquire(request('other', { supervisorId: 'two', startedWallMs: 2000 }), wide);
      const ids = async (filter?: { userKey?: string; supervisorId?: string }) =>
        (await second.list(filter)).map(({ sessionId }) => sessionId);
      assert.deepEqual(await ids(), ['early', 'other', 'late']);
      assert.deepEqual(await ids({ userKey: 'u' }), ['early', 'late']);
      assert.deepEqual(await ids({ supervisorId: 'two' }), ['other']);
    });

    test('an end that somebody wants reaches the right supervisor; the first reason stays', async (t) => {
      const { first, second, advance } = await make(t);
      const heard: EndRequest[] = [];
      const stops = [
        first.onEndRequest('one', () => {
          throw new Error('a listener that fails');
        }),
        first.onEndRequest('one', (wanted) => heard.push(wanted)),
        second.onEndRequest('two', () => assert.fail('not its session')),
      ];
      await first.acquire(request('a'), policy);
      assert.equal(await second.requestEnd('a', 'by hand'), true);
      await second.requestEnd('a', 'again');
      assert.equal(await second.requestEnd('nobody', 'by hand'), false);
      await advance(10);
      assert.deepEqual(heard, [{ sessionId: 'a', reason: 'by hand' }]);
      assert.deepEqual((await first.renew('one', [])).endRequests, [{ sessionId: 'a', reason: 'by hand' }]);
      for (const stop of stops) stop();
    });

    test('a conversation is kept for its time and no longer', async (t) => {
      const { first, second, advance } = await make(t);
      await first.keepContext('r1', '["hello"]', 500);
      await first.keepContext('r2', '["bye"]', 500);
      assert.equal(await second.context('r1'), '["hello"]');
      await second.dropContext('r2');
      assert.equal(await first.context('r2'), undefined);
      await advance(600);
      assert.equal(await second.context('r1'), undefined);
    });
  });
}
