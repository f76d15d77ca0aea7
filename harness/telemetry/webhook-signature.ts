/** How a webhook proves who sent it, and when: HMAC-SHA256 over time and body, so that an old one cannot be sent again. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Header with `t=<unix seconds>,v1=<hex>`. */
export const SIGNATURE_HEADER = 'clara-signature';

function hmac(secret: string, atS: number, body: string): string {
  return createHmac('sha256', secret).update(`${atS}.${body}`).digest('hex');
}

/** The header's value. */
export function signWebhook(secret: string, body: string, atWallMs: number): string {
  const atS = Math.floor(atWallMs / 1000);
  return `t=${atS},v1=${hmac(secret, atS, body)}`;
}

/** For receivers: whether the header fits the body and is no older (or newer) than `toleranceMs`. */
export function isSignedBy(
  secret: string,
  body: string,
  header: string,
  nowWallMs: number,
  toleranceMs = 300_000,
): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (match === null) return false;
  const atS = Number(match[1]);
  if (Math.abs(nowWallMs - atS * 1000) > toleranceMs) return false;
  return timingSafeEqual(Buffer.from(match[2] ?? '', 'hex'), Buffer.from(hmac(secret, atS, body), 'hex'));
}
