import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFault, type FaultSpec } from '../../../harness/faults/create-fault.ts';
import { cdpNetwork, prepareCdpNetwork, type CdpSession } from '../../../harness/faults/cdp-network.ts';
import { setMicrophonePermission } from '../../../harness/faults/cdp-permission.ts';
import { FaultError, type FaultTarget } from '../../../harness/faults/fault.ts';
import type { KernelPath } from '../../../harness/faults/kernel-path.ts';
import { judgePacket } from '../../../harness/faults/packet-rules.ts';
import { undoAll, undoOnce } from '../../../harness/faults/undo.ts';
import { fakeTarget } from './fake-target.ts';

const never = new AbortController().signal;

/** Every kind once, with what is seen while it is in force and what its undo adds to the log. */
const CASES: {
  spec: FaultSpec;
  does: string[];
  undoes: string[];
  needs: Exclude<keyof FaultTarget, 'kernel'>;
  rules?: number;
}[] = [
  { spec: { kind: 'udpCut', side: 'both' }, does: [], undoes: [], needs: 'media', rules: 1 },
  {
    spec: { kind: 'udpImpair', lossRatio: 0.3, jitterMs: 80 },
    does: [],
    undoes: [],
    needs: 'media',
    rules: 2,
  },
  { spec: { kind: 'udpRebind' }, does: ['rebind'], undoes: [], needs: 'media' },
  { spec: { kind: 'signalCut', how: 'fin' }, does: ['signal cut fin'], undoes: [], needs: 'signal' },
  { spec: { kind: 'signalStall' }, does: ['signal hold'], undoes: ['end signal hold'], needs: 'signal' },
  {
    spec: { kind: 'signalSlow', delayMs: 500, bytesPerSecond: 1_000 },
    does: ['signal slow 500 ms 1000 B/s'],
    undoes: ['end signal slow 500 ms 1000 B/s'],
    needs: 'signal',
  },
  {
    spec: { kind: 'signalRefuse', how: 'closed' },
    does: ['signal refuse closed'],
    undoes: ['end signal refuse closed'],
    needs: 'signal',
  },
  {
    spec: { kind: 'http', at: 'gateway', pathPrefix: '/api/token', answer: { status: 429 } },
    does: ['gateway answer /api/token 429'],
    undoes: ['end gateway answer /api/token 429'],
    needs: 'gateway',
  },
  {
    spec: { kind: 'http', at: 'signal', pathPrefix: '/rtc', answer: 'mute' },
    does: ['signal answer /rtc mute'],
    undoes: ['end signal answer /rtc mute'],
    needs: 'signal',
  },
  {
    spec: { kind: 'tokenSpoil', count: 1 },
    does: ['signal spoil 1'],
    undoes: ['end signal spoil 1'],
    needs: 'signal',
  },
  {
    spec: { kind: 'wholePath', how: 'hole' },
    does: ['signal hold', 'gateway hold'],
    undoes: ['end gateway hold', 'end signal hold'],
    needs: 'media',
    rules: 1,
  },
  {
    spec: { kind: 'wholePath', how: 'refuse' },
    does: ['signal refuse reset', 'signal cut reset', 'gateway refuse reset', 'gateway cut reset'],
    undoes: ['end gateway refuse reset', 'end signal refuse reset'],
    needs: 'signal',
    rules: 1,
  },
  {
    spec: { kind: 'wholePath', how: 'off' },
    does: ['offline', 'signal refuse reset', 'signal cut reset', 'gateway refuse reset', 'gateway cut reset'],
    undoes: ['end gateway refuse reset', 'end signal refuse reset', 'online'],
    needs: 'browser',
    rules: 1,
  },
  {
    spec: { kind: 'processPause', process: 'renderer' },
    does: ['renderer SIGSTOP'],
    undoes: ['renderer SIGCONT'],
    needs: 'renderer',
  },
  {
    spec: { kind: 'processEnd', process: 'server', how: 'kill' },
    does: ['server SIGKILL', 'server exited'],
    undoes: ['server restart'],
    needs: 'server',
  },
  {
    spec: { kind: 'processEnd', process: 'agent', how: 'term' },
    does: ['agent SIGTERM', 'agent SIGTERM', 'agent exited'],
    undoes: ['agent restart'],
    needs: 'agent',
  },
  { spec: { kind: 'page', action: 'reload' }, does: ['reload'], undoes: [], needs: 'browser' },
  { spec: { kind: 'page', action: 'awayAndBack' }, does: ['away and back'], undoes: [], needs: 'browser' },
  { spec: { kind: 'page', action: 'unplugMicrophone' }, does: ['unplug'], undoes: [], needs: 'browser' },
  {
    spec: { kind: 'page', action: 'secondTab' },
    does: ['second tab'],
    undoes: ['end second tab'],
    needs: 'browser',
  },
  {
    spec: { kind: 'page', action: 'revokeMicrophone' },
    does: ['microphone denied'],
    undoes: ['microphone allowed'],
    needs: 'browser',
  },
  { spec: { kind: 'room', action: 'removeUser' }, does: ['removeUser'], undoes: [], needs: 'room' },
  { spec: { kind: 'room', action: 'deleteRoom' }, does: ['deleteRoom'], undoes: [], needs: 'room' },
  { spec: { kind: 'room', action: 'closeRoom' }, does: ['closeRoom'], undoes: [], needs: 'room' },
  {
    spec: { kind: 'room', action: 'joinAsUser' },
    does: ['second user'],
    undoes: ['end second user'],
    needs: 'room',
  },
];

