/**
 * The link machine's states, events and commands. A state owns exactly its data; what ui sees of it is link.ts.
 * Time and chance travel in the event, so that a recorded run can be replayed. No effects here, no decisions.
 */
import type { DisconnectName, NetworkHint } from '../ports.ts';
import type { CutSide, EndReason, Problem, Recovery } from './types.ts';

/** An outage, from its first sign to proof or failure. */
export interface Outage {
  /** First detection; the budget runs from here. */
  readonly sinceMonoMs: number;
  /** When the budget is used up. Infinity in `classic`. */
  readonly deadlineMonoMs: number;
  /** When sound stopped, as far as we know; not later than the detection. */
  readonly beganMonoMs: number;
  readonly side: CutSide;
  /** Present when the server told why it sent us away. */
  readonly why?: 'serverShutdown';
  /** The room of the conversation: another sid after a rejoin means that it was rebuilt. */
  readonly roomSid: string;
  /** Failed rejoins, not counting those that 10 s of proven connection have wiped out. */
  readonly failedRejoins: number;
  /** 1 when the SDK tried first, so that the shown attempt goes on counting. */
  readonly sdkTries: 0 | 1;
  /** Refused tickets in a row. */
  readonly refusals: number;
  /** Which address the next join uses, modulo their number. */
  readonly urlIndex: number;
  readonly offline: boolean;
}

/** A session that ended by budget and may come back by itself keeps when it was lost, and its room. */
export interface Lost {
  readonly sinceMonoMs: number;
  readonly roomSid: string;
}

/** Facts that every state with an open, proven room has. */
interface Up {
  /** A new number for each stay in a state; everything that runs in a stay ends with it. */
  readonly stay: number;
  /** The join that made the room; events of any other are stale. */
  readonly generation: number;
  readonly sinceMonoMs: number;
  readonly roomSid: string;
  readonly failedRejoins: number;
  readonly urlIndex: number;
  /** Since when the connection has been proven without a break. */
  readonly provenSinceMonoMs: number;
}

interface Stay {
  readonly stay: number;
  readonly generation: number;
}

export interface Idle extends Stay {
  readonly name: 'idle';
}
export interface RequestingMic extends Stay {
  readonly name: 'requestingMic';
  readonly sinceMonoMs: number;
  readonly lost?: Lost;
}

/** The first join. */
interface Connecting extends Stay {
  readonly sinceMonoMs: number;
  readonly deadlineMonoMs: number;
  /** This try, from 1. */
  readonly attempt: number;
  readonly refusals: number;
  readonly urlIndex: number;
  readonly lost?: Lost;
}
export interface ConnectingJoin extends Connecting {
  readonly name: 'connecting.joining';
}
export interface ConnectingWait extends Connecting {
  readonly name: 'connecting.waiting';
  readonly nextTryMonoMs: number;
  /** The server asked for this pause; no hint shortens it. */
  readonly asked: boolean;
  readonly problem: Problem;
}

export interface Connected extends Up {
  readonly name: 'connected';
  readonly recovered?: Recovery;
}
/** Sound or control is impaired, but the room stands. Neither `cut` nor `signalDown`: it is over, and shown a moment longer. */
export interface Unstable extends Up {
  readonly name: 'unstable';
  readonly cut: 'up' | 'down' | 'none';
  /** The SDK is resuming its signal connection. */
  readonly signalDown: boolean;
}

