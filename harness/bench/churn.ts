/**
 * Owns: what many sessions leave behind. Joins and leaves of a real ClaraVoiceAgent: dispatched by a real livekit-server,
 * each with a process of its own and a lease in a real Redis; and in the clean-up something fails in every way there is:
 * processes that do not hear or crash, strays, a store that refuses, rooms and watchers that throw. Looked at before
 * and after. The processes have no room and no sound: what those leave is the calls' to show.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sessionChildSpawner } from '../agent/child-process.ts';
import { ClaraVoiceAgent } from '../agent/clara-voice-agent.ts';
import { liveKitRooms } from '../gateway/livekit-rooms.ts';
import { findLiveKitServer } from '../server/find-livekit-server.ts';
import { startLiveKitServer } from '../server/livekit-server.ts';
import { openRedisSessionStore } from '../supervisor/redis-session-store.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import type { SessionStore } from '../supervisor/session-store.ts';
import { StoreUnavailableError } from '../supervisor/session-store.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import type { BenchContext } from './bench-context.ts';
import { atMost } from './bench-result.ts';
import { collectGarbage } from './heap.ts';
import { untilNoneLeft } from './leftovers.ts';
import { startRedisProcess } from './redis-process.ts';

const WARM_UP = 100;
const CYCLES = 500;
/** Sessions at a time. */
const SIDE_BY_SIDE = 8;
/** From the dispatch to the session, and from the order to its end, ms. */
const STEP_LIMIT_MS = 20_000;
/** A context is gone after this, and a lease that was not given back after the next renewal, ms. */
const CONTEXT_TTL_MS = 1_000;
const SETTLE_MS = 6_000;
/** The store is away for a third of this, ms; once it has refused, nothing is given back until the next renewal. */
const AWAY_EVERY_MS = 12_000;
const MB = 1024 * 1024;
/** How a session ends: `leaves` by itself, the others by order. */
const WAYS = ['obeys', 'leaves', 'deaf', 'crashes', 'strays'] as const;

interface Look {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly files: number;
  readonly resources: number;
  readonly redisKeys: number;
}

async function look(countKeys: () => Promise<number>): Promise<Look> {
  const redisKeys = await countKeys();
  collectGarbage();
  return {
    redisKeys,
    rssMb: process.memoryUsage.rss() / MB,
    heapMb: process.memoryUsage().heapUsed / MB,
    files: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
  };
}

/** The store, but for a third of the time, while `isOn`, it refuses to take a session back, as a Redis that is away. */
function refusing(store: SessionStore): {
  readonly store: SessionStore;
  isOn: boolean;
  /** How often it has refused. */
  refused: number;
} {
  const state = { store, isOn: false, refused: 0 };
  state.store = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'release' && state.isOn && performance.now() % AWAY_EVERY_MS < AWAY_EVERY_MS / 3)
        return () => {
          state.refused += 1;
          return Promise.reject(new StoreUnavailableError('a release that fails'));
        };
      return (value as (...args: unknown[]) => unknown).bind(target);
    },
  });
  return state;
}

