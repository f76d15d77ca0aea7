/**
 * Owns: what many sessions leave behind: joins and leaves of a real ClaraVoiceAgent whose clean-ups fail every third time,
 * each with a process group of its own on the engine, and a lease in a store. Looked at before and after.
 */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ClaraVoiceAgent } from '../agent/clara-voice-agent.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import { MemorySessionStore } from '../supervisor/memory-session-store.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import type { BenchContext } from './bench-context.ts';
import { atMost } from './bench-result.ts';

const WARM_UP = 100;
const CYCLES = 500;
/** Sessions at a time. */
const SIDE_BY_SIDE = 5;
const MB = 1024 * 1024;

interface Look {
  readonly rssMb: number;
  readonly files: number;
  readonly resources: number;
}

function look(collect: () => void): Look {
  collect();
  collect();
  return {
    rssMb: process.memoryUsage.rss() / MB,
    files: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
  };
}

/** 500 cycles after 100 to warm up. */
export async function measureChurn({ log, tell, folder }: BenchContext): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const clock = systemEngineClock;
  const store = new MemorySessionStore({ clock, onError: () => undefined });
  await using supervisor = new Supervisor({ log, stateFolder: `${folder}/churn` });
  await using telemetry = new Telemetry({ log });
  const quiet = log.child({}, { level: 'silent' }); // the clean-ups are meant to fail
  let cleanups = 0;
  const agent = new ClaraVoiceAgent({
    livekit: {
      url: 'ws://127.0.0.1:9',
      publicUrl: 'ws://127.0.0.1:9',
      apiKey: 'k',
      apiSecret: 's'.repeat(32),
    },
    agentName: 'bench',
    log: quiet,
    supervisor,
    store,
    watcher: {
      note: (...args) => {
        telemetry.note(...args);
        if (args[2].type === 'ended' && (cleanups += 1) % 3 === 0) throw new Error('a clean-up that fails');
      },
    },
    warmChildren: 0,
    rooms: { ensure: () => Promise.resolve(), remove: () => Promise.reject(new Error('a room that fails')) },
  });
  try {
    const cycle = async (index: number): Promise<void> => {
      const voiceSessionId = `churn-${index}`;
      const launched = await supervisor.launch({
        kind: 'bench',
        command: '/bin/sh',
        args: ['-c', 'sleep 60 & wait'],
      });
      const watched = supervisor.watch(launched, voiceSessionId, { limits: { maxRssBytes: 512 * MB } });
      agent.onParticipantJoined({ identity: `user-${index}`, voiceSessionId });
      const session = [...agent.sessions.values()].find((one) => one.voiceSessionId === voiceSessionId);
      const id = session?.sessionId ?? '';
      await agent.cleanupSession(id, 'bye').catch(() => undefined); // every third fails
      await watched.end('bench', { graceMs: 0 });
    };
    const run = async (from: number, count: number): Promise<void> => {
      for (let at = from; at < from + count; at += SIDE_BY_SIDE)
        await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, lane) => cycle(at + lane)));
    };
    await run(0, WARM_UP);
    const before = look(collect);
    await run(WARM_UP, CYCLES);
    await new Promise((resolve) => setTimeout(resolve, 700)); // the last processes' pipes close
    const after = look(collect);
    const leases = (await store.list()).length;
    tell(
      atMost(
        'supervisor.churnSessionsLeft',
        agent.sessions.size + telemetry.board.sessions().length,
        0,
        'sessions',
      ),
    );
    tell(atMost('supervisor.churnLeasesLeft', leases, 0, 'leases'));
    tell(atMost('supervisor.churnProcessesLeft', supervisor.groupCount, 0, 'process groups'));
    tell(atMost('supervisor.churnFilesGrowth', after.files - before.files, 0, 'file descriptors'));
    tell(atMost('supervisor.churnTimersGrowth', after.resources - before.resources, 0, 'timers and handles'));
    tell(atMost('supervisor.churnRssGrowth', after.rssMb - before.rssMb, 20, 'MB'));
  } finally {
    await agent.stop();
    await store.close();
  }
}
