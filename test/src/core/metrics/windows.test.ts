import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { audioOut as audioOutOf } from '../../../../src/core/metrics/audio-out.ts';
import type { MetricsSample } from '../../../../src/core/metrics/columns.ts';
import { growthOf } from '../../../../src/core/metrics/growth-table.ts';
import { intervalsOf } from '../../../../src/core/metrics/intervals.ts';
import { samplesOf, tableOf } from '../../../../src/core/metrics/sample-table.ts';
import { SummaryReader, summaryOf } from '../../../../src/core/metrics/summary.ts';
import { windowFacts } from '../../../../src/core/metrics/window-facts.ts';
import {
  addWindows,
  longerWindows,
  WindowReader,
  windowsOf,
  windowsOfTable,
} from '../../../../src/core/metrics/windows.ts';
import type { Window } from '../../../../src/core/metrics/windows.ts';
import { callSamples } from '../../../support/core/recordings.ts';

const audioOut = (samples: MetricsSample[], stretches: Parameters<typeof audioOutOf>[1]) =>
  audioOutOf(growthOf(tableOf(samples)), stretches);

const grown = (samples: MetricsSample[]) => [...intervalsOf(samples)].map((interval) => interval.grown);

test('counters become growth, and the first value is no growth', () => {
  assert.deepEqual(
    grown([
      { atMs: 0, downPacketsReceived: 900 },
      { atMs: 1000, downPacketsReceived: 950 },
      { atMs: 2000, downPacketsReceived: 950 },
    ]),
    [{ downPacketsReceived: 50 }, { downPacketsReceived: 0 }],
  );
});

test('after a rejoin the whole new value is growth, even when it is above the old one', () => {
  assert.deepEqual(
    grown([
      { atMs: 0, downEpoch: 0, downPacketsReceived: 40, pathEpoch: 0, pathBytesReceived: 9000 },
      { atMs: 1000, downEpoch: 1, downPacketsReceived: 60, pathEpoch: 0, pathBytesReceived: 9100 },
    ]),
    [{ downPacketsReceived: 60, pathBytesReceived: 100 }],
  );
});

test('without an epoch a counter that shrinks begins its group anew', () => {
  assert.deepEqual(
    grown([
      { atMs: 0, downPacketsReceived: 500, downBytesReceived: 100 },
      { atMs: 1000, downPacketsReceived: 30, downBytesReceived: 2400 },
    ]),
    [{ downPacketsReceived: 30, downBytesReceived: 2400 }],
  );
});

test('a late duplicate takes a loss back and is no new beginning', () => {
  assert.deepEqual(
    grown([
      { atMs: 0, downPacketsReceived: 500, downPacketsLost: 7 },
      { atMs: 1000, downPacketsReceived: 551, downPacketsLost: 6 },
    ]),
    [{ downPacketsReceived: 51, downPacketsLost: -1 }],
  );
});

test('a value that is missing is made up for by the next', () => {
  assert.deepEqual(
    grown([
      { atMs: 0, downPacketsReceived: 100 },
      { atMs: 1000, downPacketsReceived: NaN },
      { atMs: 2000, downPacketsReceived: 200 },
    ]),
    [{}, { downPacketsReceived: 100 }],
  );
});

test('missing samples are a gap, and a sample out of order is left out', () => {
  const intervals = [...intervalsOf([{ atMs: 0 }, { atMs: 5000 }, { atMs: 4000 }, { atMs: 6000 }])];
  assert.deepEqual(
    intervals.map(({ fromMs, toMs, isGap }) => [fromMs, toMs, isGap]),
    [
      [0, 5000, true],
      [5000, 6000, false],
    ],
  );
});

const samplings = fc
  .array(
    fc.record({
      stepMs: fc.integer({ min: 200, max: 9000 }),
      received: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      lost: fc.integer({ min: -1, max: 20 }),
      epoch: fc.boolean(),
      rttS: fc.option(
        fc.integer({ min: 0, max: 2000 }).map((value) => value / 1000),
        { nil: undefined },
      ),
    }),
    { maxLength: 80 },
  )
  .map((steps) => {
    let atMs = 0;
    let received = 0;
    let lost = 0;
    let downEpoch = 0;
    return steps.map((step): MetricsSample => {
      atMs += step.stepMs;
      if (step.epoch) {
        downEpoch++;
        received = lost = 0;
      }
      received += step.received ?? 0;
      lost += step.lost;
      return {
        atMs,
        downEpoch,
        downPacketsReceived: step.received === undefined ? NaN : received,
        downPacketsLost: lost,
        pathRttS: step.rttS,
      };
    });
  });

