/**
 * Owns: what Ctrl-C means: the first stops everything in order, the second kills at once (the reaper does it, because
 * the process ends without having said that all is well).
 */
import { EXIT } from './exit-codes.ts';

/** The part of `process` that is needed; injected so that tests send no signals. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

/** Signals this soon after the first are the same key press, ms: npm forwards what the terminal has sent us already. */
const SAME_PRESS_MS = 400;

/** Reason of an abort by the user. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** An abort signal for Ctrl-C and its like. `killNow` gets the exit code when it comes a second time. */
export function watchInterrupts(
  source: SignalSource,
  killNow: (code: number) => void,
  monoMs: () => number = () => performance.now(),
): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let firstMonoMs: number | undefined;
  const listener = () => {
    if (firstMonoMs === undefined) {
      firstMonoMs = monoMs();
      controller.abort(new InterruptedError('interrupted'));
    } else if (monoMs() - firstMonoMs > SAME_PRESS_MS) {
      killNow(EXIT.killed);
    }
  };
  for (const name of SIGNALS) source.on(name, listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) source.off(name, listener);
    },
  };
}
