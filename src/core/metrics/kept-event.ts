/**
 * Events as they are kept: what an archive of ours may hold is decided here, so that whatever is recorded can be read
 * back. Times are whole milliseconds; facts that are no number, and what an agent put into an id, are made harmless.
 */
import type { RecordingEvent } from '../../shared/recording.ts';

const MAX_ID_LENGTH = 256;
const MAX_TEXT_LENGTH = 2000;

/** The event as it is kept. */
export function keptEvent(event: RecordingEvent): RecordingEvent {
  const atMs = Math.max(0, Math.round(event.atMs));
  switch (event.kind) {
    case 'segment':
      return { ...event, atMs, segmentId: plain(event.segmentId).slice(0, MAX_ID_LENGTH) };
    case 'phase':
      return event.facts === undefined
        ? { ...event, atMs }
        : { ...event, atMs, facts: keptFacts(event.facts) };
    case 'heard':
      return { ...event, atMs, latencyMs: Math.max(0, Math.round(event.latencyMs)) };
    default:
      return { ...event, atMs };
  }
}

function keptFacts(
  facts: Readonly<Record<string, string | number | boolean>>,
): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, fact]): [string, string | number | boolean][] => {
      if (typeof fact === 'string') return [[name, plain(fact).slice(0, MAX_TEXT_LENGTH)]];
      if (typeof fact === 'number' && !Number.isFinite(fact)) return [];
      return [[name, typeof fact === 'number' ? Math.round(fact * 1000) / 1000 : fact]];
    }),
  );
}

/** Without control characters. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ');
}
