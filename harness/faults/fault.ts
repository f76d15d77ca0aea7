/**
 * What a fault is, and what it may touch. A fault changes the world through the ports below and nothing else, and
 * what it changed it takes back: `undo` is idempotent, and an aborted signal undoes as well, so that no call is
 * left cut because a test ended early. Faults know nothing of calls, phases or bars (scenario/ does).
 */
import type { KernelPath } from './kernel-path.ts';
import type { MediaPath } from './udp-relay.ts';
import type { TcpPath } from './tcp-proxy.ts';

/** Takes a fault back. Idempotent; the second call waits for the first. Bounded. */
export type Undo = () => Promise<void>;

/** One way to break a call. */
export interface Fault {
  readonly id: string;
  /**
   * Breaks `target` now; resolves once it is broken. The world is whole again after {@link Undo} or when `signal`
   * aborts. Throws FaultError when the target lacks what the fault needs, and `signal.reason` when already aborted.
   */
  apply(target: FaultTarget, signal: AbortSignal): Promise<Undo>;
}

/** What one client's call hangs on. A port that a fault needs and does not find is a {@link FaultError}. */
export interface FaultTarget {
  /** All of the client's path at once, cut by the kernel; where it is there, media, signal and gateway are not. */
  readonly kernel?: KernelPath;
  /** The client's UDP. */
  readonly media?: MediaPath;
  /** The client's WebSocket to the server. */
  readonly signal?: TcpPath;
  /** The client's HTTP to the gateway; cut together with the rest by the whole-path faults. */
  readonly gateway?: TcpPath;
  readonly browser?: BrowserControl;
  readonly server?: ProcessTarget;
  /** The agent's session child. */
  readonly agent?: ProcessTarget;
  /** The renderer process of the page. */
  readonly renderer?: ProcessTarget;
  readonly room?: RoomControl;
}

/** What faults do to a page and its browser; the call runner implements it over CDP. */
export interface BrowserControl {
  /** Makes `navigator.onLine` false and fires `offline`, or takes it back. */
  setOffline(offline: boolean): Promise<void>;
  /** Withdraws the microphone permission, or grants it again: the page sees a real `ended`. */
  setMicrophoneAllowed(allowed: boolean): Promise<void>;
  /** Makes the open microphone end as an unplugged one does. */
  unplugMicrophone(): Promise<void>;
  reload(): Promise<void>;
  /** Opens the same page in a second tab and presses Start; the result closes that tab. */
  openSecondTab(): Promise<Undo>;
  /** Leaves to another page and comes back by history. */
  goAwayAndBack(): Promise<void>;
}

/** A process that may be signalled. */
export interface ProcessTarget {
  /** Throws when there is no such process. */
  send(signal: ProcessSignal): void;
  /** Resolves when the process is gone; rejects with `signal.reason`. */
  exited(signal: AbortSignal): Promise<void>;
  /** Starts it again and resolves when it is ready; absent where somebody else does that (a watcher, a supervisor). */
  restart?(): Promise<void>;
  /** Runs an expression inside it; absent where it is no Node process of ours. */
  evaluate?(expression: string, signal: AbortSignal): Promise<void>;
}

/** The signals that faults send. */
export type ProcessSignal = 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM';

/** What the server's API does to the user's room. */
export interface RoomControl {
  removeUser(): Promise<void>;
  deleteRoom(): Promise<void>;
  /** Ends the room as its own timeouts do (reason ROOM_CLOSED). */
  closeRoom(): Promise<void>;
  /** Joins a second time under the user's identity; the result leaves again. */
  joinAsUser(): Promise<Undo>;
}

/** A fault could not be applied: `missing` names the port that the target lacks. */
export class FaultError extends Error {
  readonly missing: keyof FaultTarget;

  constructor(faultId: string, missing: keyof FaultTarget) {
    super(`fault ${faultId} needs target.${missing}, which this call does not have`);
    this.name = 'FaultError';
    this.missing = missing;
  }
}

/** The port of `target` that `faultId` cannot do without. Throws {@link FaultError}. */
export function need<K extends keyof FaultTarget>(
  target: FaultTarget,
  port: K,
  faultId: string,
): NonNullable<FaultTarget[K]> {
  const found = target[port];
  if (found === undefined) throw new FaultError(faultId, port);
  return found;
}
