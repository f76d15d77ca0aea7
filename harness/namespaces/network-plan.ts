/**
 * Decides how the network of one call is laid out over namespaces, and which rules cut it. Pure: lines for `ip -batch`.
 *
 * ```
 * server 198.18.0.1 ── router ── client 198.18.1.1      everything of ours but the browser │ … │ the browser
 *                        └────── refuser 198.18.2.1     answers as 198.18.0.1 with every port closed
 * ```
 *
 * A cut is a few rules of policy routing in the router, so neither end sees a change of its own network. Addresses are
 * of 198.18.0.0/15, which is kept for measuring networks (RFC 2544); no namespace has a way out.
 */
import type { KernelCut } from '../faults/kernel-path.ts';

/** The parts that are namespaces of their own; the server's is the one that this process runs in. */
export const NAMESPACES = ['router', 'client', 'refuser'] as const;
export type NamespaceName = (typeof NAMESPACES)[number];

/** Where the client finds the server. */
export const SERVER_ADDRESS = '198.18.0.1';
export const CLIENT_ADDRESS = '198.18.1.1';
/** Name of the interface in server, client and refuser. */
export const INTERFACE = 'clara0';

const REFUSER_ADDRESS = '198.18.2.1';
const ROUTER = { server: '198.18.0.2', client: '198.18.1.2', refuser: '198.18.2.2' };
/** A /30 holds the two ends of a link. */
const LENGTH = 30;
/** Routing table of what is refused. */
const REFUSING_TABLE = 100;

/** Lines for one namespace. */
export interface BatchStep {
  readonly where: NamespaceName | 'server';
  readonly lines: readonly string[];
}

/** Written in the router before it has an interface: later ones take `default` over. */
export const ROUTER_SETTINGS: Readonly<Record<string, string>> = {
  '/proc/sys/net/ipv4/ip_forward': '1',
  // The refuser answers with the server's address, from another side than the server.
  '/proc/sys/net/ipv4/conf/all/rp_filter': '0',
  '/proc/sys/net/ipv4/conf/default/rp_filter': '0',
};

/** What lays the network out, in order. @param pids a process in each namespace */
export function layOut(pids: Readonly<Record<NamespaceName, number>>): readonly BatchStep[] {
  // IPv6 would give every link an address of its own, and the browser a way that nobody cuts.
  const up = (name: string): string[] => [`link set ${name} addrgenmode none`, `link set ${name} up`];
  const end = (address: string, gateway: string): string[] => [
    'link set lo up',
    `addr add ${address}/${LENGTH} dev ${INTERFACE}`,
    ...up(INTERFACE),
    `route add default via ${gateway}`,
  ];
  const links = { toserver: ROUTER.server, toclient: ROUTER.client, torefuser: ROUTER.refuser };
  return [
    { where: 'server', lines: [`link add ${INTERFACE} type veth peer name toserver netns ${pids.router}`] },
    {
      where: 'router',
      lines: [
        'link set lo up',
        `link add toclient type veth peer name ${INTERFACE} netns ${pids.client}`,
        `link add torefuser type veth peer name ${INTERFACE} netns ${pids.refuser}`,
        ...Object.entries(links).flatMap(([name, address]) => [
          `addr add ${address}/${LENGTH} dev ${name}`,
          ...up(name),
        ]),
        `route add default via ${REFUSER_ADDRESS} dev torefuser table ${REFUSING_TABLE}`,
      ],
    },
    { where: 'server', lines: end(SERVER_ADDRESS, ROUTER.server) },
    { where: 'client', lines: end(CLIENT_ADDRESS, ROUTER.client) },
    {
      where: 'refuser',
      lines: [...end(REFUSER_ADDRESS, ROUTER.refuser), `addr add ${SERVER_ADDRESS}/32 dev lo`],
    },
  ];
}

const FROM_CLIENT = 'iif toclient';
const FROM_SERVER = 'iif toserver';

/** The router's rules of a cut, each without its preference. `blackhole` drops and says nothing. */
export function rulesOf(cut: KernelCut, signalPort: number): readonly string[] {
  switch (cut.kind) {
    case 'silent':
      return [`${FROM_CLIENT} blackhole`, `${FROM_SERVER} blackhole`];
    case 'refused':
      // What the server sends goes through: the reset of the connections that are there.
      return [
        ...rulesOf({ kind: 'udp', side: 'both' }, signalPort),
        `${FROM_CLIENT} ipproto tcp lookup ${REFUSING_TABLE}`,
      ];
    case 'udp':
      return [
        ...(cut.side === 'down' ? [] : [`${FROM_CLIENT} ipproto udp blackhole`]),
        ...(cut.side === 'up' ? [] : [`${FROM_SERVER} ipproto udp blackhole`]),
      ];
    case 'signal':
      return [
        `${FROM_CLIENT} ipproto tcp dport ${signalPort} blackhole`,
        `${FROM_SERVER} ipproto tcp sport ${signalPort} blackhole`,
      ];
  }
}