test('windows taken one by one are those taken at once', () => {
  fc.assert(
    fc.property(samplings, fc.constantFrom(1000, 10_000), (samples, lengthMs) => {
      const reader = new WindowReader(lengthMs);
      const live = samples.map((sample) => reader.next(sample)).filter((window) => window !== undefined);
      if (reader.open !== undefined) live.push(reader.open);
      assert.deepEqual(live, [...windowsOf(samples, lengthMs)]);
      assert.equal(
        live.reduce((sum, window) => sum + window.samples, 0),
        samples.length,
      );
    }),
  );
});

/** Samples as no recorder makes them: out of order, with holes, with and without epochs, with counters that shrink. */
const wildSamples = fc.array(
  fc.record(
    {
      atMs: fc.integer({ min: 0, max: 60_000 }),
      downEpoch: fc.integer({ min: 0, max: 2 }),
      downPacketsReceived: fc.integer({ min: 0, max: 500 }),
      downPacketsLost: fc.integer({ min: 0, max: 20 }),
      downBytesReceived: fc.integer({ min: 0, max: 5000 }),
      pathBytesSent: fc.integer({ min: 0, max: 5000 }),
      pathRttS: fc.integer({ min: 0, max: 2000 }).map((value) => value / 1000),
    },
    { requiredKeys: ['atMs'] },
  ),
  { maxLength: 60 },
);

