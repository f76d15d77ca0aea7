/**
 * Watches a session from outside and has it recorded: a sample a second from its start to its end, whether or not there
 * is a room, and the events that the session itself does not tell. Stands between the session and its ports without
 * changing what passes; whatever goes wrong here costs a sample and nothing else.
 */
import type { Clock, RecorderPort, RoomConnection, RoomPort, SessionRecorder, TicketPort } from '../ports.ts';
import type { RecordingEvent } from '../../shared/recording.ts';
import type { KeepSwitch } from '../keeping/keep-switch.ts';
import { within } from '../session/bounded.ts';
import type { VoiceSession } from '../session/types.ts';
import { AttemptLog, type AttemptEvent } from './attempt-log.ts';
import { codeOf } from './codes.ts';
import { HeardAnswers } from './heard-answers.ts';
import type { RoomMetrics } from './room-metrics.ts';
import { SampleMaker } from './sample-maker.ts';
import type { SampleRecorder, SampleRecorderPort } from './sample-recorder.ts';

/** Pause between two samples, ms. */
export const SAMPLE_EVERY_MS = 1000;
/** Longest wait for a room's reading, ms. */
const READ_LIMIT_MS = 800;

/** Something that the page saw. */
export type PageEvent =
  Omit<RecordingEvent & { kind: 'page' }, 'atMs'> | Omit<RecordingEvent & { kind: 'device' }, 'atMs'>;

/** What is needed. */
export interface ObservedCallParts {
  readonly clock: Clock;
  readonly recorder: SampleRecorderPort;
  /** Tells of the page and its devices until `signal` aborts. */
  /** Told of each run, for what the user wants kept besides. */
  readonly keeping?: Pick<KeepSwitch, 'begin' | 'end'>;
  readonly watchPage: (tell: (event: PageEvent) => void, signal: AbortSignal) => void;
}

/** What is read of a session. */
export type ObservedSession = Pick<VoiceSession, 'link' | 'agentState' | 'levels'>;

/** See the file's head. */
export class ObservedCall {
  readonly #parts: ObservedCallParts;
  #session: ObservedSession | undefined;
  #run: ObservedRun | undefined;

  constructor(parts: ObservedCallParts) {
    this.#parts = parts;
  }

