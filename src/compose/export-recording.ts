/** Recordings as files. Owns names, types and compression of what is handed out; what is in them is core's. */
import { archivedBytes, archiveOf } from '../core/review/exports/archive.ts';
import { csvOfEvents, csvOfSamples } from '../core/review/exports/csv.ts';
import { ndjsonOf } from '../core/review/exports/ndjson.ts';
import { openMetricsOf } from '../core/review/exports/open-metrics.ts';
import { otlpMetricLines, otlpTraceLines } from '../core/review/exports/otlp.ts';
import { rtcstatsOf } from '../core/review/exports/rtcstats.ts';
import { webrtcInternalsOf } from '../core/review/exports/webrtc-internals.ts';
import { MAX_IMPORT_BYTES, MAX_SESSIONS } from '../core/review/imports/limits.ts';
import { openRecording } from '../core/review/open-recording.ts';
import type { OpenRecording } from '../core/review/open-recording.ts';
import { isoTime } from '../core/review/iso-time.ts';
import type { Recording } from '../shared/recording.ts';
import type { ExportFormat, RecordingFile } from './recording-library.ts';

interface TextFormat {
  readonly ending: string;
  readonly type: string;
  readonly lines: (recording: OpenRecording) => Iterable<string>;
}

const TEXTS: Readonly<Record<Exclude<ExportFormat, 'archive'>, TextFormat>> = {
  csvSamples: { ending: 'samples.csv', type: 'text/csv', lines: csvOfSamples },
  csvEvents: { ending: 'events.csv', type: 'text/csv', lines: csvOfEvents },
  ndjson: { ending: 'ndjson', type: 'application/x-ndjson', lines: ndjsonOf },
  otlpMetrics: { ending: 'otlp-metrics.jsonl', type: 'application/x-ndjson', lines: otlpMetricLines },
  otlpTraces: { ending: 'otlp-traces.jsonl', type: 'application/x-ndjson', lines: otlpTraceLines },
  openMetrics: {
    ending: 'openmetrics.txt',
    type: 'text/plain',
    lines: (recording) => openMetricsOf([recording]),
  },
  rtcstats: { ending: 'rtcstats.txt', type: 'text/plain', lines: rtcstatsOf },
  webrtcInternals: { ending: 'webrtc-internals.json', type: 'application/json', lines: webrtcInternalsOf },
};
/** Joined before they go into a Blob: a Blob of a million small parts is slow. */
const PART_LENGTH = 1_000_000;
/**
 * Largest file of a backup before it is packed, bytes, and its sessions: half of what an import takes, since the values of
 * some samples take more room there than their bytes tell, and a phone has to hold it. Sound cannot be packed.
 */
const MAX_BACKUP_BYTES = MAX_IMPORT_BYTES / 2;
const MAX_BACKUP_SESSIONS = MAX_SESSIONS / 2;

/** One recording as a file. @param withKept an archive holds the text and sound of the recording too */
export async function exportRecording(
  recording: Recording,
  format: ExportFormat,
  withKept = false,
): Promise<RecordingFile> {
  const stem = `clara-${stampOf(recording.session.startedWallMs)}`;
  if (format === 'archive')
    return { name: `${stem}.clararec`, blob: await archiveBlob([recording], withKept) };
  const { ending, type, lines } = TEXTS[format];
  const parts: string[] = [];
  let part = '';
  for (const line of lines(openRecording(recording))) {
    part += line;
    if (part.length < PART_LENGTH) continue;
    parts.push(part);
    part = '';
  }
  return { name: `${stem}.${ending}`, blob: new Blob([...parts, part], { type }) };
}

/** Recordings as one compressed archive. @param withKept with the text and sound that they hold */
export function archiveBlob(
  recordings: Iterable<Recording> | AsyncIterable<Recording>,
  withKept = false,
): Promise<Blob> {
  const pieces = archiveOf(recordings, withKept);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  const packed = stream.pipeThrough(new CompressionStream('gzip'));
  return new Response(packed, { headers: { 'content-type': 'application/x-clara-recording' } }).blob();
}

/**
 * Recordings as archives that can each be imported: a new one begins where {@link MAX_BACKUP_BYTES} would be passed. A
 * recording is never cut in two.
 */
export async function archiveBlobs(recordings: AsyncIterator<Recording>, withKept: boolean): Promise<Blob[]> {
  const blobs: Blob[] = [];
  let next = await recordings.next();
  const sizeOfNext = (): number => (next.done === true ? Infinity : archivedBytes(next.value, withKept));
  const oneFile = async function* (): AsyncGenerator<Recording> {
    let bytes = sizeOfNext();
    for (let count = 1; next.done !== true; count++) {
      yield next.value;
      next = await recordings.next();
      bytes += sizeOfNext();
      if (bytes > MAX_BACKUP_BYTES || count >= MAX_BACKUP_SESSIONS) return;
    }
  };
  while (next.done !== true) blobs.push(await archiveBlob(oneFile(), withKept));
  return blobs;
}

/** `20260301-120000`, UTC. */
export function stampOf(wallMs: number): string {
  return isoTime(wallMs).replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
}
