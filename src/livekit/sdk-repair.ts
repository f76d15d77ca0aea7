/**
 * Steers the SDK's own repair. Owns what is pushed (an ICE restart, else a resume) and which full reconnects of the
 * SDK are let through; never decides when or how long: core's policy and its pushes do. Invariant: a room whose media
 * is cut is not torn down by the SDK as long as core's policy gives it a delay.
 */
import { ConnectionState, type Room } from 'livekit-client';
import type { Clock } from '../core/ports.ts';

type Engine = Room['engine'];

/** What of the engine is not in its types (livekit-client 2.23). */
interface EngineInside {
  handleDisconnect?: (connection: string, ...more: unknown[]) => void;
  /** Of the pause before its next try; one that has run out stays. */
  clearReconnectTimeout?: () => void;
  /** Does nothing while a try is under way. Never rejects. */
  attemptReconnect?: (reason: number) => Promise<void>;
}

type Transports = NonNullable<Engine['pcManager']>;

/** A restart that connects later than this was checked more than three times, ms. */
const LATE_MS = 500;
/** Listeners that wait for the connection, and when its latest restart was. */
const awaiting = new WeakMap<object, number>();

/** ReconnectReason.RR_SIGNAL_DISCONNECTED of livekit_models.proto: what the server is told of why. */
const SIGNAL_DISCONNECTED = 1;

/** Its own opinions that media is dead: the server hears nothing, a transport is stuck. */
const OWN_OPINIONS = ['connection quality lost', 'reconcile'];

/**
 * Has the SDK resume again where it would throw the room away. After one resume without media it starts over with a new
 * participant and new transports, which have no media either while UDP is cut. A full reconnect that the server
 * asked for, or that a broken negotiation needs, stays one.
 */
export function resumeRatherThanRestart(engine: Engine): void {
  const inside = engine as unknown as EngineInside;
  const handleDisconnect = inside.handleDisconnect?.bind(engine);
  if (handleDisconnect === undefined) return;
  let isNeeded = false;
  let isSignalBack = false;
  watchResumes(engine, {
    onBegin: () => (isSignalBack = false),
    onSignalBack: () => (isSignalBack = true),
  });
  inside.handleDisconnect = (connection, ...more) => {
    // A resume that failed after its signal was back failed for media; one before was refused, and the room is gone.
    const isOwnOpinion = OWN_OPINIONS.includes(connection) || (connection === 'reconnect' && isSignalBack);
    if (!isOwnOpinion) isNeeded ||= engine.fullReconnectOnNext;
    else if (!isNeeded) engine.fullReconnectOnNext = false;
    handleDisconnect(connection, ...more);
  };
}

/** Tells each time that the SDK has begun a resume, and that its signal connection is whole again (2 s before the SDK says so). */
export function watchResumes(
  engine: Engine,
  watcher: { readonly onBegin: () => unknown; readonly onSignalBack: () => unknown },
): void {
  engine.on('resuming', watcher.onBegin);
  engine.on('signalResumed', watcher.onSignalBack);
}

/**
 * Pushes a repair: an ICE restart over the signal connection that stands; a resume where that cannot do (two peer
 * connections, of which the server restarts one) or where the last offer went unanswered: that signal is dead too.
 */
export function pushRepair(room: Room, clock: Clock): void {
  const engine = room.engine as Engine | undefined; // taken away when it disconnects, whatever its type says
  const transports = engine?.pcManager;
  const isSignalUp = engine?.client.ws?.readyState === WebSocket.OPEN;
  const isAnswered = transports?.publisher.getSignallingState() === 'stable';
  if (transports?.mode === 'publisher-only' && isSignalUp && isAnswered) {
    transports.triggerIceRestart().catch(() => {}); // the media samples tell whether it helped
    restartAgainOnceConnected(transports, clock);
    return;
  }
  if (room.state !== ConnectionState.Connected) {
    if (engine !== undefined) tryNow(engine);
    return;
  }
  // The SDK's one door to its own resume: it drops the socket and repairs, ICE restart included.
  room.simulateScenario('signal-reconnect').catch(() => {});
}

/** Ends the pause before the SDK's next try, as the SDK itself does when the browser is online again. */
function tryNow(engine: Engine): void {
  const inside = engine as unknown as EngineInside;
  inside.clearReconnectTimeout?.();
  inside.attemptReconnect?.(SIGNAL_DISCONNECTED).catch(() => {}); // it schedules its next try itself
}

/**
 * A pair that came up late gets a fresh one beside it. Chrome repeats a check at once only the first three times; one
 * that was answered later is repeated after 0.9 s, and only the repetition nominates the pair, without which a server
 * with ICE lite sends nothing: for that long the user would be heard and hear nobody.
 */
function restartAgainOnceConnected(transports: Transports, clock: Clock): void {
  const { publisher } = transports;
  const listener = publisher.onIceConnectionStateChange;
  if (listener === undefined) return; // closed meanwhile
  const restartedMonoMs = clock.monoMs();
  if (awaiting.has(listener)) awaiting.set(listener, restartedMonoMs);
  else {
    const once = (state: RTCIceConnectionState): void => {
      listener(state);
      if (state !== 'connected' && state !== 'completed') return;
      publisher.onIceConnectionStateChange = listener;
      if (clock.monoMs() - (awaiting.get(once) ?? Infinity) >= LATE_MS)
        transports.triggerIceRestart().catch(() => {}); // as above
    };
    awaiting.set(once, restartedMonoMs);
    publisher.onIceConnectionStateChange = once;
  }
}