for (const { spec, does, undoes, needs, rules = 0 } of CASES) {
  const name = JSON.stringify(spec);

  test(`${name} does what it says, and undoes it once`, async () => {
    const target = fakeTarget();
    const undo = await createFault('it', spec, 1).apply(target, never);
    assert.deepEqual(target.log, does);
    assert.equal(target.rules.size, rules);
    await undo();
    await undo();
    assert.deepEqual(target.log, [...does, ...undoes]);
    assert.equal(target.rules.size, 0);
    assert.equal(target.inForce.size, 0);
  });

  test(`${name} heals when the signal aborts`, async () => {
    const target = fakeTarget();
    const stay = new AbortController();
    const undo = await createFault('it', spec, 1).apply(target, stay.signal);
    stay.abort(new Error('the test is over'));
    await new Promise((resolve) => setImmediate(resolve)); // healing has begun by itself, nobody asked
    assert.deepEqual(target.log, [...does, ...undoes]);
    await undo(); // must not do it twice
    assert.deepEqual(target.log, [...does, ...undoes]);
    assert.equal(target.rules.size, 0);
  });

  test(`${name} does nothing when it is too late`, async () => {
    const target = fakeTarget();
    const reason = new Error('the test is over');
    await assert.rejects(
      async () => createFault('it', spec, 1).apply(target, AbortSignal.abort(reason)),
      reason,
    );
    assert.deepEqual(target.log, []);
    assert.equal(target.rules.size, 0);
  });

  test(`${name} names the port it lacks and leaves the rest whole`, async () => {
    const target = fakeTarget();
    const { [needs]: _missing, ...rest } = target;
    await assert.rejects(
      async () => createFault('it', spec, 1).apply(rest as FaultTarget, never),
      (error: unknown) =>
        error instanceof FaultError &&
        error.missing === needs &&
        error.message.includes('fault it needs target.'),
    );
    assert.equal(target.rules.size, 0);
    assert.equal(target.inForce.size, 0);
  });
}

test('a whole-path cut without a gateway proxy cuts what there is', async () => {
  const { gateway: _none, ...target } = fakeTarget();
  await (
    await createFault('it', { kind: 'wholePath', how: 'hole' }, 1).apply(target, never)
  )();
  assert.deepEqual(target.log, ['signal hold', 'end signal hold']);
});

/** A path that the kernel cuts, beside the page's controls and no relay or proxy. */
function kernelTarget() {
  const { browser, log, inForce } = fakeTarget();
  const kernel: KernelPath = {
    cut: async (cut) => {
      const what = Object.values(cut).join(' ');
      log.push(what);
      inForce.add(what);
      return undoOnce(() => {
        log.push(`end ${what}`);
        inForce.delete(what);
      }, never);
    },
    counts: () => ({ passed: 0, lost: 0, refused: 0 }),
  };
  return { target: { browser, kernel }, log, inForce };
}

for (const [spec, does, undoes] of [
  [{ kind: 'wholePath', how: 'hole' }, ['silent'], ['end silent']],
  [{ kind: 'wholePath', how: 'refuse' }, ['refused'], ['end refused']],
  [{ kind: 'wholePath', how: 'off' }, ['offline', 'refused'], ['end refused', 'online']],
  [{ kind: 'udpCut', side: 'down' }, ['udp down'], ['end udp down']],
  [{ kind: 'signalStall' }, ['signal'], ['end signal']],
] as [FaultSpec, string[], string[]][]) {
  test(`${JSON.stringify(spec)} is cut by the kernel where it can, and healed once, by its undo or an abort`, async () => {
    const { target, log } = kernelTarget();
    const undo = await createFault('it', spec, 1).apply(target, never);
    assert.deepEqual(log, does);
    await undo();
    await undo();
    assert.deepEqual(log, [...does, ...undoes]);
    const stay = new AbortController();
    const other = kernelTarget();
    const release = await createFault('it', spec, 1).apply(other.target, stay.signal);
    stay.abort(new Error('the test is over'));
    await release();
    assert.deepEqual(other.log, [...does, ...undoes]);
  });
}

