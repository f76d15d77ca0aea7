import { systemEngineClock } from '../supervisor/engine-clock.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';

/** The agent's time as the engine wants it, so that one clock moves both. */
export function engineClockOf(clock: Clock): EngineClock {
  if (clock === systemClock) return systemEngineClock;
  return {
    wallMs: () => clock.wallMs(),
    monoMs: () => clock.monoMs(),
    after: (delayMs, callback) => {
      const over = new AbortController();
      clock.sleep(delayMs, over.signal).then(callback, () => {}); // taken back
      return () => over.abort();
    },
  };
}
