import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { JobStatus, JobType, WorkerStatus } from '@livekit/protocol';
import { backoffMs } from '../../../harness/agent/backoff.ts';
import { systemClock } from '../../../harness/agent/clock.ts';
import { AgentWorker } from '../../../harness/agent/worker.ts';
import type { AgentWorkerOptions } from '../../../harness/agent/worker.ts';
import { knockPolicy } from '../../../harness/agent/worker-state.ts';
import { FakeAgentServer } from '../../support/node/fake-agent-server.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { ManualClock, turn } from '../../support/node/manual-clock.ts';

const CRITICAL =
  'Critical: ClaraVoiceAgent failed to connect to the LiveKit server. Voice features will be unavailable.';

function makeWorker(
  t: TestContext,
  url: string,
  options: Partial<AgentWorkerOptions> = {},
): { worker: AgentWorker; lines: Record<string, unknown>[] } {
  const { log, lines } = keptLog();
  const worker = new AgentWorker({
    url,
    agentName: 'clara',
    version: '0.1.0',
    mintToken: () => Promise.resolve('pass'),
    onOffer: () => undefined,
    onAssignment: () => {},
    onTermination: () => {},
    log,
    clock: systemClock,
    random: () => 0,
    backoff: { firstMs: 2, maxMs: 4 },
    ...options,
  });
  t.after(() => worker.stop());
  return { worker, lines };
}
async function makeServer(t: TestContext, port = 0): Promise<FakeAgentServer> {
  const server = await FakeAgentServer.start(port);
  t.after(() => server.stop());
  return server;
}

/** Orders the end of a job and waits until the worker has read it: it answers what comes after. */
async function terminate(server: FakeAgentServer, clock: ManualClock, jobId: string): Promise<void> {
  server.say({ case: 'termination', value: { jobId } as never });
  while (clock.sleeping === 0) await turn();
}

test('a worker registers for rooms under its name, with its pass in the header', async (t) => {
  const server = await makeServer(t);
  const { worker } = makeWorker(t, server.url);
  await worker.run();
  const register = await server.next('register');
  assert.deepEqual(
    [register.type, register.agentName, register.version],
    [JobType.JT_ROOM, 'clara', '0.1.0'],
  );
  assert.deepEqual(server.headers, ['/agent Bearer pass']);
  assert.deepEqual(worker.phase, { phase: 'registered', workerId: 'AW_1' });
});

test('an offer is answered with the identity, or refused', async (t) => {
  const server = await makeServer(t);
  const { worker } = makeWorker(t, server.url, {
    onOffer: (offer) =>
      offer.metadata === 'yes'
        ? {
            participantIdentity: `agent-${offer.roomName}`,
            participantName: 'Clara',
            participantAttributes: { a: 'b' },
          }
        : undefined,
  });
  await worker.run();
  server.offer('j1', 'yes');
  server.offer('j2', 'no');
  const yes = await server.next('availability', (value) => value.jobId === 'j1');
  assert.deepEqual(
    [yes.available, yes.participantIdentity, yes.participantName, yes.participantAttributes],
    [true, 'agent-room-j1', 'Clara', { a: 'b' }],
  );
  const no = await server.next('availability', (value) => value.jobId === 'j2');
  assert.deepEqual([no.available, no.participantIdentity], [false, '']);
});

test('assignments and terminations are handed on, and job states and load are told', async (t) => {
  const server = await makeServer(t);
  const told: string[] = [];
  const { worker } = makeWorker(t, server.url, {
    onAssignment: (jobId, token) => void told.push(`${jobId} ${token}`),
    onTermination: (jobId) => void told.push(`end ${jobId}`),
  });
  await worker.run();
  server.assign('j1', 'secret');
  worker.updateJob('j1', { status: 'failed', error: 'why' });
  worker.setLoad(3, 1);
  const job = await server.next('updateJob');
  assert.deepEqual([job.jobId, job.status, job.error], ['j1', JobStatus.JS_FAILED, 'why']);
  const load = await server.next('updateWorker', (value) => value.jobCount === 3);
  assert.deepEqual([load.status, load.load], [WorkerStatus.WS_FULL, 1]);
  assert.deepEqual(told, ['j1 secret']);
});

