/**
 * Owns: the configuration of a livekit-server on loopback. Pure. YAML is a superset of JSON, so JSON is written.
 * Never: listens beyond loopback and an interface that is named, or reaches for a public STUN server.
 */

/** An interface of a network namespace of our own, and its IPv4 address. */
export interface OutsideInterface {
  readonly address: string;
  readonly interfaceName: string;
}

/** What differs from server to server. */
export interface ServerSettings {
  readonly httpPort: number;
  readonly udpPort: number;
  readonly apiKey: string;
  /** 32 characters or more; the server complains about shorter ones and goes on. */
  readonly apiSecret: string;
  /** Address that clients are told for media, with `udpPort`. A relay on 127.0.0.2 goes here. @default 127.0.0.1 */
  readonly nodeIp?: string;
  /** An interface beside loopback for clients that are not on it: HTTP is there too, media only there. @default none */
  readonly outside?: OutsideInterface;
  /** `host:port`, on loopback; nobody needs to listen. @default a port of loopback that is never used */
  readonly stunServers?: readonly string[];
}

/**
 * Nobody answers there, and the list must not be empty or clients are handed public servers. Above 1023: under CDP's
 * network emulation Chromium 156 crashes a page that is told a STUN server on a privileged port.
 */
const SILENT_STUN = '127.0.0.1:17883';

/** The configuration as text for `--config`. */
export function serverYaml(settings: ServerSettings, platform: NodeJS.Platform = process.platform): string {
  const { outside } = settings;
  return JSON.stringify({
    port: settings.httpPort,
    bind_addresses: ['127.0.0.1', ...(outside === undefined ? [] : [outside.address])],
    keys: { [settings.apiKey]: settings.apiSecret },
    logging: { level: 'info', json: true },
    rtc: {
      udp_port: settings.udpPort,
      tcp_port: 0, // else 7881 on every interface
      use_external_ip: false,
      node_ip: settings.nodeIp ?? outside?.address ?? '127.0.0.1',
      enable_loopback_candidate: true, // without it there is no UDP socket at all
      interfaces: { includes: [outside?.interfaceName ?? (platform === 'darwin' ? 'lo0' : 'lo')] },
      ips: { includes: [`${outside?.address ?? '127.0.0.1'}/32`] },
      use_ice_lite: true, // else the server pings the clients' own candidates and goes round a relay
      stun_servers: settings.stunServers ?? [SILENT_STUN],
    },
    room: { empty_timeout: 30, departure_timeout: 20 }, // defaults only: every room is created with its own
  });
}

/**
 * The environment a server gets: ours without what livekit-server reads (LIVEKIT_*, NODE_IP, UDP_PORT, REDIS_*), because
 * that would override the configuration.
 */
export function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(LIVEKIT_.*|NODE_IP|UDP_PORT|REDIS_.*)$/.test(name)),
  );
}