test('a whole table gives the windows of its samples, also out of order and with holes', () => {
  fc.assert(
    fc.property(
      fc.oneof(wildSamples, samplings),
      fc.constantFrom(1000, 10_000),
      fc.boolean(),
      (samples, lengthMs, sorted) => {
        const table = tableOf(sorted ? [...samples].sort((a, b) => a.atMs - b.atMs) : samples);
        assert.deepEqual(
          [...windowsOfTable(table, growthOf(table), lengthMs)],
          [...windowsOf(samplesOf(table), lengthMs)],
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('ten seconds out of samples are ten seconds out of seconds, and so is the summary', () => {
  fc.assert(
    fc.property(samplings, (samples) => {
      const straight = [...windowsOf(samples, 10_000)];
      const staged = [...longerWindows(windowsOf(samples, 1000), 10_000)];
      sameWindows(staged, straight);
      const reader = new SummaryReader();
      for (const window of windowsOf(samples, 1000)) reader.next(window);
      sameNumbers(reader.summary, summaryOf(straight));
    }),
  );
});

test('a gap is told as time that was not measured, and only once', () => {
  const summary = summaryOf(
    windowsOf([{ atMs: 0 }, { atMs: 1000 }, { atMs: 31_000 }, { atMs: 32_000 }], 10_000),
  );
  assert.deepEqual([summary?.coveredMs, summary?.gapMs], [2000, 30_000]);
});

test('all windows together hold all that grew', () => {
  fc.assert(
    fc.property(samplings, (samples) => {
      const whole = [...windowsOf(samples, 1000)].reduce<Window | undefined>(
        (sum, window) => (sum === undefined ? window : addWindows(sum, window)),
        undefined,
      );
      const lost = grown(samples).reduce((sum, one) => sum + (one.downPacketsLost ?? 0), 0);
      assert.equal(whole?.grown.downPacketsLost ?? 0, lost);
    }),
  );
});

/** Sums of fractions in another order differ in their last bits. */
function sameNumbers(actual: unknown, expected: unknown): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    assert.ok(
      Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
      `${actual} is not ${expected}`,
    );
    return;
  }
  if (typeof actual !== 'object' || actual === null) return assert.deepEqual(actual, expected);
  assert.ok(typeof expected === 'object' && expected !== null);
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [key, value] of Object.entries(actual))
    sameNumbers(value, (expected as Record<string, unknown>)[key]);
}

function sameWindows(actual: Window[], expected: Window[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((window, index) => sameNumbers(window, expected[index]));
}

test('facts of a window are rates, ratios and delays in their units', () => {
  const [window] = windowsOf(
    [
      { atMs: 0, downPacketsReceived: 0, downPacketsLost: 0, downPacketsDiscarded: 0, downBytesReceived: 0 },
      {
        atMs: 1000,
        downPacketsReceived: 45,
        downPacketsLost: 5,
        downPacketsDiscarded: 5,
        downBytesReceived: 4000,
        pathRttS: 0.12,
        downJitterS: 0.004,
      },
    ],
    10_000,
  );
  assert.ok(window !== undefined);
  assert.deepEqual(windowFacts(window), {
    rttMs: 120,
    maxRttMs: 120,
    jitterMs: 4,
    downLossRatio: 0.1,
    downMissingRatio: 0.2,
    downBps: 32_000,
  });
});

test('copies that RED sends along and nobody needs are no missing packets, late ones that were missed are', () => {
  const missing = (concealedSamples: number) =>
    windowFacts(
      [
        ...windowsOf(
          [
            {
              atMs: 0,
              downPacketsReceived: 0,
              downPacketsLost: 0,
              downPacketsDiscarded: 0,
              downConcealedSamples: 0,
              downTotalSamplesReceived: 0,
            },
            {
              atMs: 1000,
              downPacketsReceived: 50,
              downPacketsLost: 0,
              downPacketsDiscarded: 50,
              downConcealedSamples: concealedSamples,
              downTotalSamplesReceived: 48_000,
            },
          ],
          10_000,
        ),
      ][0]!,
    ).downMissingRatio;
  assert.equal(missing(0), 0);
  assert.equal(missing(4800), 0.1);
});

test('delay in the jitter buffer is that of the window and not of the whole call', () => {
  const [, second] = windowsOf(
    [
      { atMs: 0, downJitterBufferDelayS: 0, downJitterBufferEmittedCount: 0 },
      { atMs: 900, downJitterBufferDelayS: 4800, downJitterBufferEmittedCount: 48_000 },
      { atMs: 1900, downJitterBufferDelayS: 4800 + 2400, downJitterBufferEmittedCount: 96_000 },
    ],
    1000,
  );
  assert.ok(second !== undefined);
  assert.equal(windowFacts(second).bufferMs, 50);
});

test('sound made up while silent is not audible', () => {
  const [window] = windowsOf(
    [
      { atMs: 0, downTotalSamplesReceived: 0, downConcealedSamples: 0, downSilentConcealedSamples: 0 },
      {
        atMs: 1000,
        downTotalSamplesReceived: 48_000,
        downConcealedSamples: 24_000,
        downSilentConcealedSamples: 12_000,
      },
    ],
    10_000,
  );
  assert.ok(window !== undefined);
  const { concealedRatio, audibleConcealedMs } = windowFacts(window);
  assert.deepEqual([concealedRatio, audibleConcealedMs], [0.5, 250]);
});

test('the worst minute is the one with the cut', () => {
  const summary = summaryOf(windowsOf(callSamples(300, [{ fromS: 130, toS: 142 }]), 10_000));
  assert.equal(summary?.worstMinute?.startMs, 120_000);
  assert.equal(summary.samples, 300);
  assert.ok((summary.facts.concealedRatio ?? 0) > 0.03);
});

test('an empty recording has no summary, and one without media has no score and no facts', () => {
  assert.equal(summaryOf([]), undefined);
  const summary = summaryOf(windowsOf([{ atMs: 0 }, { atMs: 1000 }], 1000));
  assert.deepEqual([summary?.facts, summary?.mos, summary?.worstMinute], [{}, undefined, undefined]);
});

test('a cut of 12 s costs 12 s of sound, and one after a rejoin as well', () => {
  for (const isRejoin of [false, true]) {
    const samples = callSamples(60, [{ fromS: 20, toS: 32, isRejoin }]);
    const [out] = audioOut(samples, [{ startMs: 20_000, endMs: 32_500 }]);
    assert.ok(out !== undefined);
    assert.ok(Math.abs(out.downMs - 12_000) <= 100, `${out.downMs} ms down`);
    assert.ok(Math.abs(out.upMs - 12_000) <= 100, `${out.upMs} ms up`);
    assert.ok(out.concealedMs >= 12_000 && out.concealedMs < 12_500, `${out.concealedMs} ms made up`);
  }
});

test('samples that are missing in an outage count as sound that was gone only when nothing came meanwhile', () => {
  const stretch = { startMs: 2000, endMs: 9000 };
  const flowing = [0, 1, 2, 9, 10].map((s) => ({
    atMs: s * 1000,
    downPacketsReceived: s * 50,
    upPacketsSent: s * 50,
  }));
  assert.equal(audioOut(flowing, [stretch])[0]?.downMs, 0);
  const cut = flowing.map((sample) => ({
    ...sample,
    downPacketsReceived: sample.atMs > 2000 ? 100 : sample.atMs / 20,
  }));
  assert.deepEqual(audioOut(cut, [stretch])[0], { downMs: 8000, upMs: 0, concealedMs: 0 });
});

test('an outage that no sample speaks for is not judged', () => {
  assert.deepEqual(audioOut([], [{ startMs: 0, endMs: 1000 }]), [undefined]);
  assert.deepEqual(audioOut(callSamples(10), [{ startMs: 60_000, endMs: 61_000 }]), [undefined]);
});

test('an agent that is silent while the path is alive is no loss of sound', () => {
  const samples = [0, 1, 2, 3].map((s) => ({
    atMs: s * 1000,
    downPacketsReceived: 100,
    pathBytesReceived: 500 * s,
  }));
  assert.equal(audioOut(samples, [{ startMs: 0, endMs: 3000 }])[0]?.downMs, 0);
});
