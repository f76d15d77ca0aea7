/** Wires the recording of a session: store, recorder, observer. Nothing here is awaited by the call. */
import { ObservedCall } from '../core/metrics/observed-call.ts';
import type { Log } from '../core/ports.ts';
import { openRecordStore } from '../storage/open-record-store.ts';
import { storeRecorder, type RecordingProblem } from '../storage/recorder.ts';
import { tidy } from '../storage/tidy.ts';
import { browserClock } from './browser-clock.ts';
import { watchPageEvents } from './page-events.ts';

/** After a page's first session is made, what crashed before is put right so much later, ms: the start comes first. */
const TIDY_AFTER_MS = 5000;

/** A call whose ports are to be led through it. @param onProblem told once a session when it is not wholly recorded */
export function recordedCall(log: Log, onProblem?: (problem: RecordingProblem) => void): ObservedCall {
  const store = openRecordStore(browserClock, log);
  const tidyUp = async (): Promise<void> => {
    await browserClock.sleep(TIDY_AFTER_MS, new AbortController().signal);
    await tidy(await store, browserClock.wallMs());
  };
  tidyUp().catch((error: unknown) =>
    log.warn(
      'storageUntidy',
      `recordings were not tidied: ${error instanceof Error ? error.name : typeof error}`,
    ),
  );
  return new ObservedCall({
    clock: browserClock,
    recorder: storeRecorder({
      store,
      clock: browserClock,
      log,
      newId: () => crypto.randomUUID(),
      page: window,
      ...(onProblem !== undefined && { onProblem }),
    }),
    watchPage: watchPageEvents,
  });
}