interface Reconnecting extends Stay {
  readonly outage: Outage;
}
/** The room stands; the SDK repairs it, or is asked to. */
export interface ReconnectingSdk extends Reconnecting {
  readonly name: 'reconnecting.sdk';
  /** What the SDK says it is doing. */
  readonly repair: 'none' | 'signal' | 'all';
  readonly nextNudgeMonoMs: number;
  /**
   * What probes have said in this outage: `answered` always (only media is cut), `missed` at least once (the whole
   * path was down, so once one is answered media can flow again), or `returned`: answered after that.
   */
  readonly probes: 'none' | 'answered' | 'missed' | 'returned';
}
/** No room; between two rejoins. */
export interface ReconnectingWait extends Reconnecting {
  readonly name: 'reconnecting.waiting';
  readonly nextTryMonoMs: number;
  /** The server asked for this pause: neither hint nor probe shortens it. */
  readonly asked: boolean;
  /** An answered probe ends the wait: always, or only after one that was not answered (the path came back). */
  readonly probeEnds: boolean;
  readonly problem: Problem;
}
export interface ReconnectingJoin extends Reconnecting {
  readonly name: 'reconnecting.joining';
  readonly giveUpMonoMs: number;
  /** A probe has just answered, so the join need not ask again. */
  readonly probed: boolean;
}
/** A new room stands and has to prove that media flows. */
export interface ReconnectingProof extends Reconnecting {
  readonly name: 'reconnecting.proving';
  readonly newRoomSid: string;
  readonly sinceMonoMs: number;
  readonly giveUpMonoMs: number;
}

export interface Failed extends Stay {
  readonly name: 'failed';
  readonly problem: Problem;
  /** Present when `online` or `visible` may start again by itself: it was the network that failed. */
  readonly lost?: Lost;
}
export interface Ended extends Stay {
  readonly name: 'ended';
  readonly reason: EndReason;
}

/** Every state; those with a dot are steps of the phase before it. */
export type LinkState =
  | Idle
  | RequestingMic
  | ConnectingJoin
  | ConnectingWait
  | Connected
  | Unstable
  | ReconnectingSdk
  | ReconnectingWait
  | ReconnectingJoin
  | ReconnectingProof
  | Failed
  | Ended;
export type LinkStateName = LinkState['name'];

/** What the media detector found; see reconnect/media-truth.ts. */
export interface MediaFinding {
  readonly cut: 'none' | 'up' | 'down' | 'both';
  /** When the cut began: the last sign of life. */
  readonly cutSinceMonoMs?: number;
  /** Since when media has been proven without a break, if it is now. */
  readonly provenSinceMonoMs?: number;
}

/** What may happen. `generation` names the join that it belongs to. */
export type LinkHappening =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'retryNow' }
  | { readonly type: 'micOpened' }
  | { readonly type: 'micFailed'; readonly problem: Problem }
  | { readonly type: 'joined'; readonly generation: number; readonly roomSid: string }
  | { readonly type: 'joinFailed'; readonly generation: number; readonly problem: Problem }
  | { readonly type: 'repairing'; readonly generation: number; readonly scope: 'signal' | 'all' }
  | { readonly type: 'repaired'; readonly generation: number }
  | { readonly type: 'roomDisconnected'; readonly generation: number; readonly reason: DisconnectName }
  | { readonly type: 'agentEnded'; readonly generation: number }
  | { readonly type: 'media'; readonly generation: number; readonly finding: MediaFinding }
  | { readonly type: 'hint'; readonly hint: NetworkHint }
  | { readonly type: 'probed'; readonly answered: boolean }
  | { readonly type: 'woke' }
  | { readonly type: 'takenOver' }
  | { readonly type: 'timeUp' };
export type LinkEventType = LinkHappening['type'];

/** A happening with its time and its lot; the driver adds both. */
export type LinkEvent = LinkHappening & {
  readonly atMonoMs: number;
  /** In [0, 1). */
  readonly chance: number;
};

/** What the driver shall do, in order, before it tells anybody of the new state. */
export type LinkCommand =
  | { readonly type: 'beginSession'; readonly returning: boolean }
  | { readonly type: 'openMicrophone' }
  | {
      readonly type: 'join';
      readonly generation: number;
      readonly urlIndex: number;
      /** Ask the server first whether it is there. */
      readonly probeFirst: boolean;
    }
  | { readonly type: 'repairNow' }
  /** Close the room; with `bye`, say first that the user leaves for good. */
  | { readonly type: 'closeRoom'; readonly bye: boolean }
  /** Release the microphone and close the recording. Every final state is entered with this, and with closeRoom. */
  | { readonly type: 'endSession' };

/** The machine's answer. The same state object means: ignored. */
export interface Step {
  readonly state: LinkState;
  readonly commands: readonly LinkCommand[];
}
