/**
 * Owns: one livekit-server process: start, readiness, end; and for faults: kill, pause, start again on the same ports.
 * Never: puts the secret into arguments or environment (it stands in a file of the run folder that only we can read).
 * Invariant: while `start` is pending or after `stop`, no process of this server outlives a failure.
 */
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessToken } from 'livekit-server-sdk';
import type { LiveKitAddress, Logger, Running } from '../contracts.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import type { Exit } from '../supervisor/process-group.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import { pickPort } from './free-ports.ts';
import { ServerStartError } from './server-errors.ts';
import { ServerLog } from './server-log.ts';
import { serverEnvironment, serverYaml } from './server-yaml.ts';
import type { OutsideInterface, ServerSettings } from './server-yaml.ts';

/** Longest wait for the server to answer, ms; usual is 40 to 100. */
const READY_LIMIT_MS = 10_000;
/** Longest wait for one of its answers, ms. */
const ANSWER_LIMIT_MS = 1000;
const READY_POLL_MS = 10;
const HOST = '127.0.0.1';
/** How often free ports are picked anew when another program was quicker. */
const PORT_ATTEMPTS = 3;

/** What to start. */
export interface LiveKitServerOptions {
  readonly runFolder: RunFolder;
  readonly log: Logger;
  /** Path of the binary, from `findLiveKitServer`. */
  readonly binary: string;
  /** Fixed ports; missing or 0: free ones are picked. */
  readonly ports?: { readonly http?: number; readonly udp?: number };
  /** Own keys; missing: made for this server. */
  readonly keys?: { readonly apiKey: string; readonly apiSecret: string };
  /** See {@link ServerSettings}. */
  readonly nodeIp?: string;
  readonly outside?: OutsideInterface;
  readonly stunServers?: readonly string[];
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** A livekit-server that answers. */
export interface LiveKitServer extends Running, LiveKitAddress {
  readonly httpUrl: string;
  readonly port: number;
  readonly udpPort: number;
  readonly binary: string;
  readonly version: string;
  /** Of the running process, or of the last one. */
  readonly pid: number;
  /** Fulfils when the running process ends, for whatever reason. */
  readonly exited: Promise<Exit>;
  /** Sends a signal, for faults: SIGKILL, SIGSTOP, SIGCONT, SIGTERM. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again after it ended, on the same ports with the same keys. Rejects like `startLiveKitServer`. */
  startAgain(signal: AbortSignal): Promise<void>;
}

class SpawnedLiveKitServer implements LiveKitServer {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly port: number;
  readonly udpPort: number;
  readonly binary: string;
  readonly #options: LiveKitServerOptions;
  readonly #configFile: string;
  #log: ServerLog;
  #group: ProcessGroup | undefined;
  #stopped = false;

  constructor(options: LiveKitServerOptions, settings: ServerSettings) {
    this.#options = options;
    this.binary = options.binary;
    this.apiKey = settings.apiKey;
    this.apiSecret = settings.apiSecret;
    this.port = settings.httpPort;
    this.udpPort = settings.udpPort;
    this.#configFile = join(options.runFolder.path, `livekit-${settings.httpPort}.yaml`);
    this.#log = new ServerLog(options.log, [settings.apiSecret]);
  }

  get url(): string {
    return `ws://${HOST}:${this.port}`;
  }

  get publicUrl(): string {
    return this.url;
  }

  get httpUrl(): string {
    return `http://${HOST}:${this.port}`;
  }

  get version(): string {
    return this.#log.version ?? 'unknown';
  }

  get pid(): number {
    return this.#running().pid;
  }

  get exited(): Promise<Exit> {
    return this.#running().exited;
  }

  signal(name: NodeJS.Signals): void {
    this.#running().signal(name);
  }

