/**
 * Marks a session as being written by a page that lives. The lock goes with the page, however it goes.
 */
const lockName = (sessionId: string): string => `clara-voice-recording-${sessionId}`;

/** The browser's locks, which a page that is not secure has not. */
function pageLocks(): LockManager | undefined {
  return (navigator as { locks?: LockManager }).locks;
}

/** Holds the mark until `until` aborts. Never throws. */
export function holdRecordingLock(sessionId: string, until: AbortSignal): void {
  const released = new Promise<void>((resolve) =>
    until.addEventListener('abort', () => resolve(), { once: true }),
  );
  pageLocks()
    ?.request(lockName(sessionId), () => released)
    .catch(() => {}); // without the mark the next start ends the session too early, no more
}

/** Resolves when no page writes this session any more; rejects when `signal` aborts. False: this browser cannot tell. */
export async function whenRecorded(sessionId: string, signal: AbortSignal): Promise<boolean> {
  const locks = pageLocks();
  if (locks === undefined) return false;
  return locks.request(lockName(sessionId), { signal }, () => true);
}

/** Whether some page writes this session now; undefined where the browser has no locks. */
export async function isBeingRecorded(sessionId: string): Promise<boolean | undefined> {
  const locks = pageLocks();
  if (locks === undefined) return undefined;
  return locks.request(lockName(sessionId), { ifAvailable: true }, (lock) => lock === null);
}
