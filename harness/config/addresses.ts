/**
 * Owns: which texts of the configuration are addresses. Pure.
 * Never: takes what a URL parser merely lets pass; these texts end in a Content-Security-Policy and in URLs.
 */
import { isIP } from 'node:net';

/** Longest host name, characters (RFC 1035). */
const MAX_NAME_CHARACTERS = 253;

/** Whether it is a host name (underscores allowed: container networks have them) or an IP address without a zone. */
export function isHost(value: string): boolean {
  if (isIP(value) !== 0) return !value.includes('%');
  const labels = value.replace(/\.$/, '').split('.');
  return (
    value.length <= MAX_NAME_CHARACTERS &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '') // else every misspelt IPv4 address was a name
  );
}

function isPort(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

/** Whether it is `name`, `name:port`, `[v6]` or `[v6]:port`. */
export function isHostAndPort(value: string): boolean {
  const [, v6, name, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(value) ?? [];
  if (port !== undefined && !isPort(port)) return false;
  return v6 === undefined ? isHost(name ?? '') : isIP(v6) === 6 && !v6.includes('%');
}

/** Whether it is the address of a server: `ws://` or `wss://`, a host, perhaps a port and a slash; nothing else. */
export function isWebSocketServer(value: string): boolean {
  const authority = /^wss?:\/\/([^/]+)\/?$/.exec(value)?.[1];
  return authority !== undefined && isHostAndPort(authority) && URL.canParse(value);
}

/** Whether it is an origin exactly as a browser sends it: lower case, no port that is the scheme's own. */
export function isWebOrigin(value: string): boolean {
  const authority = /^https?:\/\/(.+)$/.exec(value)?.[1];
  if (authority === undefined || !isHostAndPort(authority) || !URL.canParse(value)) return false;
  return new URL(value).origin === value;
}

/** Whether every one of a list with commas is what `isOne` wants. */
export function isListOf(isOne: (value: string) => boolean): (list: string) => boolean {
  return (list) => list.split(',').every((value) => isOne(value.trim()));
}

/** Whether it is an http(s) address with a host; path, query and port may follow, credentials may not. */
export function isWebAddress(value: string): boolean {
  if (!/^https?:\/\/[^/?#]/.test(value) || !URL.canParse(value)) return false;
  const { username, password, hostname } = new URL(value);
  return username === '' && password === '' && hostname !== '';
}

/** Whether it is a Redis server's address, perhaps with user, password and database number. */
export function isRedisServer(value: string): boolean {
  const match = /^rediss?:\/\/(?:[^@/\s]*@)?([^@/\s]+)(?:\/\d{0,2})?$/.exec(value);
  return match !== null && isHostAndPort(match[1] ?? '') && URL.canParse(value);
}
