/** Follows loudness on both sides while a session runs: answers that were heard, and turns of the user. */
import { AnswerReader, SpeechEdgeReader } from '../review/heard-latency.ts';
import type { HeardAnswer, SpeechEdge } from '../review/heard-latency.ts';
import type { Levels } from '../session/types.ts';

/** Levels of a session are logarithmic, 0 is -60 dBFS and 1 is -10: speech is above -40 dBFS. */
const SPEECH_LEVEL = 0.4;

/** One session's. */
export class HeardAnswers {
  #user = new SpeechEdgeReader('user', { levelRatio: SPEECH_LEVEL });
  #agent = new SpeechEdgeReader('agent', { levelRatio: SPEECH_LEVEL });
  #answers = new AnswerReader();
  #turn = 0;
  /** The agent has spoken since the user did, so that the user's next words are a new turn. */
  #isAgentsTurnOver = true;

  /** Turns of the user so far. */
  get turn(): number {
    return this.#turn;
  }

  /** Takes the levels of a moment; gives the answer that became certain with them. */
  next(atMs: number, levels: Levels): HeardAnswer | undefined {
    let heard: HeardAnswer | undefined;
    for (const edge of [this.#user.next(atMs, levels.user), this.#agent.next(atMs, levels.agent)]) {
      if (edge === undefined) continue;
      this.#countTurn(edge);
      heard = this.#answers.next(edge) ?? heard;
    }
    return heard;
  }

  /** Sound is cut: what was heard before has no answer after it. Turns are counted on. */
  forget(): void {
    this.#user = new SpeechEdgeReader('user', { levelRatio: SPEECH_LEVEL });
    this.#agent = new SpeechEdgeReader('agent', { levelRatio: SPEECH_LEVEL });
    this.#answers = new AnswerReader();
  }

  #countTurn({ side, isOn }: SpeechEdge): void {
    if (!isOn) return;
    if (side === 'agent') this.#isAgentsTurnOver = true;
    else if (this.#isAgentsTurnOver) {
      this.#turn++;
      this.#isAgentsTurnOver = false;
    }
  }
}
