/**
 * Plays one fault of a soak and tells what became of it. Owns the order: break, wait, take back. Invariant: what was
 * broken is told as broken, also when it could not be taken back; only a fault that did not come is told as not applied.
 */
import type { Fault, FaultTarget } from '../faults/fault.ts';
import type { Span } from './false-connected.ts';

/** What became of one fault. */
export type SoakStepOutcome =
  | { readonly applied: false; /** One phrase. */ readonly why: string }
  | {
      readonly applied: true;
      readonly span: Span;
      /** Why it could not be taken back, such as a server that did not start again; missing when it was. */
      readonly undoFailed?: string;
    };

/** When it happens. */
export interface SoakStepTime {
  /** Fulfils when the fault is to be taken back. */
  readonly lasts: () => Promise<void>;
  readonly wallMs: () => number;
}

/** Rejects only when `signal` is aborted, with its reason, after the fault was taken back. */
export async function playSoakStep(
  fault: Fault,
  target: FaultTarget,
  { lasts, wallMs }: SoakStepTime,
  signal: AbortSignal,
): Promise<SoakStepOutcome> {
  const fromMs = wallMs();
  let undo: () => Promise<void>;
  try {
    undo = await fault.apply(target, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { applied: false, why: messageOf(error) };
  }
  let undoFailed: string | undefined;
  try {
    await lasts();
  } finally {
    try {
      await undo();
    } catch (error) {
      undoFailed = messageOf(error);
    }
  }
  signal.throwIfAborted();
  return { applied: true, span: { fromMs, toMs: wallMs() }, ...(undoFailed !== undefined && { undoFailed }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
