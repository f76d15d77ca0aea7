import type { LockPort } from '../core/ports.ts';

/** One tab per session, over Web Locks. A lock that the browser refuses for reasons of its own counts as given. */
export function browserLocks(locks: LockManager): LockPort {
  return {
    acquire: (key, { takeOver, onLost }, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        let state: 'asking' | 'held' | 'over' = 'asking';
        let letGo = (): void => {};
        const hold = {
          release: (): void => {
            state = 'over';
            letGo();
          },
        };
        const onAbort = (): void => {
          if (state !== 'asking') return;
          state = 'over'; // what is granted later is given back at once
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        const granted = (lock: Lock | null): Promise<void> | undefined => {
          signal.removeEventListener('abort', onAbort);
          if (state === 'over') return undefined;
          if (lock === null) {
            state = 'over';
            resolve(undefined);
            return undefined;
          }
          state = 'held';
          resolve(hold);
          return new Promise((release) => (letGo = release));
        };
        locks.request(key, takeOver ? { steal: true } : { ifAvailable: true }, granted).catch(() => {
          // AbortError of a held lock: another tab stole it.
          if (state === 'held') {
            state = 'over';
            onLost();
          } else if (state === 'asking') {
            signal.removeEventListener('abort', onAbort);
            resolve(hold);
          }
        });
      }),
  };
}
