/** Wires the recording of a session: store, recorder, observer. Nothing here is awaited by the call. */
import { KeepSwitch } from '../core/keeping/keep-switch.ts';
import { ObservedCall } from '../core/metrics/observed-call.ts';
import type { VoiceSession } from '../core/session/types.ts';
import type { PageAudio } from '../livekit/page-audio.ts';
import type { Log } from '../core/ports.ts';
import { Database } from '../storage/database.ts';
import { IndexedRecordWriter } from '../storage/indexed-record-writer.ts';
import type { RecordWriter } from '../storage/record-store.ts';
import { storeRecorder, type RecordingProblem } from '../storage/recorder.ts';
import { tidy } from '../storage/tidy.ts';
import { browserClock } from './browser-clock.ts';
import { watchPageEvents } from './page-events.ts';

/** After a call is made, what crashed before is put right so much later, ms: the start comes first. */
const TIDY_AFTER_MS = 5000;

/** Choices of who has a call recorded. */
export interface RecordedCallOptions {
  readonly log: Log;
  /** What a user may have kept as sound. */
  readonly audio: PageAudio;
  /** @default the browser's database */
  readonly recordStore?: Promise<RecordWriter> | undefined;
  /** Told once a session when it is not, or not wholly, recorded. */
  readonly onRecordingProblem?: ((problem: RecordingProblem) => void) | undefined;
}

/** A recorded call. */
export interface RecordedCall {
  /** Its ports are to be led through it. */
  readonly call: ObservedCall;
  readonly keeping: KeepSwitch;
  /** The session that is recorded. Once, before it is started. */
  watch(session: VoiceSession): void;
}

/** A call that is to be recorded. */
export function recordedCall({
  log,
  audio,
  recordStore,
  onRecordingProblem,
}: RecordedCallOptions): RecordedCall {
  const store =
    recordStore ?? Promise.resolve(new IndexedRecordWriter(new Database({ clock: browserClock })));
  const tidyUp = async (): Promise<void> => {
    await browserClock.sleep(TIDY_AFTER_MS, new AbortController().signal); // also when the call is over by then
    await tidy(await store, browserClock.wallMs());
  };
  tidyUp().catch(() => {}); // the recorder tells of a store that cannot be used
  let transcript: VoiceSession['transcript'] | undefined;
  const keeping = new KeepSwitch(
    async (run, tell) => {
      const { keeperOf } = await import('./keep-session.ts');
      if (transcript === undefined) throw new Error('no session is watched');
      return keeperOf(audio, { run, tell, store, transcript, clock: browserClock });
    },
    () => transcript?.value ?? [],
  );
  const call = new ObservedCall({
    clock: browserClock,
    keeping,
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
  return {
    call,
    keeping,
    watch(session) {
      transcript = session.transcript;
      call.watch(session);
    },
  };
}
