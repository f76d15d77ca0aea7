import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedMark, type PathCounts } from '../../../harness/chaos/fault-mark.ts';
import type { FaultSpec } from '../../../harness/faults/create-fault.ts';

interface Counted {
  readonly up?: number;
  readonly down?: number;
  readonly upDropped?: number;
  readonly downDropped?: number;
  readonly clients?: number;
  readonly open?: number;
}

const counts = (of: Counted = {}): PathCounts => ({
  media: {
    up: { packets: of.up ?? 10, bytes: 0, dropped: of.upDropped ?? 3 },
    down: { packets: of.down ?? 10, bytes: 0, dropped: of.downDropped ?? 3 },
  },
  mediaClients: of.clients ?? 1,
  signal: { open: of.open ?? 1, accepted: 1, refused: 0, upgrades: 1 },
});

const MISSES: readonly (readonly [FaultSpec, before: Counted, after: Counted, string | undefined])[] = [
  [{ kind: 'udpCut', side: 'both' }, {}, { downDropped: 4 }, undefined],
  [{ kind: 'udpCut', side: 'both' }, {}, { up: 90, down: 90 }, 'no packet was cut'],
  [{ kind: 'udpCut', side: 'up' }, {}, { upDropped: 4 }, undefined],
  [{ kind: 'udpCut', side: 'up' }, {}, { downDropped: 4 }, 'no packet was cut'],
  [{ kind: 'wholePath', how: 'hole' }, {}, { upDropped: 4 }, undefined],
  [{ kind: 'wholePath', how: 'off' }, {}, { up: 90 }, 'no packet was cut'],
  [{ kind: 'udpImpair', lossRatio: 0.01 }, {}, { upDropped: 4 }, undefined],
  [{ kind: 'udpImpair', lossRatio: 0.01 }, {}, { up: 90 }, 'no packet was hit'],
  [{ kind: 'udpImpair', jitterMs: 80 }, {}, { up: 90 }, undefined],
  [{ kind: 'udpImpair', jitterMs: 80 }, {}, {}, 'no packet was hit'],
  [{ kind: 'udpRebind' }, {}, {}, undefined],
  [{ kind: 'udpRebind' }, { clients: 0 }, {}, 'no media went through the relay'],
  [{ kind: 'signalCut', how: 'reset' }, {}, { open: 0 }, undefined],
  [{ kind: 'signalCut', how: 'reset' }, { open: 0 }, {}, 'no control connection was open'],
  [{ kind: 'signalStall' }, { open: 0 }, {}, 'no control connection was open'],
  [{ kind: 'processPause', process: 'renderer' }, { open: 0, clients: 0 }, {}, undefined],
];

test('a fault of the network has hit the call when its path counted something for it', () => {
  for (const [fault, before, after, why] of MISSES)
    assert.equal(
      missedMark(fault, counts(before), counts(after)),
      why,
      JSON.stringify([fault, before, after]),
    );
});
