/**
 * A VoiceSession that a test scripts: every readable is set from outside, every call is written down, and the watchers
 * are counted, so that a test sees what the element left behind.
 */
import { Writable } from '../../../src/core/readable.ts';
import type { KeptKind } from '../../../src/shared/recording.ts';
import type {
  AgentHandover,
  AgentState,
  KeepStates,
  Levels,
  Link,
  MicrophoneState,
  NetworkQuality,
  StartOptions,
  TranscriptEntry,
  VoiceSession,
} from '../../../src/core/session/types.ts';

/** A call of the session's methods. */
export type SessionCall =
  | { readonly method: 'start'; readonly takeOver?: true }
  | { readonly method: 'stop' | 'retryNow' | 'playAudio' | 'dispose' }
  | { readonly method: 'setMuted'; readonly muted: boolean }
  | { readonly method: 'sendText'; readonly text: string };

export class FakeSession implements VoiceSession {
  readonly link = new Writable<Link>({ phase: 'idle' });
  readonly agentState = new Writable<AgentState>('absent');
  readonly transcript = new Writable<readonly TranscriptEntry[]>([]);
  readonly microphone = new Writable<MicrophoneState>({ status: 'off' });
  readonly levels = new Writable<Levels>({ user: 0, agent: 0 });
  readonly audioBlocked = new Writable(false);
  readonly quality = new Writable<NetworkQuality>('good');
  readonly handover = new Writable<AgentHandover | undefined>(undefined);
  readonly keeping = {
    states: new Writable<KeepStates>({ text: 'off', sound: 'off' }),
    set: (kind: KeptKind, on: boolean): void =>
      this.keeping.states.set({ ...this.keeping.states.value, [kind]: on ? 'on' : 'off' }),
  };
  readonly calls: SessionCall[] = [];
  /** What monoMs() answers. */
  nowMonoMs = 100_000;

  /** How many watchers there are in all. */
  get watcherCount(): number {
    return [
      this.link,
      this.agentState,
      this.transcript,
      this.microphone,
      this.levels,
      this.audioBlocked,
      this.quality,
      this.handover,
      this.keeping.states,
    ].reduce((sum, readable) => sum + readable.watcherCount, 0);
  }

  monoMs(): number {
    return this.nowMonoMs;
  }

  async start(options: StartOptions = {}): Promise<void> {
    this.calls.push({ method: 'start', ...(options.takeOver && { takeOver: true }) });
  }

  async stop(): Promise<void> {
    this.calls.push({ method: 'stop' });
  }

  async setMuted(muted: boolean): Promise<void> {
    this.calls.push({ method: 'setMuted', muted });
    if (this.microphone.value.status === 'live') this.microphone.set({ status: 'live', muted });
  }

  async sendText(text: string): Promise<void> {
    this.calls.push({ method: 'sendText', text });
  }

  retryNow(): void {
    this.calls.push({ method: 'retryNow' });
  }

  async playAudio(): Promise<void> {
    this.calls.push({ method: 'playAudio' });
  }

  async dispose(): Promise<void> {
    this.calls.push({ method: 'dispose' });
  }
}

/** A line of the transcript; what is not given is a finished line of the agent. */
export function transcriptLine(line: Partial<TranscriptEntry> = {}): TranscriptEntry {
  return { id: 'line-1', from: 'agent', kind: 'speech', text: 'Hello', final: true, wallMs: 0, ...line };
}

/** One link of every phase, on the fake's clock of 100,000 ms; phases with variants come more than once. */
export const LINKS: readonly { readonly name: string; readonly link: Link }[] = [
  { name: 'idle', link: { phase: 'idle' } },
  { name: 'requestingMic', link: { phase: 'requestingMic', sinceMonoMs: 99_000 } },
  { name: 'connecting', link: { phase: 'connecting', sinceMonoMs: 99_000, attempt: 1 } },
  { name: 'connected', link: { phase: 'connected', sinceMonoMs: 60_000 } },
  {
    name: 'connected, recovered',
    link: { phase: 'connected', sinceMonoMs: 99_000, recovered: { outageMs: 42_300, sameRoom: true } },
  },
  { name: 'unstable, up', link: { phase: 'unstable', sinceMonoMs: 99_000, side: 'up' } },
  { name: 'unstable, down', link: { phase: 'unstable', sinceMonoMs: 99_000, side: 'down' } },
  { name: 'unstable, agent', link: { phase: 'unstable', sinceMonoMs: 99_000, side: 'agent' } },
  { name: 'unstable, signal', link: { phase: 'unstable', sinceMonoMs: 99_000, side: 'signal' } },
  {
    name: 'reconnecting, waiting',
    link: {
      phase: 'reconnecting',
      sinceMonoMs: 88_000,
      side: 'both',
      by: 'rejoin',
      attempt: 3,
      nextTryMonoMs: 104_000,
      offline: false,
    },
  },
  {
    name: 'reconnecting, trying',
    link: { phase: 'reconnecting', sinceMonoMs: 88_000, side: 'both', by: 'sdk', attempt: 1, offline: false },
  },
  {
    name: 'reconnecting, offline',
    link: {
      phase: 'reconnecting',
      sinceMonoMs: 25_000,
      side: 'both',
      by: 'rejoin',
      attempt: 4,
      offline: true,
    },
  },
  {
    name: 'failed',
    link: { phase: 'failed', problem: { code: 'budgetExhausted', detail: 'no answer in 120000 ms' } },
  },
  { name: 'ended', link: { phase: 'ended', reason: 'stopped' } },
];
