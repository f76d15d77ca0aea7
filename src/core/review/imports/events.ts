/** Reads events and sessions of strangers, strictly: every field by name, type and range; what is not known is an error. */
import { RECORDING_SOURCES } from '../../../shared/recording.ts';
import type { RecordingEvent, RecordingEventKind, RecordingSession } from '../../../shared/recording.ts';
import type { SessionOutcome } from '../../../shared/records.ts';
import { flagOf, nameOf, numberOf, objectOf, textOf, wholeOf, wordIn } from './guarded-json.ts';
import type { JsonObject } from './guarded-json.ts';
import { ImportError } from './import-error.ts';
import type { ImportPlace } from './import-error.ts';

/** Longest session: 30 days, ms. */
const MAX_AT_MS = 30 * 24 * 3_600_000;
/** The year 9999, ms since 1970. */
const MAX_WALL_MS = 253_402_300_799_000;
const MAX_FACTS = 32;
const MAX_FACT_LENGTH = 10_000;

type In = (field: string) => ImportPlace;

const READERS: {
  readonly [kind in RecordingEventKind]: (
    event: JsonObject,
    at: In,
  ) => Omit<Extract<RecordingEvent, { kind: kind }>, 'kind' | 'atMs'>;
} = {
  phase: (event, at) => ({
    phase: nameOf(event['phase'], at('phase')),
    ...(event['facts'] !== undefined && { facts: factsOf(event['facts'], at) }),
  }),
  mute: (event, at) => ({ muted: flagOf(event['muted'], at('muted')) }),
  agentState: (event, at) => ({ state: nameOf(event['state'], at('state')) }),
  network: (event, at) => ({ hint: nameOf(event['hint'], at('hint')) }),
  segment: (event, at) => ({
    // Given by the agent, whoever made it; never shown.
    segmentId: textOf(event['segmentId'], 256, at('segmentId')),
    from: wordIn(event['from'], ['user', 'agent'], at('from')),
  }),
  error: (event, at) => ({ code: nameOf(event['code'], at('code')) }),
  attempt: (event, at) => ({
    by: wordIn(event['by'], ['sdk', 'rejoin'], at('by')),
    attempt: wholeOf(event['attempt'], 0, 10_000, at('attempt')),
    cause: nameOf(event['cause'], at('cause')),
    result: wordIn(event['result'], ['ok', 'failed', 'aborted'], at('result')),
    tookMs: numberOf(event['tookMs'], 0, MAX_AT_MS, at('tookMs')),
  }),
  device: (event, at) => ({ change: wordIn(event['change'], ['input', 'output', 'list'], at('change')) }),
  page: (event, at) => ({
    state: wordIn(event['state'], ['visible', 'hidden', 'frozen', 'resumed'], at('state')),
  }),
  heard: (event, at) => ({ latencyMs: numberOf(event['latencyMs'], 0, MAX_AT_MS, at('latencyMs')) }),
};
const KINDS = Object.keys(READERS) as RecordingEventKind[];

/** Reads one event. Throws ImportError that names the field below `place.field`. */
export function readEvent(value: unknown, place: ImportPlace): RecordingEvent {
  const at = below(place);
  const event = objectOf(value, place);
  const kind = wordIn(event['kind'], KINDS, at('kind'));
  const atMs = numberOf(event['atMs'], 0, MAX_AT_MS, at('atMs'));
  // The table pairs each kind with its reader; the compiler cannot follow the pair through the union.
  return { kind, atMs, ...READERS[kind](event, at) } as RecordingEvent;
}

/** Reads a session. Throws ImportError that names the field below `place.field`. */
export function readSession(value: unknown, place: ImportPlace): RecordingSession {
  const at = below(place);
  const session = objectOf(value, place);
  const { endedWallMs, outcome, roomHash, identityHash, interrupted } = session;
  return {
    id: nameOf(session['id'], at('id')),
    startedWallMs: numberOf(session['startedWallMs'], 0, MAX_WALL_MS, at('startedWallMs')),
    ...(endedWallMs !== undefined && {
      endedWallMs: numberOf(endedWallMs, 0, MAX_WALL_MS, at('endedWallMs')),
    }),
    ...(outcome !== undefined && { outcome: readOutcome(outcome, at) }),
    pinned: flagOf(session['pinned'], at('pinned')),
    source: wordIn(session['source'], RECORDING_SOURCES, at('source')),
    ...(roomHash !== undefined && { roomHash: nameOf(roomHash, at('roomHash')) }),
    ...(identityHash !== undefined && { identityHash: nameOf(identityHash, at('identityHash')) }),
    ...(interrupted !== undefined &&
      flagOf(interrupted, at('interrupted')) && { interrupted: true as const }),
  };
}

function readOutcome(value: unknown, at: In): SessionOutcome {
  const outcome = objectOf(value, at('outcome'));
  return {
    phase: wordIn(outcome['phase'], ['ended', 'failed'], at('outcome.phase')),
    reason: nameOf(outcome['reason'], at('outcome.reason')),
  };
}

function factsOf(value: unknown, at: In): Record<string, string | number | boolean> {
  const entries = Object.entries(objectOf(value, at('facts')));
  if (entries.length > MAX_FACTS)
    throw new ImportError('tooLarge', `has ${entries.length} facts, limit ${MAX_FACTS}`, at('facts'));
  return Object.fromEntries(
    entries.map(([name, fact], index): [string, string | number | boolean] => {
      // Names of strangers do not enter the error's place.
      const key = nameOf(name, at(`facts[${index}]`));
      if (key === '__proto__')
        throw new ImportError('badName', 'is no name of a fact', at(`facts[${index}]`));
      if (typeof fact === 'number' || typeof fact === 'boolean') return [key, fact];
      // Words of errors, any text; shown as text only.
      if (typeof fact !== 'string')
        throw new ImportError('wrongType', 'is neither text, number nor true or false', at(`facts.${key}`));
      if (fact.length > MAX_FACT_LENGTH)
        throw new ImportError(
          'tooLarge',
          `has ${fact.length} characters, limit ${MAX_FACT_LENGTH}`,
          at(`facts.${key}`),
        );
      return [key, fact];
    }),
  );
}

function below(place: ImportPlace): In {
  return (field) => ({ ...place, field: place.field === undefined ? field : `${place.field}.${field}` });
}
