import { browserClock } from '../../../src/compose/browser-clock.ts';
import { BrowserMicrophone } from '../../../src/livekit/microphone.ts';
import { PageAudio } from '../../../src/livekit/page-audio.ts';
import { serverProbe } from '../../../src/livekit/server-probe.ts';
import { endpointTickets } from '../../../src/livekit/ticket-port.ts';
import {
  clockContract,
  microphoneContract,
  silentFarSideContract,
  type ContractCase,
} from '../../support/core/port-contracts.ts';

/** A far side that takes the request and never says a word. */
const silentFetch: typeof fetch = (_input, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
  });

describe('the real adapters keep the contract of their ports', () => {
  const audio = new PageAudio();

  const cases: readonly ContractCase[] = [
    ...clockContract(() => ({
      clock: browserClock,
      pass: (ms) => browserClock.sleep(ms, new AbortController().signal),
    })),
    ...silentFarSideContract(() => ({
      tickets: endpointTickets({ endpoint: '/api/token', clock: browserClock, fetch: silentFetch }),
      probe: serverProbe(silentFetch),
    })),
    ...microphoneContract(() => ({
      microphone: new BrowserMicrophone({ audio }),
      pass: () => Promise.resolve(), // the prompt is answered by the browser's own flag
    })),
  ];
  for (const { name, run } of cases) it(name, run);
});
