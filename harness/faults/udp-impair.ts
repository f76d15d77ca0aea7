/** A poor network: loss, delay and jitter of media, by seeded chance. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { delayRule, lossRule } from './packet-rules.ts';
import { seededRandom } from './seeded-random.ts';
import { undoOnce } from './undo.ts';

/** How poor. */
export interface Impairment {
  /** 0 to 1, each packet by its own throw, both ways. @default 0 */
  readonly lossRatio?: number;
  /** @default 0 */
  readonly delayMs?: number;
  /** Added to the delay, evenly spread from 0 to this; order is kept. @default 0 */
  readonly jitterMs?: number;
}

/** The same seed loses the same packets, counted from the moment of applying. */
export function udpImpair(id: string, impairment: Impairment, seed: number): Fault {
  const { lossRatio = 0, delayMs = 0, jitterMs = 0 } = impairment;
  return defineFault(id, (target, signal) => {
    const media = need(target, 'media', id);
    const endLoss = media.addRule(lossRule(lossRatio, seededRandom(seed)));
    const endDelay = media.addRule(delayRule(delayMs, jitterMs, seededRandom(seed ^ 0x5bd1e995)));
    return undoOnce(() => {
      endLoss();
      endDelay();
    }, signal);
  });
}
