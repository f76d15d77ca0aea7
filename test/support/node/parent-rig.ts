import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ClaraVoiceAgent } from '../../../harness/agent/clara-voice-agent.ts';
import type { ClaraVoiceAgentOptions } from '../../../harness/agent/agent-options.ts';
import type { AgentReport } from '../../../harness/agent/agent-report.ts';
import { engineClockOf } from '../../../harness/agent/engine-clock-of.ts';
import type { EngineClock } from '../../../harness/supervisor/engine-clock.ts';
import { Supervisor } from '../../../harness/supervisor/supervisor.ts';
import { FakeAgentServer } from './fake-agent-server.ts';
import { FakeProcesses } from './fake-processes.ts';
import { FakeSessionChild } from './fake-session-child.ts';
import { keptLog } from './kept-log.ts';
import { ManualClock, turn } from './manual-clock.ts';

/** A ClaraVoiceAgent between a fake LiveKit server and fake children, on a clock that the test moves. */
export interface ParentRig {
  agent: ClaraVoiceAgent;
  server: FakeAgentServer;
  children: FakeSessionChild[];
  clock: ManualClock;
  /** What was asked of LiveKit's rooms: `ensure room`, `remove room identity`. */
  rooms: string[];
  texts: () => string[];
  lines: Record<string, unknown>[];
  /** What the engine sees of the system. */
  processes: FakeProcesses;
  reports: AgentReport[];
  /** Brings a session to life and gives its child. */
  serve: (voiceSessionId: string) => Promise<FakeSessionChild>;
  /** Breaks the worker's connection; resolves when it is registered again. */
  restartServer: () => Promise<void>;
}

/** Time as the test moves it, but the short pauses between looks at a process table pass by themselves. */
function engineClock(clock: ManualClock): EngineClock {
  const manual = engineClockOf(clock);
  return {
    ...manual,
    after: (delayMs, callback) => {
      if (delayMs > 50) return manual.after(delayMs, callback);
      const timer = setImmediate(callback);
      return () => clearImmediate(timer);
    },
  };
}

/** Starts a rig that ends with its test. */
export async function makeRig(
  t: TestContext,
  options: Partial<ClaraVoiceAgentOptions> = {},
): Promise<ParentRig> {
  const server = await FakeAgentServer.start();
  const { log, lines } = keptLog();
  const clock = new ManualClock();
  const processes = new FakeProcesses();
  const supervisor = new Supervisor({ log, clock: engineClock(clock), processes });
  const children: FakeSessionChild[] = [];
  const reports: AgentReport[] = [];
  const rooms: string[] = [];
  const agent = new ClaraVoiceAgent({
    livekit: {
      url: server.url,
      publicUrl: server.url,
      apiKey: 'key',
      apiSecret: 'a-secret-of-more-than-32-characters',
    },
    agentName: 'clara',
    log,
    clock,
    supervisor,
    memory: () => ({ rss: 100 * 1024 * 1024, heapUsed: 1024 * 1024 }),
    random: () => 0,
    rooms: {
      ensure: (room) => Promise.resolve(void rooms.push(`ensure ${room}`)),
      remove: (room, identity) => Promise.resolve(void rooms.push(`remove ${room} ${identity}`)),
    },
    spawnChild: () => {
      const child = new FakeSessionChild();
      children.push(child);
      return Promise.resolve(child);
    },
    ...options,
  });
  t.after(async () => {
    await agent.stop();
    await supervisor.stop({ graceMs: 0 });
    assert.equal(supervisor.deadlines.size, 0);
    await server.stop();
  });
  agent.onReport((report) => reports.push(report));
  await agent.start(new AbortController().signal);
  let jobs = 0;
  return {
    agent,
    server,
    children,
    clock,
    lines,
    processes,
    reports,
    rooms,
    texts: () => lines.map((line) => String(line['text'])),
    async restartServer() {
      server.received.length = 0;
      server.sockets.at(-1)?.terminate();
      while (agent.readiness().ok) await turn();
      await clock.advance(200);
      await server.next('updateWorker');
    },
    async serve(voiceSessionId) {
      const jobId = `job-${jobs++}`;
      server.offer(jobId, JSON.stringify({ voiceSessionId, pipeline: 'count' }));
      const answer = await server.next('availability', (value) => value.jobId === jobId);
      assert.deepEqual([answer.available, answer.participantIdentity], [true, `agent-${voiceSessionId}`]);
      server.assign(jobId, 'room-pass');
      await server.next('updateJob', (value) => value.jobId === jobId);
      const child = children.findLast((one) =>
        one.received.some((message) => message.type === 'start' && message.voiceSessionId === voiceSessionId),
      );
      assert.ok(child);
      return child;
    },
  };
}
/** A child says that a user is in its room. */
export const join = (child: FakeSessionChild, identity: string, returned = false, resumes = false): void =>
  child.say({ type: 'participantJoined', identity, returned, ...(resumes && { resumes }) });

let orders = 0;
/** LiveKit orders the end of a job; resolves when the worker has read it. It stands 500 ms later. */
export async function orderEnd({ server }: ParentRig, jobId: string): Promise<void> {
  server.say({ case: 'termination', value: { jobId } as never });
  const marker = `after-order-${orders++}`; // answered after it
  server.offer(marker, '{}');
  await server.next('availability', (value) => value.jobId === marker);
}
