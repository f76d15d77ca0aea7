/**
 * Owns: the composition of the harness: livekit-server (or yours), agent, gateway, in this order, and their end in the
 * other. `clara up` and `clara call` share it.
 * Never: leaves a part running when a later one fails.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ClaraVoiceAgent } from '../agent/clara-voice-agent.ts';
import { describeConfig } from '../config/resolve-config.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import type { LiveKitAddress, Logger, Running } from '../contracts.ts';
import { stateFolder } from '../config/folders.ts';
import { toGatewayStartError } from '../gateway/gateway-start-error.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Report } from '../parts/try-ways.ts';
import { findLiveKitServer } from '../server/find-livekit-server.ts';
import { tryTcpPort } from '../server/free-ports.ts';
import { startLiveKitServer } from '../server/livekit-server.ts';
import type { LiveKitServer } from '../server/livekit-server.ts';
import type { OutsideInterface } from '../server/server-yaml.ts';
import { warmUpServer } from '../server/warm-up.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import { FileSessionStore } from '../supervisor/file-session-store.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import { openRedisSessionStore } from '../supervisor/redis-session-store.ts';
import type { SessionStore } from '../supervisor/session-store.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import { startAssistants } from './start-assistants.ts';
import { sessionOperations } from './session-operations.ts';
import { requireOutsideInterface } from './outside-interface.ts';
import { agentSettings, cliSettings, gatewaySettings } from './part-settings.ts';

/** What the composition needs beside the settings. */
export interface StackOptions {
  readonly runFolder: RunFolder;
  readonly log: Logger;
  /** Told once for each part that is up, and about slow steps. */
  readonly report: Report;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Where journals lie. @default the state folder of this machine's user */
  readonly stateFolder?: string;
  /** Address that the server tells clients for media; see ServerSettings. @default 127.0.0.1 */
  readonly nodeIp?: string;
  /** Where browsers reach the server when not on loopback; see ServerSettings. @default loopback only */
  readonly outside?: OutsideInterface;
  /**
   * Stands between the server and the others (a fault proxy): gets the server's address, returns what agent, gateway and
   * browsers use instead.
   */
  readonly through?: (address: LiveKitAddress, server: LiveKitServer | undefined) => Promise<LiveKitAddress>;
}

/** All parts, running. */
export interface Stack extends Running {
  /** Where the app is, `http://127.0.0.1:7890`. */
  readonly url: string;
  readonly livekit: LiveKitAddress;
  /** Absent when `livekitUrl` is set. */
  readonly server?: LiveKitServer;
  readonly gateway: Gateway;
  readonly agent: ClaraVoiceAgent;
}

