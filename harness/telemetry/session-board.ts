/**
 * Owns: what is known of every session that runs, made of the events that its runner tells, and the news of the last
 * hour for who comes later.
 * Never: decides anything about a session; never keeps one that has ended; never lets a watcher's failure reach a runner.
 * Invariant: an event of a session that was not started, or has ended, changes nothing.
 */
import type {
  AgentAnalytics,
  AgentSessionNews,
  AgentSessionView,
  AgentsMessage,
} from '../../src/shared/agent-sessions.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { EventChannel } from '../supervisor/event-channel.ts';
import type { EndedJournal } from './ended-journal.ts';
import type { EndedSession } from './ended-session.ts';
import { spreadOf } from './ended-session.ts';
import { newsOf } from './session-news.ts';
import type { SessionEvent, SessionFact } from './session-event.ts';

interface Live {
  view: AgentSessionView;
  readonly startedMonoMs: number;
  hangs: number;
  joinMs?: number;
  maxRssBytes?: number;
  readonly errors: Map<string, number>;
  /** The last so many, ms. */
  answersMs: number[];
}

/** Told to who watches from inside. */
export type BoardEvent =
  | { readonly type: 'fact'; readonly event: SessionEvent }
  | { readonly type: 'over'; readonly ended: EndedSession };

const KEPT_NEWS = 100;
const KEPT_ANSWERS = 200;
/** Different error codes of one session that are told apart. */
const MAX_CODES = 20;

/** The board. */
export class SessionBoard {
  /** Facts for metrics and alerts. */
  readonly facts: EventChannel<BoardEvent>;
  /** Messages for dashboards; a snapshot first is the reader's to ask for. */
  readonly messages: EventChannel<AgentsMessage>;
  readonly #clock: EngineClock;
  readonly #journal: EndedJournal;
  readonly #live = new Map<string, Live>();
  #news: AgentSessionNews[] = [];

  constructor(options: { clock: EngineClock; journal: EndedJournal; onError: (error: unknown) => void }) {
    this.#clock = options.clock;
    this.#journal = options.journal;
    this.facts = new EventChannel(options.onError);
    this.messages = new EventChannel(options.onError);
  }

  /** Sessions that run, oldest first. */
  sessions(): AgentSessionView[] {
    return [...this.#live.values()].map(({ view }) => view);
  }

  analytics(): AgentAnalytics {
    return this.#journal.analytics();
  }

  /** All that is known now. */
  snapshot(): AgentsMessage {
    return {
      type: 'snapshot',
      nowWallMs: this.#clock.wallMs(),
      sessions: this.sessions(),
      news: this.#news,
      analytics: this.analytics(),
    };
  }

  /** Takes an event in. Never throws. */
  note(sessionId: string, kind: string, fact: SessionFact): void {
    const event: SessionEvent = { ...fact, sessionId, kind, atWallMs: this.#clock.wallMs() };
    const live = this.#live.get(sessionId);
    if (fact.type === 'started') {
      if (live !== undefined) return;
      this.#start(event);
    } else if (live === undefined) return;
    else if (fact.type === 'ended') this.#end(live, event, fact.reason, fact.outcome);
    else this.#change(live, fact);
    this.facts.emit({ type: 'fact', event });
    this.#tellNews(event);
    const now = this.#live.get(sessionId);
    if (now !== undefined) this.messages.emit({ type: 'session', session: now.view });
  }

  #start({ sessionId, kind, atWallMs }: SessionEvent): void {
    this.#live.set(sessionId, {
      view: {
        sessionId,
        kind,
        state: 'connecting',
        startedWallMs: atWallMs,
        messages: 0,
        recoveries: 0,
        reconnections: 0,
        errors: 0,
      },
      startedMonoMs: this.#clock.monoMs(),
      hangs: 0,
      errors: new Map(),
      answersMs: [],
    });
  }

  #change(live: Live, fact: SessionFact): void {
    const { view } = live;
    switch (fact.type) {
      case 'state':
        live.view = { ...view, state: fact.state };
        return;
      case 'usage':
        live.maxRssBytes = Math.max(live.maxRssBytes ?? 0, fact.rssBytes);
        live.view = { ...view, rssBytes: fact.rssBytes, cpuMs: fact.cpuMs };
        return;
      case 'latency':
        if (fact.of === 'join') live.joinMs ??= fact.tookMs;
        if (fact.of !== 'answer') return;
        live.answersMs = [...live.answersMs, fact.tookMs].slice(-KEPT_ANSWERS);
        live.view = { ...view, answerMs: fact.tookMs };
        return;
      case 'turn':
        live.view = { ...view, messages: view.messages + 1 };
        return;
      case 'error': {
        const code = live.errors.has(fact.code) || live.errors.size < MAX_CODES ? fact.code : 'other';
        live.errors.set(code, (live.errors.get(code) ?? 0) + 1);
        live.view = { ...view, errors: view.errors + 1, lastError: fact.code };
        return;
      }
      case 'reconnection':
        live.view = { ...view, reconnections: view.reconnections + 1 };
        return;
      case 'recovery':
        live.view = { ...view, recoveries: view.recoveries + 1 };
        return;
      case 'hung':
        live.hangs += 1;
        return;
      default:
        return; // a fact for metrics and news
    }
  }

  #end(live: Live, { sessionId }: SessionEvent, reason: string, outcome: EndedSession['outcome']): void {
    this.#live.delete(sessionId);
    const { view } = live;
    const answers = spreadOf(live.answersMs);
    const ended: EndedSession = {
      sessionId,
      kind: view.kind,
      startedWallMs: view.startedWallMs,
      durationMs: Math.round(this.#clock.monoMs() - live.startedMonoMs),
      reason,
      outcome,
      messages: view.messages,
      recoveries: view.recoveries,
      reconnections: view.reconnections,
      hangs: live.hangs,
      errors: Object.fromEntries(live.errors),
      ...(live.joinMs !== undefined && { joinMs: live.joinMs }),
      ...(answers.count > 0 && { answerMs: answers.p95 }),
      ...(live.maxRssBytes !== undefined && { maxRssBytes: live.maxRssBytes }),
      ...(view.cpuMs !== undefined && { cpuMs: view.cpuMs }),
    };
    this.#journal.add(ended);
    this.facts.emit({ type: 'over', ended });
    if (this.messages.listenerCount > 0)
      // thousands of sessions are gone through for it
      this.messages.emit({ type: 'ended', sessionId, analytics: this.analytics() });
  }

  #tellNews(event: SessionEvent): void {
    const text = newsOf(event);
    if (text === undefined) return;
    const { atWallMs, sessionId, type } = event;
    const news = { atWallMs, sessionId, event: type, text };
    this.#news = [...this.#news, news].slice(-KEPT_NEWS);
    this.messages.emit({ type: 'news', news });
  }
}
