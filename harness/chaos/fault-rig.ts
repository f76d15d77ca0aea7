/**
 * Owns: one call's rig with everything between its page and the server that faults can play on: a client path for media
 * and signal, a proxy for the gateway, the page's controls. Agent and gateway talk straight to the server, so that the
 * page alone is cut. Never: applies a fault.
 */
import { startCallRig, type CallRig, type CallRigOptions } from '../call/call-rig.ts';
import { clickStart } from '../call/run-call.ts';
import type { Running } from '../contracts.ts';
import { startClientPath, WAY_A_NODE_IP, type ClientPath, type RelayWay } from '../faults/client-path.ts';
import type { FaultSpec } from '../faults/create-fault.ts';
import type { FaultWay } from '../faults/fault-way.ts';
import type { FaultTarget } from '../faults/fault.ts';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import type { LiveKitServer } from '../server/livekit-server.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { controlPage, type PageControl, type PressStart } from './browser-control.ts';
import { missedMark, type PathCounts } from './fault-mark.ts';
import { startKernelRig } from './kernel-rig.ts';
import { leaveRelabel } from './leave-relabel.ts';
import { agentTarget, rendererTarget, serverTarget } from './process-targets.ts';
import { roomControl } from './room-control.ts';

/** How to set up. */
export interface FaultRigOptions extends Omit<CallRigOptions, 'through' | 'nodeIp' | 'network'> {
  /** @default B */
  readonly way?: FaultWay;
  /** Network emulation in the page from its beginning: where the browser shall be told that it is offline. */
  readonly emulate: boolean;
  /** @default a click on the Start button */
  readonly pressStart?: PressStart;
}

/** A call's rig, and what faults may touch of it. */
export interface FaultRig extends Running {
  /** Its `url` leads through the gateway's proxy, where there is one. */
  readonly rig: CallRig;
  /** Not with way N. */
  readonly gateway?: TcpProxy;
  readonly page: PageControl;
  readonly target: FaultTarget;
  /** To be called while the call is up, before a fault of its room: finds it beforehand. */
  readonly prepareRoom: () => Promise<void>;
  /** To be called before a fault; the result tells why it hit nothing, undefined when it did. */
  readonly watchMark: (fault: FaultSpec) => () => string | undefined;
}

/** Starts it with an empty page. The caller owns it. Rejects with the error of the part that failed, all stopped again. */
export async function startFaultRig(options: FaultRigOptions, signal: AbortSignal): Promise<FaultRig> {
  const { way = 'B' } = options;
  return way === 'N' ? startKernelRig(options, signal) : startRelayRig(options, way, signal);
}

async function startRelayRig(
  options: FaultRigOptions,
  way: RelayWay,
  signal: AbortSignal,
): Promise<FaultRig> {
  const { pressStart = clickStart } = options;
  const parts = new StopStack(options.log);
  const relabel = leaveRelabel();
  const between: { path: ClientPath; server: LiveKitServer }[] = [];
  try {
    const rig = await startCallRig(
      {
        ...options,
        ...(way === 'A' && { nodeIp: WAY_A_NODE_IP }),
        through: async (address, server) => {
          if (server === undefined)
            throw new Error('faults need a livekit-server of their own, not --livekit-url');
          const path = await startClientPath({
            way,
            signalPort: server.port,
            udpPort: server.udpPort,
            swap: relabel.swap,
          });
          parts.defer('client path', () => path.close());
          between.push({ path, server });
          const { url, apiKey, apiSecret } = address; // may be getters, which a spread would not take
          return { url, publicUrl: path.url, apiKey, apiSecret };
        },
      },
      signal,
    );
    parts.own('rig', rig, 45_000);
    const [{ path, server } = neverStarted()] = between;
    const gateway = await startTcpProxy({ serverPort: Number(new URL(rig.url).port) });
    parts.defer('gateway proxy', () => gateway.close());
    const page = await controlPage({ browser: rig.browser, pressStart, emulate: options.emulate });
    const url = new URL(rig.url);
    url.port = String(gateway.port);
    const room = roomControl(server, () => relabel.arm());
    const stop = () => parts.stop();
    return {
      prepareRoom: () => room.prepare(),
      rig: { ...rig, url: url.href },
      gateway,
      page,
      watchMark: (fault) => {
        const before = pathCounts(path);
        return () => missedMark(fault, before, pathCounts(path));
      },
      target: {
        media: path.media,
        signal: path.signal,
        gateway,
        browser: page,
        server: serverTarget(server),
        agent: agentTarget(rig.runFolder),
        renderer: rendererTarget(rig.runFolder),
        room,
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function pathCounts({ media, signal }: ClientPath): PathCounts {
  return { media: media.counts(), mediaClients: media.clientCount, signal: signal.counts() };
}

function neverStarted(): never {
  throw new Error('the stack started without asking what stands between');
}
