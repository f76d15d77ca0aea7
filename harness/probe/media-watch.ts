/**
 * Counts sound packets over all open peer connections, again and again: proof of media in a page that nobody knows.
 * What a closed connection had counted stays in the sums, so that they never fall.
 */

/** Sums since the page began. */
export interface MediaCounts {
  readonly sent: number;
  readonly received: number;
  /** Answers to ICE checks and consents on selected pairs. */
  readonly answers: number;
}

/** Calls `onCounts` every `everyMs` while there is a connection, for as long as the page lives. */
export function watchMedia(
  connections: ReadonlySet<RTCPeerConnection>,
  everyMs: number,
  onCounts: (counts: MediaCounts) => void,
): void {
  const last = new Map<RTCPeerConnection, MediaCounts>();
  const look = async (): Promise<void> => {
    for (const connection of connections) {
      if (connection.connectionState === 'closed') continue;
      try {
        last.set(connection, countsOf(await connection.getStats()));
      } catch {
        // closed meanwhile: what it had counted stays
      }
    }
    if (last.size > 0) onCounts(sumOf([...last.values()]));
  };
  let looking = false;
  setInterval(() => {
    if (looking) return;
    looking = true;
    const done = (): void => {
      looking = false;
    };
    look().then(done, done);
  }, everyMs);
}

function countsOf(stats: RTCStatsReport): MediaCounts {
  let [sent, received, answers] = [0, 0, 0];
  for (const value of stats.values() as Iterable<Record<string, unknown>>) {
    if (value['type'] === 'outbound-rtp' && value['kind'] === 'audio') sent += Number(value['packetsSent']);
    if (value['type'] === 'inbound-rtp' && value['kind'] === 'audio')
      received += Number(value['packetsReceived']);
    if (value['type'] === 'candidate-pair') answers += Number(value['responsesReceived'] ?? 0);
  }
  return { sent, received, answers };
}

/** All together. */
export function sumOf(counts: readonly MediaCounts[]): MediaCounts {
  const sum = (pick: (each: MediaCounts) => number): number =>
    counts.reduce((total, each) => total + pick(each), 0);
  return {
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
    answers: sum(({ answers }) => answers),
  };
}