  async startAgain(signal: AbortSignal): Promise<void> {
    if (this.#stopped) throw new Error('the server was stopped for good');
    await this.#group?.stop({ killAfterMs: 0 });
    await this.start(signal);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    // The first SIGTERM drains (as long as people are in, for ever), the second ends it in 50 ms.
    await this.#group?.stop({ repeatAfterMs: 100, killAfterMs: 1200 });
    await rm(this.#configFile, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { runFolder, nodeIp, outside, stunServers } = this.#options;
    const { apiKey, apiSecret } = this;
    const yaml = serverYaml({
      httpPort: this.port,
      udpPort: this.udpPort,
      apiKey,
      apiSecret,
      ...(nodeIp !== undefined && { nodeIp }),
      ...(outside !== undefined && { outside }),
      ...(stunServers !== undefined && { stunServers }),
    });
    await writeFile(this.#configFile, yaml, { mode: 0o600 });
    this.#log = new ServerLog(this.#options.log, [apiSecret]);
    const log = this.#log;
    try {
      this.#group = await ProcessGroup.start({
        command: this.binary,
        args: ['--config', this.#configFile],
        env: serverEnvironment(this.#options.env ?? process.env),
        runFolder,
        onLine: (line) => log.take(line),
        keepCharacters: 1024,
      });
    } catch (cause) {
      throw new ServerStartError('cannotStart', `${this.binary} cannot be started`, '', cause);
    }
    try {
      await this.#untilReady(this.#group, signal);
    } catch (error) {
      await this.#group.stop({ killAfterMs: 0 });
      throw error;
    }
  }

  /** Asks until this very server answers, the process ends, or another program turns out to have the port. */
  async #untilReady(group: ProcessGroup, signal: AbortSignal): Promise<void> {
    const deadlineMonoMs = performance.now() + READY_LIMIT_MS;
    while (performance.now() < deadlineMonoMs) {
      signal.throwIfAborted();
      if (group.exit !== undefined) {
        await group.drained;
        const { code, signal: by } = group.exit;
        throw new ServerStartError(
          'exited',
          `${this.binary} ended with ${code ?? by} before it was ready`,
          this.#log.tail,
        );
      }
      const answer = await this.#answer(signal);
      if (answer === 'foreign') {
        throw new ServerStartError(
          'portTaken',
          `another program answers on TCP port ${this.port} of ${HOST}: it does not take the keys of this server`,
          this.#log.tail,
        );
      }
      // The look at the end of the process comes after the answer: only then it was the process that answered.
      if (answer === 'ours' && group.exit === undefined) return;
      await sleep(READY_POLL_MS); // short enough that the abort is seen by the next look
    }
    throw new ServerStartError(
      'notReady',
      `${this.binary} did not answer in ${READY_LIMIT_MS} ms`,
      this.#log.tail,
    );
  }

  /** Who answers on the port: a 200 alone could be anybody's, so one question is asked with this server's keys. */
  async #answer(signal: AbortSignal): Promise<'nobody' | 'foreign' | 'ours'> {
    const limited = () => AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
    try {
      const front = await fetch(this.httpUrl, { signal: limited() });
      await front.body?.cancel();
      if (front.status !== 200) return 'nobody'; // still starting
      const token = new AccessToken(this.apiKey, this.apiSecret, { ttl: '1m' });
      token.addGrant({ roomList: true });
      const rooms = await fetch(`${this.httpUrl}/twirp/livekit.RoomService/ListRooms`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${await token.toJwt()}` },
        body: '{}',
        redirect: 'manual',
        signal: limited(),
      });
      await rooms.body?.cancel();
      if (rooms.status === 200) return 'ours';
      return rooms.status >= 500 ? 'nobody' : 'foreign';
    } catch {
      signal.throwIfAborted();
      return 'nobody'; // refused: not listening yet
    }
  }

  #running(): ProcessGroup {
    if (this.#group === undefined) throw new Error('the server was never started');
    return this.#group;
  }
}

/** Whether a start failed because another program took a port between picking and use. */
function isPortTaken(error: unknown): boolean {
  return (
    error instanceof ServerStartError &&
    (error.code === 'portTaken' || /address already in use/i.test(error.tail))
  );
}

/**
 * Starts a livekit-server on loopback and waits until it answers. The caller stops it (2 s at most, also with people
 * inside). Rejects with ServerStartError, PortInUseError, or the signal's reason; then nothing is left running.
 */
export async function startLiveKitServer(
  options: LiveKitServerOptions,
  signal: AbortSignal,
): Promise<LiveKitServer> {
  const keys = options.keys ?? {
    apiKey: `API${randomBytes(6).toString('hex')}`,
    apiSecret: randomBytes(32).toString('hex'),
  };
  const wanted = { http: options.ports?.http ?? 0, udp: options.ports?.udp ?? 0 };
  for (let attempt = 1; ; attempt++) {
    const httpPort = await pickPort(wanted.http, 'TCP', HOST, 'livekit-server');
    const udpPort = await pickPort(wanted.udp, 'UDP', HOST, 'livekit-server media');
    const server = new SpawnedLiveKitServer(options, { ...keys, httpPort, udpPort });
    try {
      await server.start(signal);
      return server;
    } catch (error) {
      await server.stop();
      const freelyPicked = wanted.http === 0 || wanted.udp === 0;
      if (!(freelyPicked && isPortTaken(error) && attempt < PORT_ATTEMPTS)) throw error;
    }
  }
}
