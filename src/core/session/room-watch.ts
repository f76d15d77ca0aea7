/**
 * Watches one room: takes samples and sends heartbeats while it stands, and tells what the detector finds. It owns
 * its two loops and the detector's memory; it decides nothing about the link. Both loops end with the signal.
 */
import {
  agentLeft,
  beginMediaTruth,
  heartbeatAnswered,
  isAgentSilent,
  mediaFinding,
  mediaSampled,
  restartProof,
  type MediaTruth,
} from '../reconnect/media-truth.ts';
import type { MediaSample } from '../reconnect/media-sample.ts';
import type { Clock, RoomConnection } from '../ports.ts';
import { agentHeard, isAgentHeard, type AgentSound } from './agent-sound.ts';
import { within } from './bounded.ts';
import type { MediaFinding } from './link-state.ts';
import { beginNetworkQuality, networkQuality, qualitySampled } from './network-quality.ts';
import type { NetworkQuality } from './types.ts';

/** Pause between two samples while all is well, ms. */
const SAMPLE_MS = 500;
/** The same while proof is sought, ms: the person waits for it. */
const SEEKING_SAMPLE_MS = 200;
const SAMPLE_LIMIT_MS = 1000;
const PING_MS = 1000;
const PING_LIMIT_MS = 1500;

/** What a watch tells. */
export interface RoomWatchListener {
  /** After each sample. */
  onFinding(finding: MediaFinding): void;
  /**
   * The agent, which answered before, is silent while the path is sound: since when, monotonic ms. Undefined when that
   * does not hold any more.
   */
  onAgentSilent(sinceMonoMs: number | undefined): void;
  /** Told after each sample; `good` while proof is sought. */
  onQuality(quality: NetworkQuality): void;
  /** The first defect of ours that this watch met: a loop that ended, or a listener that threw. */
  onDefect(error: unknown): void;
}

/** A running watch over `connection`. */
export class RoomWatch {
  readonly #clock: Clock;
  readonly #connection: RoomConnection;
  readonly #listener: RoomWatchListener;
  readonly #signal: AbortSignal;
  #truth: MediaTruth;
  #isSeeking: boolean;
  #isAgentSilent = false;
  #agentSound: AgentSound | undefined;
  #quality = beginNetworkQuality();
  #hasDefect = false;
  /** Ends the present pause between two samples. */
  #pause = new AbortController();

  /** @param seeking proof is wanted from the start; `agentAnswers`: an agent has answered earlier in this session. */
  constructor(
    clock: Clock,
    connection: RoomConnection,
    listener: RoomWatchListener,
    how: { readonly seeking: boolean; readonly agentAnswers: boolean },
    signal: AbortSignal,
  ) {
    this.#clock = clock;
    this.#connection = connection;
    this.#listener = listener;
    this.#signal = signal;
    this.#isSeeking = how.seeking;
    this.#truth = beginMediaTruth(clock.monoMs(), how.agentAnswers);
    this.#run(() => this.#sampleOnce());
    this.#run(() => this.#pingOnce());
  }

  /** An agent has answered in this room, or had before it. */
  get agentAnswers(): boolean {
    return this.#truth.agentAnswers;
  }

  /** With `true`: proof counts from now on, and is sought faster. */
  seekProof(isSought: boolean): void {
    if (isSought) this.#truth = restartProof(this.#truth, this.#clock.monoMs());
    if (isSought === this.#isSeeking) return;
    this.#quality = beginNetworkQuality();
    this.#listener.onQuality('good');
    this.#isSeeking = isSought;
    this.#pause.abort();
  }

  /** The agent is not in the room any more. */
  agentLeft(): void {
    this.#truth = agentLeft(this.#truth);
    this.#agentSound = undefined;
    if (!this.#isAgentSilent) return;
    this.#isAgentSilent = false;
    this.#listener.onAgentSilent(undefined);
  }

  #run(once: () => Promise<void>): void {
    // Only an abort ends a loop; what a single round throws is the absence of an answer, which the detector counts.
    const loop = async (): Promise<void> => {
      while (!this.#signal.aborted) await once();
    };
    loop().catch((error: unknown) => this.#defect(error));
  }

  /** Told once: a listener that throws does it with every reading. */
  #defect(error: unknown): void {
    if (this.#hasDefect) return;
    this.#hasDefect = true;
    this.#listener.onDefect(error);
  }

  async #sampleOnce(): Promise<void> {
    let sample: MediaSample | undefined;
    try {
      sample = await within(
        this.#clock,
        SAMPLE_LIMIT_MS,
        this.#signal,
        (signal) => this.#connection.sample(signal),
        () => new Error(`no sample in ${SAMPLE_LIMIT_MS} ms`),
      );
    } catch {
      // No stats are no statement about the network.
    }
    try {
      if (sample !== undefined) this.#read(sample);
    } catch (error) {
      this.#defect(error);
    }
    await this.#wait(this.#isSeeking ? SEEKING_SAMPLE_MS : SAMPLE_MS, true);
  }

  async #pingOnce(): Promise<void> {
    const startedMonoMs = this.#clock.monoMs();
    try {
      const answered = await within(
        this.#clock,
        PING_LIMIT_MS,
        this.#signal,
        (signal) => this.#connection.ping(signal),
        () => new Error(`no heartbeat in ${PING_LIMIT_MS} ms`),
      );
      if (answered && !this.#signal.aborted)
        this.#truth = heartbeatAnswered(this.#truth, this.#clock.monoMs());
    } catch {
      // Unanswered: the detector sees it by the age of the last answer.
    }
    await this.#wait(Math.max(50, PING_MS - (this.#clock.monoMs() - startedMonoMs)), false);
  }

  #read(sample: MediaSample): void {
    this.#truth = mediaSampled(this.#truth, sample);
    this.#agentSound = agentHeard(this.#agentSound, sample);
    if (!this.#isSeeking) this.#quality = qualitySampled(this.#quality, sample);
    this.#tell(sample.monoMs);
  }

  #tell(atMonoMs: number): void {
    if (this.#signal.aborted) return;
    // Two signals agree: an unanswered heartbeat alone is no agent that hangs, its sound may come all the same.
    const wasSilent = this.#isAgentSilent;
    const isSilent =
      isAgentSilent(this.#truth, atMonoMs, wasSilent) && !isAgentHeard(this.#agentSound, atMonoMs);
    this.#isAgentSilent = isSilent;
    if (isSilent && !wasSilent) this.#listener.onAgentSilent(this.#truth.heartbeatMonoMs ?? atMonoMs);
    this.#listener.onQuality(networkQuality(this.#quality));
    this.#listener.onFinding(mediaFinding(this.#truth, atMonoMs));
    // After the finding: where it is the path that is silent, the agent is no sooner there than that is known.
    if (wasSilent && !isSilent && !this.#signal.aborted) this.#listener.onAgentSilent(undefined);
  }

  async #wait(delayMs: number, canBeCut: boolean): Promise<void> {
    if (this.#signal.aborted) return;
    const pause = new AbortController();
    const end = (): void => pause.abort();
    if (canBeCut) this.#pause = pause;
    this.#signal.addEventListener('abort', end, { once: true });
    try {
      await this.#clock.sleep(delayMs, pause.signal);
    } catch {
      // cut short on purpose
    } finally {
      this.#signal.removeEventListener('abort', end);
    }
  }
}
