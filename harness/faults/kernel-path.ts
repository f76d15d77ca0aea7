/**
 * One client's whole path, cut by the system's own network and not by a relay of ours: what is dropped is really
 * dropped, a SYN too. A second proof that relay and proxies flatter nobody.
 */
import type { Direction } from './packet-rules.ts';
import type { Undo } from './fault.ts';

/** What is cut. */
export type KernelCut =
  /** Nothing passes and nothing is said. */
  | { readonly kind: 'silent' }
  /** Present connections are reset, new ones refused, UDP is dropped. */
  | { readonly kind: 'refused' }
  /** UDP is dropped, seen from the client; TCP passes. */
  | { readonly kind: 'udp'; readonly side: Direction | 'both' }
  /** Packets of the client's connections to the signal port are dropped; the rest passes. */
  | { readonly kind: 'signal' };

/** The path as faults see it. */
export interface KernelPath {
  /** Cuts now; resolves when it is cut, the undo when it is whole. Rejects with nothing cut. */
  cut(cut: KernelCut): Promise<Undo>;
  counts(): KernelCounts;
}

/** IP packets since the start, both ways together. */
export interface KernelCounts {
  readonly passed: number;
  /** Neither passed on nor answered. */
  readonly lost: number;
  /** Answered in the server's place: connections that were refused. */
  readonly refused: number;
}