test('an order to end a job stands once the connection has outlived it by 500 ms', async (t) => {
  const server = await makeServer(t);
  const clock = new ManualClock();
  const told: string[] = [];
  const { worker } = makeWorker(t, server.url, { clock, onTermination: (jobId) => void told.push(jobId) });
  await worker.run();
  await terminate(server, clock, 'j1');
  await clock.advance(499);
  assert.deepEqual(told, []);
  await clock.advance(1);
  assert.deepEqual(told, ['j1']);
  assert.equal(clock.sleeping, 0);
});

test('a server that ends all jobs and then its connections shuts down: no job ends by that', async (t) => {
  const server = await makeServer(t);
  const clock = new ManualClock();
  const told: string[] = [];
  const { worker } = makeWorker(t, server.url, { clock, onTermination: (jobId) => void told.push(jobId) });
  await worker.run();
  await terminate(server, clock, 'j1');
  server.sockets[0]?.terminate();
  while (worker.phase.phase !== 'waiting') await turn();
  await clock.advance(10_000);
  assert.deepEqual(told, []);
});

test('a first registration is no return of the server, each later one is', async (t) => {
  const server = await makeServer(t);
  let returns = 0;
  const { worker } = makeWorker(t, server.url, { onServerBack: () => void returns++ });
  await worker.run();
  await server.next('updateWorker');
  assert.equal(returns, 0);
  server.received.length = 0;
  server.sockets[0]?.terminate();
  await server.next('updateWorker');
  assert.equal(returns, 1);
});

test('knocks at a server that is away every 100 to 200 ms for as long as a session waits, then less', () => {
  const waits = (awayMs: number): number[] =>
    [0, 0.99999].map((chance) => Math.round(backoffMs(20, knockPolicy(awayMs), chance)));
  assert.deepEqual(waits(0), [100, 200]);
  assert.deepEqual(waits(150_000), [100, 200]);
  assert.deepEqual(waits(150_001), [1_000, 2_000]);
});

test('a lost connection is made again and registered again, with the load told anew', async (t) => {
  const server = await makeServer(t);
  const { worker } = makeWorker(t, server.url);
  await worker.run();
  worker.setLoad(2, 0.5);
  await server.next('updateWorker', (value) => value.jobCount === 2);
  server.received.length = 0;
  server.sockets[0]?.terminate();
  await server.connections(2);
  await server.next('register');
  assert.equal((await server.next('updateWorker')).jobCount, 2);
});

test('an unreachable server is logged as critical once, tried again, and found when it comes', async (t) => {
  const first = await FakeAgentServer.start();
  const { port } = first;
  await first.stop();
  const { worker, lines } = makeWorker(t, `ws://127.0.0.1:${port}`);
  await worker.run();
  assert.equal(worker.phase.phase, 'waiting');
  const server = await makeServer(t, port);
  await server.next('register');
  await server.next('updateWorker');
  assert.equal(worker.phase.phase, 'registered');
  const critical = lines.filter((line) => line['text'] === CRITICAL);
  assert.deepEqual(
    critical.map((line) => [line['event'], line['level']]),
    [['serverUnreachable', 50]],
  );
});

test('what is not a ServerMessage ends the connection and not the worker', async (t) => {
  const server = await makeServer(t);
  const { worker } = makeWorker(t, server.url);
  await worker.run();
  server.sockets[0]?.send(Buffer.from([255, 255, 255, 255]));
  await server.connections(2);
  await server.next('register');
});

test('no line of the log holds the pass, also when none can be made', async (t) => {
  const { worker, lines } = makeWorker(t, 'ws://127.0.0.1:9', {
    mintToken: () => Promise.reject(new Error('key pass-1234')),
  });
  await worker.run();
  assert.equal(lines.length, 1);
  assert.doesNotMatch(JSON.stringify(lines), /pass-1234/);
});

test('a stopped worker has no connection and makes none', async (t) => {
  const server = await makeServer(t);
  const { worker } = makeWorker(t, server.url);
  await worker.run();
  const closed = new Promise((resolve) => server.sockets[0]?.once('close', resolve));
  await worker.stop();
  await closed;
  assert.deepEqual([worker.phase.phase, server.sockets.length], ['stopped', 1]);
});
