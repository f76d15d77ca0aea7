/**
 * Names of rooms and people as salted hashes: equal ones can be told in one browser, and nobody else can guess a name
 * from them, because the salt never leaves it.
 */
import type { RecordWriter } from './record-store.ts';

const SALT = 'salt';
const HASH_BYTES = 8;

/** Hashes `text` with the salt of `store`, 16 hex digits; undefined where the page has no SubtleCrypto (not secure). */
export async function saltedHash(store: RecordWriter, text: string): Promise<string | undefined> {
  const subtle = (crypto as { subtle?: SubtleCrypto }).subtle;
  if (subtle === undefined) return undefined;
  const salt = await saltOf(store);
  const bytes = await subtle.digest('SHA-256', new TextEncoder().encode(`${salt}\n${text}`));
  return hex(new Uint8Array(bytes).subarray(0, HASH_BYTES));
}

async function saltOf(store: RecordWriter): Promise<string> {
  const known = await store.setting(SALT);
  if (typeof known === 'string') return known;
  const salt = hex(crypto.getRandomValues(new Uint8Array(16)));
  await store.setSetting(SALT, salt);
  return salt;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
