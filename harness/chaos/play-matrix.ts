/**
 * Plays planned runs in lanes side by side, each run in a process with its own server, relay and browser. Owns the order
 * of starting; every result is handed on before the next one of its lane begins. One run's failure ends nothing else.
 */
import type { PlannedRun } from './chaos-plan.ts';
import type { PlayedRun } from './play-run.ts';
import { runLine, timeLeftMs } from './progress.ts';

/** How to play. */
export interface MatrixOptions {
  readonly planned: readonly PlannedRun[];
  readonly lanes: number;
  readonly play: (planned: PlannedRun, signal: AbortSignal) => Promise<PlayedRun>;
  readonly onRun: (played: PlayedRun) => Promise<void>;
  readonly tell: (line: string) => void;
  /** @default performance.now */
  readonly monoMs?: () => number;
}

/** Resolves when all are played. Rejects with `signal.reason`, or with what `onRun` threw, after every lane has ended. */
export async function playMatrix(options: MatrixOptions, signal: AbortSignal): Promise<void> {
  const { planned, lanes, play, onRun, tell, monoMs = () => performance.now() } = options;
  const waiting = [...planned];
  const playing = new Set<PlannedRun>();
  const done: { planned: PlannedRun; tookMs: number }[] = [];
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      either.throwIfAborted();
      const startedMonoMs = monoMs();
      playing.add(next);
      const played = await play(next, either);
      playing.delete(next);
      done.push({ planned: next, tookMs: monoMs() - startedMonoMs });
      await onRun(played);
      const left = [...waiting, ...playing];
      const leftMs = left.length === 0 ? undefined : timeLeftMs(left, done, lanes);
      tell(runLine(played.run, done.length, planned.length, leftMs));
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: Math.min(lanes, planned.length) }, () =>
      lane().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  signal.throwIfAborted();
  const bad = ends.find((end) => end.status === 'rejected');
  if (bad?.status === 'rejected') throw bad.reason;
}
