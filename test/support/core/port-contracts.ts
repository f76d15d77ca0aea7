/**
 * What every implementation of a port keeps, the fakes and the real adapters alike. Cases are data, so that node's
 * runner and the browser's can both run them: `for (const { name, run } of clockContract(make)) test(name, run)`.
 * A case throws when the contract is broken.
 */
import type { Clock, MicrophonePort, ProbePort, TicketPort } from '../../../src/core/ports.ts';

export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A clock, and how time passes on it: a fake is moved, a real one waited for. */
export interface ClockUnderTest {
  readonly clock: Clock;
  readonly pass: (ms: number) => Promise<void>;
}

/** The contract of {@link Clock}. */
export function clockContract(make: () => ClockUnderTest): readonly ContractCase[] {
  return [
    {
      name: 'a sleep ends after its time on both clocks, not before',
      run: async () => {
        const { clock, pass } = make();
        const [monoMs, wallMs] = [clock.monoMs(), clock.wallMs()];
        const slept = clock.sleep(30, new AbortController().signal);
        await pass(60);
        await slept;
        expect(clock.monoMs() - monoMs >= 29, 'monotonic time passes');
        expect(clock.wallMs() - wallMs >= 29, 'wall time passes');
      },
    },
    {
      name: 'an aborted sleep rejects with the reason, at once',
      run: async () => {
        const { clock } = make();
        const controller = new AbortController();
        const slept = rejection(clock.sleep(60_000, controller.signal));
        const reason = new Error('enough');
        controller.abort(reason);
        expect((await slept) === reason, 'rejects with signal.reason');
      },
    },
    {
      name: 'a sleep under an aborted signal rejects with its reason',
      run: async () => {
        const reason = new Error('enough');
        const caught = await rejection(make().clock.sleep(1, AbortSignal.abort(reason)));
        expect(caught === reason, 'rejects with signal.reason');
      },
    },
  ];
}

/** The contract of {@link TicketPort} and {@link ProbePort} under abort. `make` gives ports whose far side never answers. */
export function silentFarSideContract(
  make: () => { readonly tickets: TicketPort; readonly probe: ProbePort },
): readonly ContractCase[] {
  const calls = [
    [
      'a ticket request',
      (ports: ReturnType<typeof make>, signal: AbortSignal) => ports.tickets.request({}, signal),
    ],
    [
      'a probe',
      (ports: ReturnType<typeof make>, signal: AbortSignal) =>
        ports.probe.probe('ws://127.0.0.1:9', signal, 'anonymous'),
    ],
    [
      'a knock',
      (ports: ReturnType<typeof make>, signal: AbortSignal) => ports.probe.knock('ws://127.0.0.1:9', signal),
    ],
  ] as const;
  return calls.map(([what, call]) => ({
    name: `${what} that is aborted rejects with the reason itself`,
    run: async () => {
      const controller = new AbortController();
      const caught = rejection(call(make(), controller.signal));
      const reason = new Error('enough');
      controller.abort(reason);
      expect((await caught) === reason, 'rejects with signal.reason');
    },
  }));
}

/** The contract of {@link MicrophonePort}. `make` gives one whose person says yes; `pass` lets it answer. */
export function microphoneContract(
  make: () => { readonly microphone: MicrophonePort; readonly pass: () => Promise<void> },
): readonly ContractCase[] {
  return [
    {
      name: 'a second open gives the same track, without a second prompt',
      run: async () => {
        const { microphone, pass } = make();
        const { signal } = new AbortController();
        const opening = microphone.open(signal);
        await pass();
        const first = await opening;
        const second = microphone.open(signal);
        await pass();
        expect(first.mediaTrack === (await second).mediaTrack, 'the same track');
        microphone.close();
      },
    },
    {
      name: 'a closed microphone is silent, and closing again does nothing',
      run: async () => {
        const { microphone, pass } = make();
        const opened = microphone.open(new AbortController().signal);
        await pass();
        await opened;
        microphone.close();
        microphone.close();
        expect(microphone.level() === 0, 'level 0');
        expect(microphone.reading() === 'unknown', 'nothing can be read');
      },
    },
    {
      name: 'mute is silence at the source and is kept for the next open',
      run: async () => {
        const { microphone, pass } = make();
        microphone.setMuted(true);
        const opened = microphone.open(new AbortController().signal);
        await pass();
        await opened;
        expect(microphone.level() === 0, 'level 0 while muted');
        expect(microphone.reading() === 'unknown', 'silence by wish is no dead microphone');
        microphone.close();
      },
    },
  ];
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`contract broken: ${what}`);
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('contract broken: resolved instead of rejecting');
}
