import { hkdfSync } from 'node:crypto';

/**
 * A key of 256 bits for one purpose, from the LiveKit secret (HKDF, RFC 5869). The label keeps purposes apart: a
 * resume value can never be taken for a join token, nor the other way round. No salt: the secret is random already.
 */
export function derivedKey(apiSecret: string, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', apiSecret, '', label, 32));
}
