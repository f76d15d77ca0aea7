/** Wires the recording of a session: store, recorder, observer. Nothing here is awaited by the call. */
import { ObservedCall } from '../core/metrics/observed-call.ts';
import type { Log } from '../core/ports.ts';
import { Database } from '../storage/database.ts';
import { IndexedRecordWriter } from '../storage/indexed-record-writer.ts';
import type { RecordWriter } from '../storage/record-store.ts';
import { storeRecorder, type RecordingProblem } from '../storage/recorder.ts';
import { tidy } from '../storage/tidy.ts';
import { browserClock } from './browser-clock.ts';
import { watchPageEvents } from './page-events.ts';

/** After a page's first session is made, what crashed before is put right so much later, ms: the start comes first. */
const TIDY_AFTER_MS = 5000;

/** Choices of who has a call recorded. */
export interface RecordedCallOptions {
  readonly log: Log;
  /** @default the browser's database */
  readonly recordStore?: Promise<RecordWriter> | undefined;
  /** Told once a session when it is not, or not wholly, recorded. */
  readonly onRecordingProblem?: ((problem: RecordingProblem) => void) | undefined;
}

/** A call whose ports are to be led through it. */
export function recordedCall({ log, recordStore, onRecordingProblem }: RecordedCallOptions): ObservedCall {
  const store =
    recordStore ?? Promise.resolve(new IndexedRecordWriter(new Database({ clock: browserClock })));
  const tidyUp = async (): Promise<void> => {
    await browserClock.sleep(TIDY_AFTER_MS, new AbortController().signal);
    await tidy(await store, browserClock.wallMs());
  };
  tidyUp().catch(() => {}); // the recorder tells of a store that cannot be used
  return new ObservedCall({
    clock: browserClock,
    recorder: storeRecorder({
      store,
      clock: browserClock,
      log,
      newId: () => crypto.randomUUID(),
      page: window,
      ...(onRecordingProblem !== undefined && { onProblem: onRecordingProblem }),
    }),
    watchPage: watchPageEvents,
  });
}