test('a cut that is aborted while the kernel makes it is healed', async () => {
  for (const how of ['hole', 'off'] as const) {
    const { target, inForce } = kernelTarget();
    const stay = new AbortController();
    const kernel: KernelPath = {
      ...target.kernel,
      cut: (cut) => {
        stay.abort(new Error('over'));
        return target.kernel.cut(cut);
      },
    };
    await assert.rejects(
      createFault('it', { kind: 'wholePath', how }, 1).apply({ ...target, kernel }, stay.signal),
      /over/,
    );
    assert.deepEqual([...inForce], [], how);
  }
});

test('off that is aborted while the browser is being told leaves nothing cut', async () => {
  const target = fakeTarget();
  const stay = new AbortController();
  const browser = {
    ...target.browser,
    setOffline: async (offline: boolean) => {
      target.log.push(`offline ${offline}`);
      stay.abort(new Error('over'));
    },
  };
  await assert.rejects(
    async () =>
      createFault('it', { kind: 'wholePath', how: 'off' }, 1).apply({ ...target, browser }, stay.signal),
    /over/,
  );
  assert.deepEqual([...target.inForce], []);
  assert.equal(target.rules.size, 0);
  assert.equal(target.log.at(-1), 'offline false');
});

test('impairments lose the same packets for the same seed', async () => {
  const lost = async (seed: number): Promise<string> => {
    const target = fakeTarget();
    await createFault('it', { kind: 'udpImpair', lossRatio: 0.3 }, seed).apply(target, never);
    return Array.from({ length: 64 }, () => (judgePacket(target.rules, 'up') === 'drop' ? 'x' : '.')).join(
      '',
    );
  };
  assert.equal(await lost(5), await lost(5));
  assert.notEqual(await lost(5), await lost(6));
});

test('a paused process that was replaced meanwhile is no failure, any other refusal is', async () => {
  const gone = (code: string): FaultTarget => {
    const target = fakeTarget();
    return {
      ...target,
      agent: {
        ...target.agent,
        send: (signal) => {
          if (signal === 'SIGCONT') throw Object.assign(new Error(`kill ${code}`), { code });
        },
      },
    };
  };
  await (
    await createFault('it', { kind: 'processPause', process: 'agent' }, 1).apply(gone('ESRCH'), never)
  )();
  const undo = await createFault('it', { kind: 'processPause', process: 'agent' }, 1).apply(
    gone('EPERM'),
    never,
  );
  await assert.rejects(undo(), /EPERM/);
  await assert.rejects(undo(), /EPERM/);
});

test('undoing all goes on after a failure, last first, and tells the first failure', async () => {
  const log: string[] = [];
  const undo = undoAll([
    async () => void log.push('first'),
    async () => {
      throw new Error('second failed');
    },
    async () => void log.push('third'),
  ]);
  await assert.rejects(undo(), /second failed/);
  assert.deepEqual(log, ['third', 'first']);
});

test('an undo leaves no listener on the signal', async () => {
  const stay = new AbortController();
  let healed = 0;
  const undo = undoOnce(() => void (healed += 1), stay.signal);
  await undo();
  stay.abort(new Error('later'));
  await undo();
  assert.equal(healed, 1);
});

test('network emulation restores the harmless throttle and never clears it', async () => {
  const sent: unknown[] = [];
  const session: CdpSession = {
    send: async (method: string, params?: unknown) => void sent.push([method, params]),
  };
  await prepareCdpNetwork(session);
  const undo = await cdpNetwork('it', session, { offline: true }).apply({}, never);
  await undo();
  await undo();
  const harmless = [
    'Network.emulateNetworkConditions',
    { offline: false, latency: 0, downloadThroughput: 1e8, uploadThroughput: 1e8 },
  ];
  assert.deepEqual(sent, [
    ['Network.enable', undefined],
    harmless,
    ['Network.emulateNetworkConditions', { ...(harmless[1] as object), offline: true }],
    harmless,
  ]);
});

test('a microphone permission is set for one origin', async () => {
  const sent: unknown[] = [];
  const session: CdpSession = {
    send: async (method: string, params?: unknown) => void sent.push([method, params]),
  };
  await setMicrophonePermission(session, { origin: 'http://127.0.0.1:1' }, false);
  assert.deepEqual(sent, [
    [
      'Browser.setPermission',
      { permission: { name: 'microphone' }, setting: 'denied', origin: 'http://127.0.0.1:1' },
    ],
  ]);
});
