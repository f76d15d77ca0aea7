/**
 * The composition root: builds every adapter of a session and wires them. Loaded on first intent, livekit-client with
 * it, so nothing of the first load may import this file statically. Decides nothing but which adapters there are.
 */
import type { Log, SessionPorts, TicketPort } from '../core/ports.ts';
import { guardedLog } from '../core/session/guarded-log.ts';
import type { SessionOptions } from '../core/session/session-options.ts';
import type { VoiceSession } from '../core/session/types.ts';
import { createVoiceSession } from '../core/session/voice-session.ts';
import { BrowserMicrophone } from '../livekit/microphone.ts';
import { PageAudio } from '../livekit/page-audio.ts';
import { livekitRooms } from '../livekit/room-port.ts';
import { serverProbe } from '../livekit/server-probe.ts';
import { endpointTickets, fixedTickets, sourceTickets, type TokenSource } from '../livekit/ticket-port.ts';
import { agentEndpointOf, gatewayAgentCalls } from './agent-call.ts';
import { beaconFarewell, byeEndpointOf } from './beacon-farewell.ts';
import { browserClock } from './browser-clock.ts';
import { browserLocks } from './browser-locks.ts';
import { browserNetwork } from './browser-network.ts';
import { consoleLog } from './console-log.ts';
import { recordedCall, type RecordedCallOptions } from './recorded-call.ts';
import { claimResumeRecord } from './resume-records.ts';

/** What a session is made of. One source of tokens is needed; the first that is given counts, in this order. */
export interface ComposeOptions extends SessionOptions {
  /** Address of a token endpoint, relative to the page; asked anew for each join. */
  readonly tokenEndpoint?: string;
  /** A function of the page instead, or a LiveKit TokenSource. */
  readonly tokenSource?: TokenSource;
  /** A fixed address with {@link token}; several of the same LiveKit with spaces between are tried in turn. */
  readonly serverUrl?: string;
  readonly token?: string;
  /** Which voice pipeline to ask our gateway for. */
  readonly pipeline?: string;
  /** Echo, noise and gain processing of the microphone. @default true */
  readonly audioProcessing?: boolean;
  /** Where a bye is sent by beacon. @default `bye` in the token endpoint's folder, used only with a resume value */
  readonly byeEndpoint?: string;
  /** Where a new agent is asked for. @default `agent` in the token endpoint's folder, used only with a resume value */
  readonly agentEndpoint?: string;
  /**
   * The page's own name for this session, by which a reload finds it again; with a {@link tokenSource} it should name the
   * user too, and without it such a session begins anew after a reload.
   */
  readonly sessionKey?: string;
  /** Tells sessions of one page apart that have no {@link sessionKey}. @default '' */
  readonly slot?: string;
  /** Keep the session's phases, events and measurements in this browser. @default true */
  readonly record?: boolean;
  /** Where it is kept instead. @default the browser's database */
  readonly recordStore?: RecordedCallOptions['recordStore'];
  /** Told once a session when it is not, or not wholly, recorded; the call goes on. */
  readonly onRecordingProblem?: RecordedCallOptions['onRecordingProblem'];
  /** @default the console, transitions at debug level */
  readonly log?: Log;
}

/** Makes a session; its owner disposes it. Throws TypeError without a source of tokens, RangeError for an option out of range. */
export function composeSession(options: ComposeOptions): VoiceSession {
  const tickets = ticketsOf(options);
  const log = guardedLog(options.log ?? consoleLog); // the store writes to it as well
  const audio = new PageAudio();
  const recorded = options.record === false ? undefined : recordedCall({ ...options, log, audio });
  const rooms = livekitRooms({ clock: browserClock, audio });
  const byeEndpoint =
    options.byeEndpoint ??
    (options.tokenEndpoint === undefined
      ? undefined
      : byeEndpointOf(options.tokenEndpoint, document.baseURI));
  const agentEndpoint =
    options.agentEndpoint ??
    (options.tokenEndpoint === undefined
      ? undefined
      : agentEndpointOf(options.tokenEndpoint, document.baseURI));
  const resumeStore = claimResumeRecord(options, browserClock);
  const ports: SessionPorts = {
    clock: browserClock,
    random: Math.random,
    log,
    tickets: recorded?.call.tickets(tickets) ?? tickets,
    rooms: recorded?.call.rooms(rooms) ?? rooms,
    microphone: new BrowserMicrophone({ audio, audioProcessing: options.audioProcessing ?? true }),
    network: browserNetwork(),
    probe: serverProbe(),
    recorder: recorded?.call.recorder ?? { begin: () => ({ event: () => {}, end: () => {} }) },
    ...(recorded && { keeping: recorded.keeping }),
    ...(resumeStore !== undefined && { resumeStore }),
    ...(pageLocks() !== undefined && { locks: browserLocks(navigator.locks) }),
    ...(agentEndpoint !== undefined && { agentCalls: gatewayAgentCalls(agentEndpoint) }),
    ...(byeEndpoint !== undefined && { farewell: beaconFarewell(byeEndpoint) }),
  };
  try {
    const session = createVoiceSession(ports, options);
    recorded?.watch(session);
    return session;
  } catch (error) {
    resumeStore?.release?.(); // an option out of range: there is no session to dispose of
    throw error;
  }
}

function ticketsOf({ tokenEndpoint, tokenSource, serverUrl, token, pipeline }: ComposeOptions): TicketPort {
  const asked = { clock: browserClock, ...(pipeline !== undefined && { pipeline }) };
  if (tokenEndpoint !== undefined) return endpointTickets({ endpoint: tokenEndpoint, ...asked });
  if (tokenSource !== undefined) return sourceTickets({ source: tokenSource, ...asked });
  if (serverUrl !== undefined && token !== undefined) return fixedTickets(serverUrl, token);
  throw new TypeError('a session needs tokenEndpoint, tokenSource, or serverUrl and token');
}

/** Only secure pages have locks, whatever TypeScript believes. */
function pageLocks(): LockManager | undefined {
  return (navigator as { locks?: LockManager }).locks;
}
