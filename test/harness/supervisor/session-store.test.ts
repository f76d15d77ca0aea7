import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileSessionStore } from '../../../harness/supervisor/file-session-store.ts';
import { MemorySessionStore } from '../../../harness/supervisor/memory-session-store.ts';
import { StoreUnavailableError } from '../../../harness/supervisor/session-store.ts';
import type { LeaseRequest } from '../../../harness/supervisor/session-store.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { sessionStoreContract } from '../../support/node/session-store-contract.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const onError = (): void => undefined;
const policy = { maxPerUser: 0, maxPerMachine: 0, whenUserIsFull: 'refuse' } as const;
const lease = (sessionId: string): LeaseRequest => ({
  sessionId,
  userKey: 'u',
  machineId: 'm',
  supervisorId: 'one',
  kind: 'cli',
  state: 'running',
  startedWallMs: 1,
});

sessionStoreContract('memory', async (t) => {
  const clock = new FakeEngineClock();
  const store = new MemorySessionStore({ clock, onError });
  t.after(() => store.close());
  return { first: store, second: store, advance: (ms) => clock.advance(ms) };
});

sessionStoreContract('the file journal', async (t) => {
  const clock = new FakeEngineClock();
  const store = new FileSessionStore(await temporaryFolder(t), { clock, onError });
  t.after(() => store.close());
  return { first: store, second: store, advance: (ms) => clock.advance(ms) };
});

/** Makes the file look as if its writer, another process, had died. */
function ofADeadProcess(folder: string): string {
  const [name = ''] = readdirSync(folder);
  const path = join(folder, 'sessions-999999-1.jsonl');
  writeFileSync(path, readFileSync(join(folder, name)));
  return path;
}

test('the sessions of a supervisor that died come out at the next start, with what they were', async (t) => {
  const folder = await temporaryFolder(t);
  const clock = new FakeEngineClock();
  const store = new FileSessionStore(folder, { clock, onError });
  for (const id of ['a', 'b', 'c']) await store.acquire(lease(id), policy);
  const found = await store.find('b');
  await store.note('b', found?.fence ?? 0, 'recovering');
  const gone = await store.find('c');
  await store.release('c', gone?.fence ?? 0);
  ofADeadProcess(folder);
  for (const id of ['a', 'b']) await store.release(id, (await store.find(id))?.fence ?? 0);
  await store.close();

  const next = new FileSessionStore(folder, { clock, onError });
  t.after(() => next.close());
  const taken = await next.takeExpired();
  assert.deepEqual(
    taken.map(({ sessionId, state }) => `${sessionId} ${state}`),
    ['a running', 'b recovering'],
  );
  assert.deepEqual(await next.takeExpired(), []);
  const again = await next.acquire(lease('a'), policy);
  assert.ok(again.granted && again.lease.fence > Math.max(...taken.map(({ fence }) => fence)));
});

test('corrupt lines of a dead journal are skipped and counted, the others are read', async (t) => {
  const folder = await temporaryFolder(t);
  const clock = new FakeEngineClock();
  const store = new FileSessionStore(folder, { clock, onError });
  const granted = await store.acquire(lease('a'), policy);
  const dead = ofADeadProcess(folder);
  appendFileSync(dead, '{"type":"lease","lease":{"sessionId":7}}\nnot json\n{"type":"gone","sess');
  assert.ok(granted.granted);
  await store.release('a', granted.lease.fence);
  await store.close();
  const next = new FileSessionStore(folder, { clock, onError });
  t.after(() => next.close());
  assert.equal(next.corruptLines, 3);
  assert.deepEqual(
    (await next.takeExpired()).map(({ sessionId }) => sessionId),
    ['a'],
  );
  assert.equal(readdirSync(folder).includes('sessions-999999-1.jsonl'), false);
});

test('the journal is private and stays small over many sessions', async (t) => {
  const folder = await temporaryFolder(t);
  const store = new FileSessionStore(folder, { clock: new FakeEngineClock(), onError });
  const [name = ''] = readdirSync(folder);
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  for (let i = 0; i < 3000; i += 1) {
    const answer = await store.acquire(lease(`s${i}`), policy);
    if (answer.granted) await store.release(`s${i}`, answer.lease.fence);
  }
  assert.ok(statSync(join(folder, name)).size < 600_000);
  await store.close();
  assert.deepEqual(readdirSync(folder), []);
});

test('a conversation is never written to disk', async (t) => {
  const folder = await temporaryFolder(t);
  const store = new FileSessionStore(folder, { clock: new FakeEngineClock(), onError });
  t.after(() => store.close());
  await store.keepContext('r', 'a secret thing that was said', 10_000);
  for (const name of readdirSync(folder))
    assert.doesNotMatch(readFileSync(join(folder, name), 'utf8'), /secret/);
});

test('a folder that cannot be made is one typed error', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  assert.throws(
    () => new FileSessionStore(join(folder, 'file', 'x'), { clock: new FakeEngineClock(), onError }),
    StoreUnavailableError,
  );
});
