/**
 * The bars of recording.md, measured in a page by the code that ships. Started by harness/bench/recording-bench.ts, which
 * knows the bars; here are only the measurements. Each opens a database of its own and deletes it, but for those that
 * need the page to be new.
 */
import { openDB } from 'idb';
import { html, render } from 'lit';
import { LIST_STEP, Reviews } from '../app/review/reviews.ts';
import { sessionsPage } from '../app/pages/sessions.ts';
import '../app/review/elements.ts';
import { archiveBlob } from '../compose/export-recording.ts';
import { browserClock } from '../compose/browser-clock.ts';
import { libraryOver } from '../compose/recording-library.ts';
import { SampleMaker } from '../core/metrics/sample-maker.ts';
import { chunkOf, tableOfChunks } from '../core/metrics/sample-buffer.ts';
import { tableOf } from '../core/metrics/sample-table.ts';
import { roomMetricsOf } from '../livekit/room-metrics.ts';
import { Database } from '../storage/database.ts';
import { IndexedRecordStore } from '../storage/indexed-record-store.ts';
import { putAway } from '../storage/put-away.ts';
import type { TimedChunk } from '../storage/record-store.ts';
import { FLUSH_EVERY_MS, storeRecorder } from '../storage/recorder.ts';
import { MAIN_STREAM } from '../shared/recording.ts';
import type { ClaraReviewElement } from '../ui/review/clara-review-element.ts';
import { syntheticRecording, syntheticSamples } from './synthetic-call.ts';

const HOUR_S = 3600;
/** How long before a flush a browser is killed, ms: the kill takes its time. */
const BEFORE_FLUSH_MS = 250;
/** As many as wait for a flush: the first of them begins the wait. */
const SAMPLES_PER_FLUSH = Math.floor(FLUSH_EVERY_MS / 1000) + 1;
/** Of an hour each: as much as makes what a database takes when it is empty count for nothing. */
const LIVE_SESSIONS = 50;
const STARTED_WALL_MS = Date.UTC(2026, 2, 1, 12);
const silent = { info: () => {}, warn: () => {} };
const settled = (delayMs = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
/** Drawn and on its way to the screen. */
const painted = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** The share of values below: 0.5 is the middle. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function storeOf(name: string): { store: IndexedRecordStore; database: Database } {
  const database = new Database({ clock: browserClock, name });
  return { store: new IndexedRecordStore(database), database };
}

/** Runs `work` on a database that is deleted afterwards. */
async function withStore<T>(name: string, work: (store: IndexedRecordStore) => Promise<T>): Promise<T> {
  const { store, database } = storeOf(`clara-bench-${name}`);
  try {
    return await work(store);
  } finally {
    await database.close();
    await new Promise((resolve) => {
      const deleting = indexedDB.deleteDatabase(`clara-bench-${name}`);
      deleting.onsuccess = deleting.onerror = resolve;
    });
  }
}

async function begin(store: IndexedRecordStore, id: string): Promise<void> {
  await store.begin({ id, startedWallMs: STARTED_WALL_MS, pinned: false, source: 'recorded' });
}

/** Chunks as a recorder writes them, one a flush. */
function liveChunks(count: number, seed = 1): TimedChunk[] {
  const samples = syntheticSamples(count * SAMPLES_PER_FLUSH, seed);
  return Array.from({ length: count }, (_, seq) => {
    const some = samples.slice(seq * SAMPLES_PER_FLUSH, (seq + 1) * SAMPLES_PER_FLUSH);
    return { ...chunkOf('main', seq, tableOf(some)), toMs: some.at(-1)?.atMs ?? 0 };
  });
}

/** A connection of this page with itself that sends sound, for reports as a call has them. */
async function loopback(): Promise<{ reports: () => Promise<RTCStatsReport[]>; close: () => void }> {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined).catch(() => {});
  other.onicecandidate = ({ candidate }) => void one.addIceCandidate(candidate ?? undefined).catch(() => {});
  for (const track of out.stream.getTracks()) one.addTrack(track, out.stream);
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription as RTCSessionDescription);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription as RTCSessionDescription);
  await settled(1500);
  return {
    reports: () => Promise.all([one.getStats(), other.getStats()]),
    close: () => {
      one.close();
      other.close();
      context.close().catch(() => {});
    },
  };
}

