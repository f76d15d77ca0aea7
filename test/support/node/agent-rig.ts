import { ClaraVoiceAgent } from '../../../harness/agent/clara-voice-agent.ts';
import type { ClaraVoiceAgentOptions } from '../../../harness/agent/agent-options.ts';
import type { AgentReport } from '../../../harness/agent/agent-report.ts';
import { sessionChildSpawner } from '../../../harness/agent/child-process.ts';
import type { SessionChild } from '../../../harness/agent/child-process.ts';
import { startLiveKitServer } from '../../../harness/server/livekit-server.ts';
import type { LiveKitServer } from '../../../harness/server/livekit-server.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { liveKitBinary } from './livekit-binary.ts';
import { silentLog } from './silent-log.ts';
import { until } from './rtc-user.ts';

/** A real server with a real agent; `stop` ends both. */
export interface AgentRig {
  readonly server: LiveKitServer;
  readonly agent: ClaraVoiceAgent;
  readonly reports: AgentReport[];
  /** Pids of all children so far, warm ones too. */
  readonly childPids: number[];
  /** What the process that serves a voice session, or served it last, wrote to stderr. */
  stderrOf(voiceSessionId: string): string;
  /** The process that serves a voice session now, or served it last. */
  pidOf(voiceSessionId: string): number;
  /** The next report that `match` takes, among those already there too. */
  report<T extends AgentReport['type']>(
    type: T,
    voiceSessionId: string,
    limitMs?: number,
  ): Promise<Extract<AgentReport, { type: T }>>;
  stop(): Promise<void>;
}

/** Starts a rig; resolves when a warm child waits. */
export async function startAgentRig(options: Partial<ClaraVoiceAgentOptions> = {}): Promise<AgentRig> {
  const log = silentLog;
  const signal = AbortSignal.timeout(60_000);
  const runFolder = await createRunFolder({ log });
  const childPids: number[] = [];
  const reports: AgentReport[] = [];
  const serving = new Map<string, SessionChild>();
  const spawn = sessionChildSpawner(runFolder);
  try {
    const server = await startLiveKitServer({ runFolder, log, binary: (await liveKitBinary()).path }, signal);
    let warm = false;
    const agent = new ClaraVoiceAgent({
      livekit: server,
      agentName: 'test-agent',
      log,
      spawnChild: async (childLog, supervisor) => {
        const child = await spawn(childLog, supervisor);
        childPids.push(child.pid);
        child.onMessage = () => (warm = true);
        const send = child.send.bind(child);
        child.send = (message) => {
          if (message.type === 'start') serving.set(message.voiceSessionId, child);
          return send(message);
        };
        return child;
      },
      ...options,
    });
    agent.onReport((report) => reports.push(report));
    await agent.start(signal);
    await until(() => warm, 20_000, 'a warm child');
    const stop = async (): Promise<void> => {
      await agent.stop();
      await server.stop();
      await runFolder.stop();
    };
    return {
      server,
      agent,
      reports,
      childPids,
      pidOf: (voiceSessionId) => {
        const pid = serving.get(voiceSessionId)?.pid;
        if (pid === undefined) throw new Error(`no process has served ${voiceSessionId}`);
        return pid;
      },
      stderrOf: (voiceSessionId) => serving.get(voiceSessionId)?.launched.group.output('stderr') ?? '',
      stop,
      report: (type, voiceSessionId, limitMs = 10_000) =>
        until(
          () =>
            reports.find(
              (report): report is Extract<AgentReport, { type: typeof type }> =>
                report.type === type && report.voiceSessionId === voiceSessionId,
            ),
          limitMs,
          `report ${type} of ${voiceSessionId}`,
        ),
    };
  } catch (error) {
    await runFolder.stop();
    throw error;
  }
}