/** 500 cycles after 100 to warm up, in this process: run it in one of its own (churn-run-child.ts). */
export async function measureChurn({ log, tell, folder: parent }: BenchContext): Promise<void> {
  const folder = `${parent}/churn`;
  const signal = AbortSignal.timeout(600_000);
  const { Redis } = await import('ioredis');
  await using redis = await startRedisProcess(signal);
  await using runFolder = await createRunFolder({ log, parentFolder: parent });
  const binary = (await findLiveKitServer({ env: process.env, report: () => undefined }, signal)).path;
  await using server = await startLiveKitServer({ runFolder, log, binary }, signal);
  await using supervisor = new Supervisor({ log, stateFolder: folder });
  await using telemetry = new Telemetry({ log });
  const eye = new Redis(redis.url);
  const real = await openRedisSessionStore({ url: redis.url, onError: () => undefined });
  const away = refusing(real);
  const directory = liveKitRooms(server);
  let thrown = 0;
  const spawn = sessionChildSpawner(runFolder, new URL('./churn-child.ts', import.meta.url));
  const agent = new ClaraVoiceAgent({
    livekit: server,
    agentName: 'bench',
    log: log.child({}, { level: 'silent' }), // the clean-ups are meant to fail
    supervisor,
    store: away.store,
    contextTtlMs: CONTEXT_TTL_MS,
    maxSessions: 1000, // leases whose release failed count until they are caught up
    warmChildren: 0,
    spawnChild: spawn,
    watcher: {
      note: (...args) => {
        telemetry.note(...args);
        if (args[2].type !== 'ended') return;
        thrown += 1;
        throw new Error('a watcher that fails');
      },
    },
    rooms: { ensure: () => Promise.resolve(), remove: () => Promise.reject(new Error('a room that fails')) },
  });
  const waiting = new Map<string, () => void>();
  const endReports = agent.onReport(({ type, voiceSessionId }) => {
    if (type === 'exited' || type === 'participantJoined') waiting.get(`${voiceSessionId} ${type}`)?.();
  });
  const told = async (voiceSessionId: string, type: 'exited' | 'participantJoined'): Promise<void> => {
    const key = `${voiceSessionId} ${type}`;
    let limit: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiting.set(key, resolve);
        limit = setTimeout(() => reject(new Error(`${key}: not within ${STEP_LIMIT_MS} ms`)), STEP_LIMIT_MS);
      });
    } finally {
      clearTimeout(limit);
      waiting.delete(key);
    }
  };
  const cycle = async (index: number): Promise<void> => {
    const way = WAYS[index % WAYS.length] ?? 'obeys';
    const voiceSessionId = `churn-${index}-${way}`;
    const roomName = `room-${index}`;
    await directory.createRoom(roomName, { emptyTimeoutS: 30, departureTimeoutS: 20 });
    const joined = told(voiceSessionId, 'participantJoined');
    const exited = told(voiceSessionId, 'exited');
    exited.catch(() => undefined); // waited for below, unless the join fails
    await directory.dispatch(roomName, 'bench', JSON.stringify({ voiceSessionId, pipeline: 'count' }));
    await joined;
    const session = [...agent.sessions.values()].find((one) => one.voiceSessionId === voiceSessionId);
    if (way !== 'leaves' && session !== undefined) await agent.endUserSession(session.sessionId, 'byHand');
    await exited;
    await directory.deleteRoom(roomName);
  };
  const run = async (from: number, count: number): Promise<void> => {
    let next = from;
    away.isOn = true;
    const lane = async (): Promise<void> => {
      while (next < from + count) await cycle(next++);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    away.isOn = false;
    await sleep(SETTLE_MS); // contexts expire, leases that were not given back are caught up, pipes close
  };
  const countKeys = async (): Promise<number> => (await eye.keys('*')).length;
  try {
    await agent.start(signal);
    await run(0, WARM_UP);
    const before = await look(countKeys);
    await run(WARM_UP, CYCLES);
    const after = await look(countKeys);
    const left = agent.sessions.size + telemetry.board.sessions().length;
    tell(atMost('supervisor.churnSessionsLeft', left, 0, 'sessions'));
    tell(atMost('supervisor.churnLeasesLeft', (await real.list()).length, 0, 'leases'));
    tell(atMost('supervisor.churnRedisKeysGrowth', after.redisKeys - before.redisKeys, 0, 'Redis keys'));
    tell(atMost('supervisor.churnGroupsLeft', supervisor.groupCount, 0, 'process groups'));
    tell(atMost('supervisor.churnFilesGrowth', after.files - before.files, 0, 'file descriptors'));
    tell(atMost('supervisor.churnTimersGrowth', after.resources - before.resources, 0, 'timers and handles'));
    tell(atMost('supervisor.churnRssGrowth', after.rssMb - before.rssMb, 20, 'MB'));
    tell(atMost('supervisor.churnHeapGrowth', after.heapMb - before.heapMb, 20, 'MB'));
    if (thrown < CYCLES || away.refused === 0)
      throw new Error(`too little failed: ${thrown} watchers, ${away.refused} releases`);
  } finally {
    endReports();
    await agent.stop();
    await real.close();
    eye.disconnect();
    await supervisor.stop({ graceMs: 0 });
    await server.stop();
    await runFolder.stop();
  }
  tell(
    atMost(
      'supervisor.churnProcessesLeft',
      (await untilNoneLeft(runFolder.path, 5_000)).left,
      0,
      'processes',
    ),
  );
}
