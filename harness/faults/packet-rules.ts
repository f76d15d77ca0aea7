/**
 * What may happen to one datagram, as pure functions of the packet and of chance. The relay asks every rule that is
 * in force: one "drop" is enough, delays add up.
 */
import type { Random } from './seeded-random.ts';

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down';

/** What a rule says of one packet: lose it, or deliver it this many ms later. */
export type Verdict = 'drop' | number;

/** Asked once for each packet, in the order of arrival. */
export type PacketRule = (direction: Direction) => Verdict;

/** Loses everything that goes one way, or both. */
export function cutRule(side: Direction | 'both'): PacketRule {
  return (direction) => (side === 'both' || side === direction ? 'drop' : 0);
}

/** Loses a share of the packets, each by its own throw. @param lossRatio 0 to 1. */
export function lossRule(lossRatio: number, random: Random): PacketRule {
  return () => (random() < lossRatio ? 'drop' : 0);
}

/** Delays each packet by `delayMs` to `delayMs + jitterMs`, evenly spread. */
export function delayRule(delayMs: number, jitterMs: number, random: Random): PacketRule {
  return () => delayMs + (jitterMs > 0 ? random() * jitterMs : 0);
}

/** The verdict of all rules together. */
export function judgePacket(rules: Iterable<PacketRule>, direction: Direction): Verdict {
  let totalMs = 0;
  let dropped = false;
  for (const rule of rules) {
    // Every rule is asked, even after a drop, so that each one's row of chance does not depend on the others.
    const verdict = rule(direction);
    if (verdict === 'drop') dropped = true;
    else totalMs += verdict;
  }
  return dropped ? 'drop' : totalMs;
}
