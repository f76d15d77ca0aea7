/**
 * How long a user waits for the agent's voice: from the end of what the user said to the first sound of the answer,
 * both as heard in the page. Owns what counts as a turn: a user who goes on speaking before the answer has not ended,
 * and an agent that was speaking already has not answered. Fed edge by edge; the same for live use and for viewing.
 */

/** Speech begins or ends. Edges come in the order of time. */
export interface SpeechEdge {
  readonly atMs: number;
  readonly side: 'user' | 'agent';
  readonly isOn: boolean;
}

/** An answer. */
export interface HeardAnswer {
  /** When the answer began. */
  readonly atMs: number;
  readonly latencyMs: number;
}

/** A longer wait is no answer to what was said but something new. */
const LONGEST_MS = 30_000;

/**
 * Pairs the ends of user speech with the answers. Live, the end of speech becomes certain only after a pause, when a
 * quick answer has begun already: so an answer is found from either side, whichever edge comes last.
 */
export class AnswerReader {
  #userEndMs: number | undefined;
  #agentSinceMs: number | undefined;
  #isUserSpeaking = false;

  /** Takes the next edge; gives the answer that it completes, if it completes one. */
  next({ atMs, side, isOn }: SpeechEdge): HeardAnswer | undefined {
    if (side === 'user') {
      this.#isUserSpeaking = isOn;
      this.#userEndMs = isOn ? undefined : atMs;
    } else if (isOn) this.#agentSinceMs ??= atMs;
    else this.#agentSinceMs = undefined;
    return this.#answer();
  }

  #answer(): HeardAnswer | undefined {
    const endMs = this.#userEndMs;
    const sinceMs = this.#agentSinceMs;
    if (endMs === undefined || sinceMs === undefined || this.#isUserSpeaking) return undefined;
    this.#userEndMs = undefined;
    // An agent that spoke before the user had ended has not been waited for.
    const latencyMs = sinceMs - endMs;
    return latencyMs >= 0 && latencyMs <= LONGEST_MS ? { atMs: sinceMs, latencyMs } : undefined;
  }
}

/** All answers of edges at once. */
export function answersOf(edges: Iterable<SpeechEdge>): HeardAnswer[] {
  const reader = new AnswerReader();
  return [...edges].map((edge) => reader.next(edge)).filter((answer) => answer !== undefined);
}

/** How levels become speech. */
export interface SpeechThresholds {
  /** Speech is at least this loud, 0 to 1. @default 0.01, which is -40 dBFS */
  readonly levelRatio?: number;
  /** A sound shorter than this, ms, is a click. @default 60 */
  readonly leastMs?: number;
  /** A silence shorter than this, ms, is a pause within speech. @default 300 */
  readonly pauseMs?: number;
}

/** Finds the edges of speech in levels of one side, read some tens of times a second. */
export class SpeechEdgeReader {
  readonly #side: SpeechEdge['side'];
  readonly #levelRatio: number;
  readonly #leastMs: number;
  readonly #pauseMs: number;
  #isOn = false;
  /** Since when the level has been on the other side of the threshold. */
  #changedMs: number | undefined;

  constructor(side: SpeechEdge['side'], thresholds: SpeechThresholds = {}) {
    this.#side = side;
    this.#levelRatio = thresholds.levelRatio ?? 0.01;
    this.#leastMs = thresholds.leastMs ?? 60;
    this.#pauseMs = thresholds.pauseMs ?? 300;
  }

  /** Takes a level; gives the edge that has become certain, with the time at which it was. */
  next(atMs: number, levelRatio: number): SpeechEdge | undefined {
    if (levelRatio >= this.#levelRatio === this.#isOn) {
      this.#changedMs = undefined;
      return undefined;
    }
    this.#changedMs ??= atMs;
    if (atMs - this.#changedMs < (this.#isOn ? this.#pauseMs : this.#leastMs)) return undefined;
    const edge = { atMs: this.#changedMs, side: this.#side, isOn: !this.#isOn };
    this.#isOn = !this.#isOn;
    this.#changedMs = undefined;
    return edge;
  }
}