  /** The session's recorder. */
  get recorder(): RecorderPort {
    return { begin: (startedWallMs) => this.#begin(startedWallMs) };
  }

  /** `port`, with its joins and what rooms tell noted. */
  rooms(port: RoomPort): RoomPort {
    return {
      join: async (join, signal) => {
        const { clock } = this.#parts;
        const run = this.#run;
        const ended = run?.attempts.join(clock.monoMs());
        try {
          const connection = await port.join(
            {
              ...join,
              onEvent: (event) => {
                run?.attempts.room(event, clock.monoMs());
                join.onEvent(event);
              },
            },
            signal,
          );
          ended?.(undefined, false, clock.monoMs());
          run?.entered(connection, join.ticket.roomName);
          return connection;
        } catch (error) {
          ended?.(error, signal.aborted, clock.monoMs());
          throw error;
        }
      },
    };
  }

  /** `port`, with its failures noted. */
  tickets(port: TicketPort): TicketPort {
    return {
      request: async (request, signal) => {
        const sinceMonoMs = this.#parts.clock.monoMs();
        try {
          return await port.request(request, signal);
        } catch (error) {
          if (!signal.aborted)
            this.#run?.attempts.ticketFailed(error, this.#parts.clock.monoMs() - sinceMonoMs);
          throw error;
        }
      },
    };
  }

  /** The session that is recorded. Once, before it is started. */
  watch(session: ObservedSession): void {
    this.#session = session;
    session.link.watch(({ phase }) => {
      if (phase === 'connected') this.#run?.attempts.up();
      else this.#run?.cut();
    });
    session.levels.watch(() => this.#run?.listen());
  }

  #begin(startedWallMs: number): SessionRecorder {
    const recorder = this.#parts.recorder.begin(startedWallMs);
    const run = new ObservedRun(this.#parts, recorder, () => this.#session);
    this.#run = run;
    const { clock, keeping } = this.#parts;
    keeping?.begin({ sessionId: recorder.sessionId, startedMonoMs: clock.monoMs() });
    return {
      event: (event) => recorder.event(event),
      end: (endedWallMs, outcome) => {
        run.end();
        keeping?.end();
        if (this.#run === run) this.#run = undefined;
        recorder.end(endedWallMs, outcome);
      },
    };
  }
}

/** From a start to its end. */
class ObservedRun {
  readonly attempts: AttemptLog;
  readonly #clock: Clock;
  readonly #recorder: SampleRecorder;
  readonly #session: () => ObservedSession | undefined;
  readonly #life = new AbortController();
  readonly #maker = new SampleMaker();
  readonly #answers = new HeardAnswers();
  readonly #startedMonoMs: number;
  #room: RoomConnection | undefined;
  #rooms = 0;
  #heardMs: number | undefined;

  constructor(
    { clock, watchPage }: ObservedCallParts,
    recorder: SampleRecorder,
    session: () => ObservedSession | undefined,
  ) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#session = session;
    this.#startedMonoMs = clock.monoMs();
    const tell = (event: PageEvent | AttemptEvent): void => recorder.event({ ...event, atMs: this.#atMs() });
    this.attempts = new AttemptLog(tell);
    watchPage(tell, this.#life.signal);
    this.#sampleOn().catch(() => {}); // ends with the run
  }

  entered(connection: RoomConnection, roomName: string | undefined): void {
    this.#room = connection;
    this.#rooms++;
    this.#recorder.surroundings({
      room: roomName ?? connection.roomSid,
      identity: connection.identity,
    });
  }

  /** Sound is not proven to flow. */
  cut(): void {
    this.#answers.forget();
  }

  /** Levels have changed. */
  listen(): void {
    const session = this.#session();
    // A silence that the network makes is nobody's end of speech.
    if (session?.link.value.phase !== 'connected') return;
    const heard = this.#answers.next(this.#atMs(), session.levels.value);
    if (heard === undefined) return;
    this.#heardMs = heard.latencyMs;
    this.#recorder.event({ kind: 'heard', ...heard });
  }

  end(): void {
    this.#life.abort();
    this.#room = undefined;
  }

  async #sampleOn(): Promise<void> {
    const { signal } = this.#life;
    for (let dueMs = SAMPLE_EVERY_MS; !signal.aborted;) {
      await this.#clock.sleep(Math.max(0, dueMs - this.#atMs()), signal);
      await this.#sampleOnce(signal);
      // A page that slept does not make up for it.
      dueMs = Math.max(dueMs + SAMPLE_EVERY_MS, this.#atMs() + SAMPLE_EVERY_MS / 4);
    }
  }

  async #sampleOnce(signal: AbortSignal): Promise<void> {
    const askedMs = this.#atMs();
    const reading = await this.#reading(signal);
    if (signal.aborted) return;
    const atMs = reading === undefined ? askedMs : reading.monoMs - this.#startedMonoMs;
    this.listen();
    const session = this.#session();
    const heardMs = this.#heardMs;
    this.#heardMs = undefined;
    const facts = {
      signalPhaseCode: codeOf('signalPhaseCode', session?.link.value.phase),
      agentStateCode: codeOf('agentStateCode', session?.agentState.value),
      agentTurn: this.#answers.turn,
      ...(heardMs !== undefined && { agentHeardLatencyMs: heardMs }),
    };
    for (const { stream, sample } of this.#maker.make(atMs, reading, facts))
      this.#recorder.sample(stream, sample);
  }

  /** Undefined when there is no room, or nothing to be had from it in time. */
  async #reading(signal: AbortSignal): Promise<RoomMetrics | undefined> {
    const room = this.#room;
    if (room?.metrics === undefined) return undefined;
    const metrics = room.metrics.bind(room);
    try {
      const read = await within(this.#clock, READ_LIMIT_MS, signal, metrics, () => new Error('no reading'));
      return { ...read, keys: this.#keysOf(read.keys) };
    } catch {
      return undefined; // what is missing in the recording says so
    }
  }

  /** The same ids in another room are other counters. */
  #keysOf(keys: RoomMetrics['keys']): RoomMetrics['keys'] {
    return Object.fromEntries(
      Object.entries(keys).map(([group, key]: [string, string]) => [group, `${this.#rooms}/${key}`]),
    );
  }

  #atMs(): number {
    return this.#clock.monoMs() - this.#startedMonoMs;
  }
}
