/**
 * Owns: who may see and end sessions: a person on this machine, or who holds the operator's token.
 * Never: takes a proxy for a person: one that stands on this machine names the visitor, or is reached by another name.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { judgeOrigin } from './request-origin.ts';
import type { OriginHeaders } from './request-origin.ts';

/** What a request tells of who sent it. */
export interface OperatorRequest {
  /** The address at the other end of the socket, not one that a header names. */
  readonly peerAddress: string | undefined;
  readonly headers: OriginHeaders & Readonly<Record<string, string | string[] | undefined>>;
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

function holdsToken(authorization: unknown, token: string | undefined): boolean {
  if (token === undefined || token === '' || typeof authorization !== 'string') return false;
  const given = /^Bearer (\S{1,500})$/i.exec(authorization)?.[1];
  return given !== undefined && timingSafeEqual(hash(given), hash(token));
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}

/** Whether this request is an operator's. Pages of other origins never are, whoever looks at them. */
export function isOperator({ peerAddress, headers }: OperatorRequest, token: string | undefined): boolean {
  if (!judgeOrigin(headers, []).allowed) return false;
  if (holdsToken(headers['authorization'], token)) return true;
  const isLocalName = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(headers.host ?? '');
  return isLoopback(peerAddress) && isLocalName && FORWARDED.every((name) => headers[name] === undefined);
}
