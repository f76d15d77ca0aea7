/**
 * Our worker on LiveKit's `/agent` WebSocket. It owns the socket: connects, registers within 10 s, answers offers,
 * hands assignments on, says how busy it is, pings, and connects again for as long as it lives. It knows nothing
 * of children or rooms; a dropped socket moves no job, so it also tells nobody to stop.
 * Invariant: at most one socket at a time, and none after `stop()`.
 */
import WebSocket from 'ws';
import type { ServerMessage } from '@livekit/protocol';
import type { Logger } from '../contracts.ts';
import { backoffMs } from './backoff.ts';
import type { BackoffPolicy } from './backoff.ts';
import type { Clock } from './clock.ts';
import { deferred } from './deferred.ts';
import { serverUnreachable } from './log-lines.ts';
import {
  availabilityMessage,
  jobMessage,
  knockPolicy,
  loadMessage,
  pingMessage,
  readServerMessage,
  registerMessage,
} from './worker-state.ts';
import type { JobAcceptance, JobOffer, JobOutcome, WorkerPhase } from './worker-state.ts';

/** What a worker needs. */
export interface AgentWorkerOptions {
  /** The server's address, `ws:` or `wss:`. */
  readonly url: string;
  readonly agentName: string;
  readonly version: string;
  /** A fresh pass for each connection. */
  readonly mintToken: () => Promise<string>;
  /** Answers an offer; undefined refuses it. Must not throw. */
  readonly onOffer: (offer: JobOffer) => JobAcceptance | undefined;
  /** The server has given us a job. `url` is set only where the server names one. */
  readonly onAssignment: (jobId: string, token: string) => void;
  /**
   * The server wants a job ended (`deleteDispatch`, room deleted). Told 500 ms later, and not at all when the
   * connection ends before: a server that shuts down ends all jobs first, and its sessions go on when it is back.
   */
  readonly onTermination: (jobId: string) => void;
  /** Registered again after a connection that was lost: the server is there. Must not throw. */
  readonly onServerBack?: () => void;
  readonly log: Logger;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** @default knockPolicy of worker-state.ts */
  readonly backoff?: BackoffPolicy;
}

/** From the first byte to the server's `register` answer; 4 ms on loopback. */
const REGISTER_LIMIT_MS = 5_000;
/** A ping every 5 s, and a socket that says nothing for 12 s (two missed) is dead. */
const PING_EVERY_MS = 5_000;
const SILENCE_LIMIT_MS = 12_000;
/** Between the end of all jobs and that of the connection, when a server shuts down: 10 to 50 ms, ms. */
const TERMINATION_STANDS_MS = 500;

/** A LiveKit worker; `run` once, then `stop`. */
export class AgentWorker {
  readonly #options: AgentWorkerOptions;
  readonly #life = new AbortController();
  #phase: WorkerPhase = { phase: 'stopped' };
  #socket: WebSocket | undefined;
  #load = { jobCount: 0, ratio: 0 };
  #running: Promise<void> | undefined;

  constructor(options: AgentWorkerOptions) {
    this.#options = options;
  }

  /** How it stands with the server now. */
  get phase(): WorkerPhase {
    return this.#phase;
  }

  /** Connects and goes on until `stop`. Resolves after the first try, whatever came of it. */
  async run(): Promise<void> {
    if (this.#running !== undefined) throw new Error('this worker runs already');
    const first = deferred();
    this.#running = this.#loop(first.resolve);
    await first.promise;
  }

  /** Says how busy we are; kept for the next connection too. `ratio` is 0 to 1. */
  setLoad(jobCount: number, ratio: number): void {
    this.#load = { jobCount, ratio };
    this.#send(loadMessage(jobCount, ratio));
  }

  /** Tells the server how a job goes; dropped while there is no connection. */
  updateJob(jobId: string, outcome: JobOutcome): void {
    this.#send(jobMessage(jobId, outcome));
  }

  /** Ends the socket and the loop. Idempotent, bounded by the socket's own close (terminated, not awaited). */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#socket?.terminate();
    await this.#running;
    this.#phase = { phase: 'stopped' };
  }

