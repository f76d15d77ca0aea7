/**
 * Transcripts and text messages from the room. Each transcript reaches a client twice, as a text stream and as an
 * older event: the stream alone is read. What comes in is bounded in size, in number and in how often it is told;
 * it is text and stays text. Never throws into the SDK.
 */
import type { Room, TextStreamReader } from 'livekit-client';
import type { Clock, RoomEvent } from '../core/ports.ts';
import {
  CHAT_TOPIC,
  REPLY_ATTRIBUTE,
  SEGMENT_ID_ATTRIBUTE,
  TRANSCRIPTION_FINAL_ATTRIBUTE,
  TRANSCRIPTION_TOPIC,
} from '../shared/wire.ts';

/** Longest text of one segment or message that is kept, characters; the rest is read and dropped. */
export const MAX_STREAM_CHARACTERS = 64_000;
/** Streams read side by side; what is beyond is read and dropped. */
const MAX_OPEN_STREAMS = 32;
/** A growing text is told at most this often, ms: 20 times a second is as fast as anybody reads. */
const TELL_EVERY_MS = 50;
/** Longest id that is kept, characters: ids are UUIDs or `SG_` and 12 characters. */
const MAX_ID_CHARACTERS = 128;
/** How many of the user's final segments are remembered, so that a late interim one does not replace its final. */
const REMEMBERED_SEGMENTS = 256;

/** Who wrote, seen from here; undefined when it is none of the conversation's business. */
export type AuthorOf = (identity: string) => 'user' | 'agent' | undefined;

type TextEvent = Extract<RoomEvent, { type: 'transcription' | 'chat' }>;

/** What reading a stream needs. */
export interface TextStreamContext {
  readonly clock: Clock;
  /** Ends all reading. */
  readonly life: AbortSignal;
  readonly authorOf: AuthorOf;
  readonly tell: (event: TextEvent) => void;
}

/** Reads both topics of `room` until `life` aborts. */
export function readTextStreams(room: Room, context: TextStreamContext): void {
  const finalUserSegments = new Set<string>();
  /** Oldest first; aborting one ends its text where it stands. */
  const followed: AbortController[] = [];

  const relay = async (
    reader: TextStreamReader,
    identity: string,
    make: (text: string, ended: boolean) => TextEvent | undefined,
  ): Promise<void> => {
    const cut = new AbortController();
    // A sender that never ends its streams loses the oldest of them, and not the ones to come.
    if (followed.push(cut) > MAX_OPEN_STREAMS) followed.shift()?.abort();
    if (context.authorOf(identity) === undefined) cut.abort();
    await followText(reader, cut.signal, context, (text, ended) => {
      const event = make(text, ended);
      if (event !== undefined) context.tell(event);
    });
    const at = followed.indexOf(cut);
    if (at >= 0) followed.splice(at, 1);
  };

  room.registerTextStreamHandler(TRANSCRIPTION_TOPIC, (reader, { identity }) => {
    const attributes = reader.info.attributes ?? {};
    const segmentId = (attributes[SEGMENT_ID_ATTRIBUTE] || reader.info.id).slice(0, MAX_ID_CHARACTERS);
    relay(reader, identity, (text, ended) => {
      const from = context.authorOf(identity);
      if (from === undefined) return undefined;
      // Words that answer a typed message are a message, even when a voice says them too.
      if (from === 'agent' && attributes[REPLY_ATTRIBUTE] !== undefined)
        return { type: 'chat', messageId: segmentId, from, text, final: ended };
      // The agent's segment is one stream that grows. The user's is one stream per version, the last marked final.
      if (from === 'agent') return { type: 'transcription', segmentId, from, text, final: ended };
      const isFinal = attributes[TRANSCRIPTION_FINAL_ATTRIBUTE] === 'true';
      if (!isFinal && finalUserSegments.has(segmentId)) return undefined;
      if (isFinal && ended) remember(finalUserSegments, segmentId);
      return { type: 'transcription', segmentId, from, text, final: isFinal && ended };
    }).catch(reportError); // only a defect of ours rejects
  });

  room.registerTextStreamHandler(CHAT_TOPIC, (reader, { identity }) => {
    const messageId = reader.info.id.slice(0, MAX_ID_CHARACTERS);
    relay(reader, identity, (text, ended) => {
      const from = context.authorOf(identity);
      return from === undefined ? undefined : { type: 'chat', messageId, from, text, final: ended };
    }).catch(reportError);
  });
}

/**
 * Reads one stream to its end, telling the whole text so far. One that breaks off or is `cut` ends with what it had;
 * after a cut it is read on and dropped, so that nothing piles up. Never rejects.
 */
async function followText(
  reader: TextStreamReader,
  cut: AbortSignal,
  { clock, life }: TextStreamContext,
  tell: (text: string, ended: boolean) => void,
): Promise<void> {
  const over = new AbortController();
  let text = '';
  let toldMonoMs = -Infinity;
  let isTimed = false;
  const tellNow = (): void => {
    toldMonoMs = clock.monoMs();
    tell(text, false);
  };
  const end = (): void => {
    if (over.signal.aborted) return;
    over.abort();
    if (!life.aborted && text !== '') tell(text, true);
  };
  if (cut.aborted) over.abort();
  cut.addEventListener('abort', end, { once: true });
  life.addEventListener('abort', end, { once: true });
  try {
    for await (const chunk of reader) {
      if (life.aborted) return;
      if (over.signal.aborted || text.length >= MAX_STREAM_CHARACTERS) continue;
      text = (text + chunk).slice(0, MAX_STREAM_CHARACTERS);
      const waitMs = toldMonoMs + TELL_EVERY_MS - clock.monoMs();
      if (waitMs <= 0) tellNow();
      else if (!isTimed) {
        isTimed = true;
        clock.sleep(waitMs, over.signal).then(
          () => {
            isTimed = false;
            tellNow();
          },
          () => {}, // the stream ended first and told all
        );
      }
    }
  } catch {
    // The sender left in the middle, or sent what is no stream: what came is all there is.
  } finally {
    end();
    cut.removeEventListener('abort', end);
    life.removeEventListener('abort', end);
  }
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size > REMEMBERED_SEGMENTS) for (const oldest of ids) return void ids.delete(oldest);
}