/** Folder of the built app: beside the compiled harness, or in dist/ when this runs from source. */
export function builtAppFolder(): string {
  const places = ['../../app', '../../dist/app'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return places.find((path) => existsSync(path)) ?? places[0] ?? '';
}

function ownServerAddress({ values }: ResolvedConfig): LiveKitAddress {
  const url = values.livekitUrl.replace(/\/$/, '');
  return { url, publicUrl: url, apiKey: values.livekitApiKey, apiSecret: values.livekitApiSecret };
}

async function startServer(
  config: ResolvedConfig,
  options: StackOptions,
  signal: AbortSignal,
): Promise<LiveKitServer> {
  const { runFolder, log, report, nodeIp, outside, env = process.env } = options;
  const binary = await findLiveKitServer({ env, report }, signal);
  const ports = { http: config.values.livekitPort, udp: config.values.udpPort };
  return startLiveKitServer(
    {
      runFolder,
      log,
      binary: binary.path,
      ports,
      env,
      ...(nodeIp !== undefined && { nodeIp }),
      ...(outside !== undefined && { outside }),
    },
    signal,
  );
}

/**
 * Sessions in Redis when one is configured, else in a journal, so that the next start knows what was lost. Rejects with
 * PartMissingError when ioredis is not installed, with StoreUnavailableError when the folder cannot be used.
 */
async function openStore({ values }: ResolvedConfig, folder: string, log: Logger): Promise<SessionStore> {
  const onError = (error: unknown): void =>
    log.debug({ event: 'storeError', why: error instanceof Error ? error.message : 'unknown' }, 'store');
  if (values.redisUrl !== '') return openRedisSessionStore({ url: values.redisUrl, onError });
  const store = new FileSessionStore(folder, { clock: systemEngineClock, onError });
  const { corruptLines } = store;
  if (corruptLines > 0)
    log.warn(
      { event: 'journalCorrupt', corruptLines },
      `${corruptLines} lines in the journals of sessions made no sense and were skipped`,
    );
  return store;
}

/** @param agent asked only once it is there: at the first scrape */
function startTelemetry(
  { values }: ResolvedConfig,
  folder: string,
  log: Logger,
  agent: () => ClaraVoiceAgent,
): Telemetry {
  const { webhookUrl, webhookSecret, redisUrl } = values;
  return new Telemetry({
    log,
    stateFolder: folder,
    ...(webhookUrl !== '' && { webhook: { url: webhookUrl, secret: webhookSecret } }),
    surroundings: {
      isLinkUp: () => agent().readiness().ok,
      ...(redisUrl !== '' && { isStoreShared: () => agent().storeHealth().reason === undefined }),
      warmProcesses: () => agent().warmProcesses,
    },
  });
}

/** Starts all parts. The caller owns the stack and stops it. Rejects with the error of the part that failed. */
export async function startStack(
  config: ResolvedConfig,
  options: StackOptions,
  signal: AbortSignal,
): Promise<Stack> {
  requireOutsideInterface();
  const { runFolder, log, env = process.env } = options;
  const { values } = config;
  // Last to listen, first to be looked at: a port that is taken is told before anything is started.
  await tryTcpPort(values.port, values.host).catch((cause: unknown) => {
    throw toGatewayStartError(cause, values.host, values.port);
  });
  const parts = new StopStack(log);
  let lastMonoMs = performance.now();
  const started = (what: string) => {
    const nowMonoMs = performance.now();
    options.report(`${what} (${Math.round(nowMonoMs - lastMonoMs)} ms)`);
    lastMonoMs = nowMonoMs;
  };
  try {
    const server =
      values.livekitUrl === ''
        ? parts.own('livekit-server', await startServer(config, options, signal))
        : undefined;
    const address = server ?? ownServerAddress(config);
    started(
      server
        ? `livekit-server ${server.version} on ${server.url}, media on UDP ${server.udpPort}`
        : `using ${address.url}`,
    );
    const warmedUp = server === undefined ? Promise.resolve() : warmUpServer(server);
    const livekit = options.through === undefined ? address : await options.through(address, server);
    const folder = options.stateFolder ?? stateFolder(env);
    const store = await openStore(config, folder, log);
    parts.defer('session store', () => store.close());
    const telemetry = parts.own(
      'telemetry',
      startTelemetry(config, folder, log, () => agent),
    );
    const supervisor = parts.own('supervisor', new Supervisor({ log, stateFolder: folder }));
    const orphansGone = supervisor.endOrphans('voice'); // beside the rest of the start; never rejects
    const assistants =
      values.responder === 'none'
        ? undefined
        : parts.own(
            'assistants',
            startAssistants(cliSettings(values), {
              log,
              runFolder,
              supervisor,
              stateFolder: folder,
              env,
              telemetry,
            }),
            10_000,
          );
    const agent: ClaraVoiceAgent = parts.own(
      'agent',
      new ClaraVoiceAgent({
        livekit,
        ...agentSettings(values),
        log,
        runFolder,
        supervisor,
        store,
        watcher: telemetry,
        ...(assistants && { responder: assistants.host }),
      }),
      15_000,
    );
    const probed = assistants?.probe(signal); // beside the agent's start
    probed?.catch(() => undefined); // waited for below
    await agent.start(signal);
    const readiness = agent.readiness();
    started(
      `agent ${values.agentName}${readiness.ok ? '' : ` is not ready: ${readiness.reason ?? 'unknown'}`}`,
    );
    await orphansGone;
    if (probed !== undefined) started(await probed);
    const gateway = parts.own(
      'gateway',
      await startGateway(
        {
          ...gatewaySettings(values),
          livekit,
          agents: agent,
          operations: sessionOperations(telemetry, agent, assistants),
          appFolder: builtAppFolder(),
          configView: () => describeConfig(config),
          log,
        },
        signal,
      ),
    );
    await warmedUp; // begun beside the agent's start, which takes longer
    started(`app and tokens on ${gateway.url}`);
    const stop = () => parts.stop();
    return {
      url: gateway.url,
      livekit,
      ...(server && { server }),
      gateway,
      agent,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
