/** Owns: what the dashboard knows, made of the stream's messages. Pure. A snapshot replaces all that was known. */
import type {
  AgentAnalytics,
  AgentSessionNews,
  AgentSessionView,
  AgentsMessage,
} from '../../shared/agent-sessions.ts';

/** `refused`: only with the operator's token; `absent`: no agent side tells anything here. */
export type AgentsStatus = 'connecting' | 'live' | 'lost' | 'refused' | 'absent';

export interface AgentsState {
  readonly status: AgentsStatus;
  /** Oldest first. */
  readonly sessions: readonly AgentSessionView[];
  /** Newest first, at most {@link MAX_NEWS}. */
  readonly news: readonly AgentSessionNews[];
  readonly analytics: AgentAnalytics | undefined;
  /** The agent side's wall clock less this page's, ms. */
  readonly clockAheadMs: number;
}

export const NOTHING_KNOWN: AgentsState = {
  status: 'connecting',
  sessions: [],
  news: [],
  analytics: undefined,
  clockAheadMs: 0,
};

/** What is kept of what happened. */
export const MAX_NEWS = 200;

/** The state after a message; `nowWallMs` by this page's clock. */
export function withMessage(state: AgentsState, message: AgentsMessage, nowWallMs: number): AgentsState {
  switch (message.type) {
    case 'snapshot':
      return {
        status: 'live',
        sessions: message.sessions,
        news: message.news.toReversed().slice(0, MAX_NEWS),
        analytics: message.analytics,
        clockAheadMs: message.nowWallMs - nowWallMs,
      };
    case 'session': {
      const at = state.sessions.findIndex(({ sessionId }) => sessionId === message.session.sessionId);
      const sessions =
        at < 0 ? [...state.sessions, message.session] : state.sessions.with(at, message.session);
      return { ...state, sessions };
    }
    case 'news':
      return { ...state, news: [message.news, ...state.news].slice(0, MAX_NEWS) };
    case 'ended':
      return {
        ...state,
        sessions: state.sessions.filter(({ sessionId }) => sessionId !== message.sessionId),
        analytics: message.analytics,
      };
  }
}