/** The call of {@link measurements.callOn}, and its recording. */
let liveCall: Awaited<ReturnType<typeof loopback>> | undefined;
let liveRecording: { readonly samples: () => number; readonly end: () => Promise<void> } | undefined;

const measurements = {
  /** A call begins in this page. */
  async callOn(): Promise<void> {
    liveCall = await loopback();
  },

  /** It is recorded from now on, as a session is: both reports once a second, the sample, the flushes. */
  async recordCall(): Promise<void> {
    const { store, database } = storeOf('clara-bench-recorder');
    await begin(store, 'warm'); // the database is made
    const session = storeRecorder({
      store: Promise.resolve(store),
      clock: browserClock,
      log: silent,
      newId: () => 'a',
      page: window,
    }).begin(Date.now());
    const maker = new SampleMaker();
    const startedMs = performance.now();
    let samples = 0;
    const sampleOnce = async (): Promise<void> => {
      const reports = (await liveCall?.reports()) ?? [];
      const atMs = performance.now() - startedMs;
      const facts = {
        monoMs: atMs,
        agentTrackIds: new Set(
          [...(reports[1]?.values() ?? [])].map(
            (one: { trackIdentifier?: string }) => one.trackIdentifier ?? '',
          ),
        ),
        signalRttMs: 20,
        connectionState: 'connected',
        connectionQuality: 'good',
      };
      const made = maker.make(atMs, roomMetricsOf(reports, facts), { signalPhaseCode: 3 });
      for (const { stream, sample } of made) session.sample(stream, sample);
      samples += made.filter(({ stream }) => stream === MAIN_STREAM).length;
    };
    const timer = setInterval(() => {
      sampleOnce().catch(reportError);
    }, 1000);
    liveRecording = {
      samples: () => samples,
      end: async () => {
        clearInterval(timer);
        session.end(Date.now(), { phase: 'ended', reason: 'stopped' });
        await settled(200);
        await database.close();
        indexedDB.deleteDatabase('clara-bench-recorder');
      },
    };
  },

  /** The recording ends and the call goes on; how many samples of the call were taken. */
  async recordCallOff(): Promise<number> {
    const samples = liveRecording?.samples() ?? 0;
    await liveRecording?.end();
    return samples;
  },

  /** The call ends too. */
  callOff(): void {
    liveCall?.close();
  },

  /** From the begin of a write to its end; ms. As many samples as wait for one. */
  async flush(): Promise<{ p50: number; p99: number }> {
    return withStore('flush', async (store) => {
      await begin(store, 'a');
      const times: number[] = [];
      for (const chunk of liveChunks(400)) {
        const { seq } = chunk;
        const startedMs = performance.now();
        await store.append('a', { firstSeq: seq, events: [], chunks: [chunk] });
        times.push(performance.now() - startedMs);
        if (seq % 20 === 0) await settled();
      }
      return {
        p50: percentile(times, 0.5),
        p99: percentile(times, 0.99),
      };
    });
  },

  /** Fills a database with sessions that run, of ids as calls have them; how many samples. Weighed from outside. */
  async fillLive(): Promise<number> {
    const { store, database } = storeOf('clara-bench-live');
    for (let session = 1; session <= LIVE_SESSIONS; session++) {
      const id = crypto.randomUUID();
      await begin(store, id);
      await store.append(id, { firstSeq: 0, events: [], chunks: liveChunks(400, session) });
    }
    await database.close();
    return LIVE_SESSIONS * 400 * SAMPLES_PER_FLUSH;
  },

  /** Bytes a sample of an exported hour. */
  async archived(): Promise<number> {
    const blob = await archiveBlob([syntheticRecording('a', HOUR_S, STARTED_WALL_MS)]);
    return blob.size / HOUR_S;
  },

  /** Samples a second when whole sessions are written out of columns: packing, then writing. */
  async bulk(): Promise<number> {
    return withStore('bulk', async (store) => {
      const samples = syntheticSamples(CHUNKS_AT_ONCE * 300);
      const tables = Array.from({ length: CHUNKS_AT_ONCE }, (_, at) =>
        tableOf(samples.slice(at * 300, at * 300 + 300)),
      );
      await settled(50);
      const startedMs = performance.now();
      await store.add(
        Array.from({ length: 10 }, (_, session) => ({
          session: {
            id: `s${session}`,
            startedWallMs: session,
            endedWallMs: session,
            pinned: false,
            source: 'recorded' as const,
          },
          events: [],
          chunks: tables
            .slice((session * CHUNKS_AT_ONCE) / 10, ((session + 1) * CHUNKS_AT_ONCE) / 10)
            .map((table, seq) => chunkOf('main', seq, table)),
        })),
      );
      return samples.length / ((performance.now() - startedMs) / 1000);
    });
  },

  /** 100,000 samples out of the database into columns; ms, the middle of five. */
  async read100k(): Promise<number> {
    return withStore('read', async (store) => {
      await store.add([syntheticRecording('a', 100_000, STARTED_WALL_MS)]);
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const startedMs = performance.now();
        const stored = await store.read('a');
        const table = tableOfChunks(stored?.recording.chunks ?? []);
        times.push(performance.now() - startedMs);
        if (table.rows !== 100_000) throw new Error(`${table.rows} rows`);
        await settled(20);
      }
      return percentile(times, 0.5);
    });
  },

  /** Fills the database of {@link openHour}; the next page opens it cold. */
  async fillHour(): Promise<void> {
    const { store, database } = storeOf('clara-bench-open');
    await store.add([syntheticRecording('a', HOUR_S, STARTED_WALL_MS)]);
    await database.close();
  },

  /**
   * Opens an hour from the database, draws it on its canvases and lays it out; ms: the first in this page, and the middle of
   * the others. The screen's part is left out: without a display it is done in software, frame by frame (70 ms here).
   */
  async openHour(): Promise<{ cold: number; p50: number }> {
    return withStore('open', async (store) => {
      const times: number[] = [];
      for (let round = 0; round < 16; round++) {
        const startedMs = performance.now();
        const model = await libraryOver(store).review('a');
        const element = Object.assign(document.createElement('clara-review') as ClaraReviewElement, {
          model,
        });
        const drawn = new Promise((resolve) =>
          element.addEventListener('clara-review-drawn', resolve, { once: true }),
        );
        document.body.append(element);
        await drawn;
        element.getBoundingClientRect(); // laid out
        times.push(performance.now() - startedMs);
        element.remove();
        await settled(30);
      }
      return { cold: times[0] ?? NaN, p50: percentile(times.slice(1), 0.5) };
    });
  },

  /** Fills the database of {@link list}; the next page measures it cold. */
  async fillList(): Promise<void> {
    const { store, database } = storeOf('clara-bench-list');
    await store.add(
      Array.from({ length: LISTED }, (_, at) =>
        syntheticRecording(`s${at}`, 30, STARTED_WALL_MS + at * 3_600_000),
      ),
    );
    for (let at = 0; at < LISTED; at++) await putAway(store, `s${at}`);
    await database.close();
  },

  /**
   * Opens the database, reads a thousand sessions and paints their list as the app does, its first {@link LIST_STEP};
   * ms, and how many. In a page that has just been loaded.
   */
  async list(): Promise<{ tookMs: number; drawn: number }> {
    return withStore('list', async (store) => {
      const place = document.createElement('main');
      document.body.append(place);
      const startedMs = performance.now();
      let isListed = (): void => {};
      const listed = new Promise<void>((resolve) => (isListed = resolve));
      const reviews: Reviews = new Reviews({
        openLibrary: () => Promise.resolve(libraryOver(store)),
        loadElements: () => Promise.resolve(),
        go: () => {},
        draw: () => {
          render(html`${sessionsPage(reviews, false)}`, place);
          if (reviews.state.sessions.status === 'ready') isListed();
        },
        save: () => {},
        signal: new AbortController().signal,
      });
      reviews.show({ page: 'sessions', ids: [] });
      await listed;
      await painted();
      const tookMs = performance.now() - startedMs;
      const { sessions } = reviews.state;
      const read = sessions.status === 'ready' ? sessions.value.length : 0;
      const drawn = place.querySelectorAll('.session').length;
      if (read !== LISTED || drawn !== LIST_STEP) throw new Error(`${read} sessions read, ${drawn} drawn`);
      place.remove();
      return { tookMs, drawn };
    });
  },

  /** Deletes sessions of an hour; ms, the middle. */
  async delete(): Promise<number> {
    return withStore('delete', async (store) => {
      const hour = syntheticRecording('a', HOUR_S, STARTED_WALL_MS);
      const times: number[] = [];
      for (let round = 0; round < 20; round++) {
        await store.add([{ ...hour, session: { ...hour.session, id: `s${round}` } }]);
        await settled(10);
        const startedMs = performance.now();
        await store.delete(`s${round}`);
        times.push(performance.now() - startedMs);
      }
      return percentile(times, 0.5);
    });
  },

  /** A hundred hours out of the database into one archive; ms. */
  async export100h(): Promise<number> {
    return withStore('export', async (store) => {
      const hour = syntheticRecording('a', HOUR_S, STARTED_WALL_MS);
      for (let at = 0; at < 100; at++)
        await store.add([{ ...hour, session: { ...hour.session, id: `s${at}` } }]);
      const startedMs = performance.now();
      const [file, ...others] = await libraryOver(store).exportAll();
      const tookMs = performance.now() - startedMs;
      if (file === undefined || file.blob.size < 1_000_000 || others.length > 0)
        throw new Error(`${file?.blob.size} bytes, ${others.length} files more`);
      return tookMs;
    });
  },

  /**
   * Records a sample and an event a second until the browser is killed; when there is most to lose, ms from now, and
   * the time between two flushes, ms.
   */
  recordOn(): { worstAfterMs: number; flushEveryMs: number } {
    const { store } = storeOf('clara-bench-crash');
    const recorder = storeRecorder({
      store: Promise.resolve(store),
      clock: browserClock,
      log: silent,
      newId: () => 'crash',
      page: window,
    }).begin(Date.now());
    const startedMs = performance.now();
    const samples = syntheticSamples(600);
    let second = 0;
    setInterval(() => {
      const atMs = performance.now() - startedMs;
      recorder.sample('main', { ...samples[second++], atMs });
      recorder.event({ kind: 'network', atMs, hint: 'connectionChange' });
    }, 1000);
    // Each flush comes FLUSH_EVERY_MS after the first second that waits for it.
    let firstWaitingMs = 1000;
    for (let flush = 1; flush < 3; flush++)
      firstWaitingMs = (Math.floor((firstWaitingMs + FLUSH_EVERY_MS) / 1000) + 1) * 1000;
    return {
      worstAfterMs: firstWaitingMs + FLUSH_EVERY_MS - BEFORE_FLUSH_MS,
      flushEveryMs: FLUSH_EVERY_MS,
    };
  },

  /** What {@link recordOn} has left: how far it came, ms since its start, and whether all of it can be read. */
  async afterCrash(): Promise<{ lastMs: number; samples: number; events: number; broken: number }> {
    const { store, database } = storeOf('clara-bench-crash');
    const stored = await store.read('crash');
    const lastMs = await store.lastAtMs('crash');
    const chunks = stored?.recording.chunks ?? [];
    const table = tableOfChunks(chunks); // throws for half a record
    await database.close();
    const raw = await openDB('clara-bench-crash');
    const rows = await raw.count('chunks');
    raw.close();
    return {
      lastMs,
      samples: table.rows,
      events: stored?.recording.events.length ?? 0,
      broken: (stored?.leftOut ?? 0) + rows - chunks.length,
    };
  },
};

const CHUNKS_AT_ONCE = 400;
/** Sessions of {@link measurements.list}. */
const LISTED = 1000;

/** What the harness calls. */
export type RecordingMeasurements = typeof measurements;

Object.assign(globalThis, { claraBench: measurements });
