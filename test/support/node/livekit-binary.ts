import { findLiveKitServer } from '../../../harness/server/find-livekit-server.ts';
import type { LiveKitServerBinary } from '../../../harness/server/find-livekit-server.ts';

/** The livekit-server of this machine, got by the same code as a user's. */
export function liveKitBinary(): Promise<LiveKitServerBinary> {
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  return findLiveKitServer({ env: process.env, report }, AbortSignal.timeout(20 * 60_000));
}
