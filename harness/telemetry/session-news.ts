import type { SessionFact } from './session-event.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** An event in words; undefined for what happens all the time and is a figure rather than news. Pure. */
export function newsOf(fact: SessionFact): string | undefined {
  switch (fact.type) {
    case 'started':
      return 'started';
    case 'state':
      return fact.state;
    case 'error':
      return `error: ${fact.code}`;
    case 'reconnection':
      return 'connection lost, coming back';
    case 'hung':
      return fact.how === 'silent'
        ? `hangs: no sign of life for ${seconds(fact.forMs)}`
        : `hangs: no progress for ${seconds(fact.forMs)}`;
    case 'killed':
      return 'had to be killed';
    case 'recovery':
      return `new process, number ${fact.attempt}, because the last one ${fact.why}`;
    case 'warning':
      return fact.text;
    case 'ended':
      return `ended: ${fact.reason}`;
    case 'usage':
    case 'latency':
    case 'turn':
      return undefined;
  }
}
