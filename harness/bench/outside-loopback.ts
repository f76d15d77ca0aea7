/**
 * Owns: how often a whole call (server, agent, gateway, browser) tries to reach anything but loopback, as the kernel is
 * asked for it: every connect and send of every process, by strace. Linux with strace only.
 * What is sent to an address of this machine's own (rtc-node takes that of a real interface) goes through loopback too.
 * A UDP socket that is only connected asks the routing table and sends nothing: that is no attempt; a send on it is.
 */
import { createReadStream, mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findOnPath } from '../parts/executable.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import type { BenchContext } from './bench-context.ts';
import { atLeast, atMost } from './bench-result.ts';

const CALL_S = 5;
const LIMIT_MS = 150_000;

/** Addresses that this machine's interfaces have. */
function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)));
}

function staysHere(address: string, own: ReadonlySet<string>): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return /^127\.\d+\.\d+\.\d+$/.test(plain) || plain === '::1' || own.has(plain);
}

interface NetworkCall {
  /** As strace tells it; names one socket while that is open. */
  readonly socket: string;
  readonly to: string | undefined;
  /** A UDP socket that is only connected. */
  readonly isUdpConnect: boolean;
}

/** What a line of `strace -yy` does on the network; undefined for other lines. Pure. */
export function networkCallOf(line: string): NetworkCall | undefined {
  const call = /\b(connect|sendto|sendmsg|sendmmsg)\(\d+<((?:TCP|UDP).*?)>(?=[,)])/.exec(line);
  if (call === null) return undefined; // between processes, or to the kernel
  const [, name = '', socket = ''] = call;
  const named = /inet_addr\("([\d.]+)"\)|inet_pton\(AF_INET6, "([\da-f:.]+)"/i.exec(line);
  const connected = /->\[?([\da-f.:]+?)\]?:\d+\]?$/i.exec(socket);
  return {
    socket,
    to: named?.[1] ?? named?.[2] ?? connected?.[1],
    isUdpConnect: name === 'connect' && socket.startsWith('UDP'),
  };
}

/** How many lines go somewhere on the network, and where beyond this machine. @param own its addresses */
export async function countDestinations(
  lines: AsyncIterable<string> | Iterable<string>,
  own: ReadonlySet<string> = ownAddresses(),
): Promise<{ readonly all: number; readonly outside: ReadonlyMap<string, number> }> {
  let all = 0;
  const outside = new Map<string, number>();
  /** Where connected UDP sockets go to: their sends need not say. */
  const connected = new Map<string, string>();
  for await (const line of lines) {
    const call = networkCallOf(line);
    if (call === undefined) continue;
    if (call.isUdpConnect) {
      if (call.to !== undefined) connected.set(call.socket, call.to);
      continue;
    }
    const to = call.to ?? connected.get(call.socket);
    if (to === undefined) continue;
    all += 1;
    if (!staysHere(to, own)) outside.set(to, (outside.get(to) ?? 0) + 1);
  }
  return { all, outside };
}

/** One call of the parrot under strace. */
export async function measureOutsideLoopback({ log, tell, folder: parent }: BenchContext): Promise<void> {
  const strace = await findOnPath(['strace'], process.env['PATH']);
  if (strace === undefined)
    throw new PartMissingError(
      'strace',
      'counting what leaves loopback',
      [{ id: 'path', what: 'strace on the PATH', reason: 'none is there' }],
      'install strace',
    );
  const folder = join(parent, 'outside');
  mkdirSync(folder, { recursive: true });
  const trace = join(folder, 'trace');
  const call = nodeModuleArguments(new URL('../cli/main.ts', import.meta.url));
  const options = ['call', '--seconds', String(CALL_S), '--json', '--log-level', 'silent'];
  const group = await ProcessGroup.start({
    command: strace,
    args: [
      ...['-f', '-qq', '-yy', '-s', '0', '--signal=none', '--seccomp-bpf'],
      ...['-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', trace],
      ...[process.execPath, ...call, ...options],
    ],
    env: { ...process.env, TMPDIR: folder, XDG_STATE_HOME: folder },
  });
  const limit = setTimeout(() => group.signal('SIGKILL'), LIMIT_MS);
  try {
    await group.exited;
    await group.drained;
  } finally {
    clearTimeout(limit);
    await group.stop({ killAfterMs: 0 });
  }
  const { all, outside } = await countDestinations(createInterface({ input: createReadStream(trace) }));
  if (outside.size > 0)
    log.error({ event: 'outsideLoopback', destinations: Object.fromEntries(outside) }, 'loopback was left');
  const attempts = [...outside.values()].reduce((sum, count) => sum + count, 0);
  // A call sends some hundred packets a second: fewer mean that there was no call to look at.
  tell(atLeast('supervisor.networkCalls', all, 500, 'connects and sends'));
  tell(atMost('supervisor.outsideLoopback', attempts, 0, 'attempts'));
}
