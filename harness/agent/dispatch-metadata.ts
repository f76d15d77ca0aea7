import { z } from 'zod';
import { PIPELINES } from '../contracts.ts';
import type { DispatchMetadata } from '../contracts.ts';

const schema = z.object({
  voiceSessionId: z.string().regex(/^[a-z0-9-]{8,40}$/),
  pipeline: z.enum(PIPELINES),
});

/** Reads a dispatch's metadata; undefined for what our gateway did not write. */
export function parseDispatchMetadata(text: string): DispatchMetadata | undefined {
  if (text.length > 4096) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON
  }
}