  async #loop(firstTryDone: () => void): Promise<void> {
    const { clock, log, random } = this.#options;
    let attempt = 0;
    let awaySinceMonoMs = clock.monoMs();
    let isFirst = true;
    while (!this.#life.signal.aborted) {
      this.#phase = { phase: 'connecting', attempt };
      let wasRegistered = false;
      const why = await this.#serveOneSocket(() => {
        wasRegistered = true;
        attempt = 0;
        firstTryDone();
        if (!isFirst) this.#options.onServerBack?.();
        isFirst = false;
      });
      if (wasRegistered) awaySinceMonoMs = clock.monoMs();
      if (this.#life.signal.aborted) break;
      const line = serverUnreachable();
      // Once per outage: a line a second for a server that is down all night helps nobody.
      if (!wasRegistered && attempt === 0) log.error({ event: line.event, why }, line.text);
      if (wasRegistered)
        log.warn(
          { event: 'workerDisconnected', why },
          `The LiveKit server closed the worker's connection: ${why}`,
        );
      this.#phase = { phase: 'waiting', attempt, why };
      firstTryDone();
      try {
        const policy = this.#options.backoff ?? knockPolicy(clock.monoMs() - awaySinceMonoMs);
        await clock.sleep(backoffMs(attempt, policy, random()), this.#life.signal);
      } catch {
        break; // stopped while waiting
      }
      // A registered socket that broke starts over; its own failure to come back is the outage's first try.
      attempt = wasRegistered ? 0 : attempt + 1;
    }
    firstTryDone();
  }

  /** Runs one connection to its end and says why it ended. Never throws. */
  async #serveOneSocket(onRegistered: () => void): Promise<string> {
    const { url, mintToken, clock } = this.#options;
    let token: string;
    try {
      token = await mintToken();
    } catch {
      return 'no worker token could be made'; // the error's own text may hold the key
    }
    if (this.#life.signal.aborted) return 'stopped';
    const socket = new WebSocket(`${url.replace(/^http/, 'ws').replace(/\/$/, '')}/agent`, {
      headers: { Authorization: `Bearer ${token}` },
      handshakeTimeout: REGISTER_LIMIT_MS,
    });
    this.#socket = socket;
    const ended = deferred<string>();
    const connection = new AbortController();
    let lastHeardMonoMs = clock.monoMs();
    let why: string | undefined;
    const fail = (reason: string): void => {
      why ??= reason;
      socket.terminate();
    };
    const registerLimit = setTimeout(
      () => fail(`not registered within ${REGISTER_LIMIT_MS} ms`),
      REGISTER_LIMIT_MS,
    );
    const heartbeat = setInterval(() => {
      const silentMs = clock.monoMs() - lastHeardMonoMs;
      if (silentMs > SILENCE_LIMIT_MS) fail(`no answer for ${Math.round(silentMs)} ms`);
      else this.#send(pingMessage(clock.wallMs()));
    }, PING_EVERY_MS);
    socket.on('open', () => socket.send(registerMessage(this.#options.agentName, this.#options.version)));
    socket.on('message', (data: WebSocket.RawData) => {
      lastHeardMonoMs = clock.monoMs();
      let message: ServerMessage['message'];
      try {
        message = readServerMessage(bytesOf(data));
      } catch {
        return fail('a message that is not a livekit.ServerMessage');
      }
      if (message.case === 'register') {
        clearTimeout(registerLimit);
        this.#registered(message.value.workerId);
        onRegistered();
      } else this.#answer(message, connection.signal);
    });
    // ws's errors name address and status, never the header.
    socket.on('error', (error) => (why ??= error.message));
    socket.on('unexpected-response', (_request, response) =>
      fail(`HTTP ${response.statusCode ?? 0} instead of a WebSocket`),
    );
    socket.on('close', (code) => ended.resolve(why ?? `closed with ${code}`));
    try {
      return await ended.promise;
    } finally {
      connection.abort();
      clearTimeout(registerLimit);
      clearInterval(heartbeat);
      this.#socket = undefined;
    }
  }

  #registered(workerId: string): void {
    this.#phase = { phase: 'registered', workerId };
    this.#options.log.info(
      { event: 'workerRegistered', workerId },
      `Worker ${workerId} registered as ${this.#options.agentName}`,
    );
    this.#send(loadMessage(this.#load.jobCount, this.#load.ratio));
  }

  /** `connection` ends with the socket that the message came on. */
  #answer(message: ServerMessage['message'], connection: AbortSignal): void {
    switch (message.case) {
      case 'availability': {
        const job = message.value.job;
        if (job === undefined) return;
        const acceptance = this.#options.onOffer({
          jobId: job.id,
          roomName: job.room?.name ?? '',
          metadata: job.metadata,
        });
        this.#send(availabilityMessage(job.id, acceptance));
        return;
      }
      case 'assignment':
        if (message.value.job !== undefined)
          this.#options.onAssignment(message.value.job.id, message.value.token);
        return;
      case 'termination': {
        const { jobId } = message.value;
        this.#options.clock.sleep(TERMINATION_STANDS_MS, connection).then(
          () => this.#options.onTermination(jobId),
          () => this.#options.log.info({ event: 'terminationDropped', jobId }, 'The server shuts down'),
        );
        return;
      }
      default:
        return; // pong, a second register, or a message of a newer server
    }
  }

  #send(data: Uint8Array): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data);
  }
}

function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
