/**
 * How good a call probably sounded: ITU-T G.107 (06/2015) with its default values, reduced to delay and loss. An
 * estimate, and shown as one with its parts. Opus has no value of the ITU: a G.711 profile stands in for it, and says
 * so. Without delay and loss there is no score: a score is never guessed. Computed when viewing, never recorded.
 */
import type { WindowFacts } from './window-facts.ts';

/** A codec as the E-model sees it. ITU-T G.113 (11/2007), Appendix I, tables I.1 and I.4. */
export interface CodecProfile {
  readonly name: string;
  /** Equipment impairment at no loss. */
  readonly ie: number;
  /** Robustness against packet loss. */
  readonly bpl: number;
  /** True: stands in for a codec that has no such values. */
  readonly isStandIn: boolean;
}

/** The profiles to choose from; the first is the default. */
export const CODEC_PROFILES = [
  { name: 'G.711 with concealment, standing in for Opus', ie: 0, bpl: 25.1, isStandIn: true },
  { name: 'G.711 without concealment', ie: 0, bpl: 4.3, isStandIn: false },
] as const satisfies readonly CodecProfile[];

/** What a score stands on. */
export interface QualityInput {
  /** One way, mouth to ear, ms. */
  readonly delayMs: number;
  /** Packets that could not be played, 0 to 1. */
  readonly lossRatio: number;
  /** 1 for losses at random, above for bursts. @default 1 */
  readonly burstRatio?: number;
}

/** A score with its parts. `rating = 93.2 - delayImpairment - equipmentImpairment`. */
export interface Quality {
  /** R, 0 to 93.2; not clamped below 0. */
  readonly rating: number;
  /** MOS-CQE, 1 to 4.5. */
  readonly mos: number;
  /** Idd */
  readonly delayImpairment: number;
  /** Ie,eff */
  readonly equipmentImpairment: number;
  readonly input: QualityInput;
  readonly profile: CodecProfile;
}

/** R of a call without any impairment, at the default values of table 2. */
export const BEST_RATING = 93.2;
/** Sound is cut into packets of 20 ms: the first sample of each waits that long. */
const PACKETIZATION_MS = 20;

/** Idd, equations 7-27 and 7-28. `delayMs` is Ta. */
export function delayImpairment(delayMs: number): number {
  if (!(delayMs > 100)) return 0;
  const x = Math.log2(delayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Ie,eff, equation 7-29. The packet loss enters in percent. */
export function equipmentImpairment(lossRatio: number, profile: CodecProfile, burstRatio = 1): number {
  const lossPercent = 100 * Math.min(1, Math.max(0, lossRatio));
  if (lossPercent === 0) return profile.ie;
  return (
    profile.ie + ((95 - profile.ie) * lossPercent) / (lossPercent / Math.max(1, burstRatio) + profile.bpl)
  );
}

/** MOS-CQE of a rating, annex B; clamped to 1 and 4.5. */
export function mosOf(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return Math.min(4.5, Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6));
}

/** The score of an input. Throws RangeError for a delay or loss that is no number. */
export function qualityOf(input: QualityInput, profile: CodecProfile = CODEC_PROFILES[0]): Quality {
  if (!Number.isFinite(input.delayMs) || !Number.isFinite(input.lossRatio))
    throw new RangeError(`delay ${input.delayMs} ms and loss ${input.lossRatio} are not both numbers`);
  const idd = delayImpairment(input.delayMs);
  const ieEff = equipmentImpairment(input.lossRatio, profile, input.burstRatio);
  const rating = BEST_RATING - idd - ieEff;
  return { rating, mos: mosOf(rating), delayImpairment: idd, equipmentImpairment: ieEff, input, profile };
}

/** One way from mouth to ear, ms: half the round trip, a packet, the jitter buffer, and the way to the loudspeaker. */
export function mouthToEarMs(rttMs: number, bufferMs: number, playoutMs = 0): number {
  return rttMs / 2 + PACKETIZATION_MS + bufferMs + playoutMs;
}

/** The score of what was measured; undefined when round trip, jitter buffer or loss are not known. */
export function measuredQuality(facts: WindowFacts, profile?: CodecProfile): Quality | undefined {
  const { rttMs, bufferMs, downMissingRatio } = facts;
  if (rttMs === undefined || bufferMs === undefined || downMissingRatio === undefined) return undefined;
  const delayMs = mouthToEarMs(rttMs, bufferMs, facts.playoutMs);
  return qualityOf({ delayMs, lossRatio: downMissingRatio }, profile);
}
