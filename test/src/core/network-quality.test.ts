import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaSample } from '../../../src/core/reconnect/media-sample.ts';
import {
  beginNetworkQuality,
  networkQuality,
  qualitySampled,
} from '../../../src/core/session/network-quality.ts';
import type { NetworkQuality } from '../../../src/core/session/types.ts';
import { seededRandom } from '../../support/core/fake-ports.ts';

/** Packets a second of sound. */
const RATE = 50;
const SAMPLE_MS = 500;

/** A call whose network loses packets by lot, read twice a second; the far side reports once a second. */
class LossyCall {
  upRatio = 0;
  downRatio = 0;
  muted = false;
  readonly told: { readonly atMs: number; readonly quality: NetworkQuality }[] = [];
  #memory = beginNetworkQuality();
  #atMs = 0;
  #sent = 0;
  #upLost = 0;
  #received = 0;
  #downLost = 0;
  #report = { atMs: 0, lost: 0 };
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  get quality(): NetworkQuality {
    return networkQuality(this.#memory);
  }

  run(ms: number): this {
    for (const endMs = this.#atMs + ms; this.#atMs < endMs;) {
      this.#atMs += SAMPLE_MS;
      this.#flow();
      this.#memory = qualitySampled(this.#memory, this.#sample());
      if (this.quality !== (this.told.at(-1)?.quality ?? 'good'))
        this.told.push({ atMs: this.#atMs, quality: this.quality });
    }
    return this;
  }

  /** What a cut leaves behind: all packets of `ms` lost at once. */
  gap(ms: number): this {
    this.#downLost += (ms * RATE) / 1000;
    this.#upLost += (ms * RATE) / 1000;
    this.#sent += (ms * RATE) / 1000;
    this.#atMs += ms;
    return this;
  }

  #flow(): void {
    for (let packet = 0; packet < (SAMPLE_MS * RATE) / 1000; packet += 1) {
      this.#sent += 1;
      if (this.#random() < this.upRatio) this.#upLost += 1;
      if (this.#random() < this.downRatio) this.#downLost += 1;
      else this.#received += 1;
    }
    if (this.#atMs % 1000 === 0) this.#report = { atMs: this.#atMs, lost: this.#upLost };
  }

  #sample(): MediaSample {
    return {
      monoMs: this.#atMs,
      signalUp: true,
      pairs: [],
      up: {
        id: 'up',
        packetsSent: this.#sent,
        muted: this.muted,
        remoteReportMs: this.#report.atMs,
        remotePacketsLost: this.#report.lost,
      },
      down: { id: 'down', packetsReceived: this.#received, packetsLost: this.#downLost },
    };
  }
}

const SEEDS = Array.from({ length: 40 }, (_, number) => number + 1);

function lossy(seed: number, upRatio: number, downRatio: number): LossyCall {
  const call = new LossyCall(seed).run(5000);
  call.upRatio = upRatio;
  call.downRatio = downRatio;
  return call;
}

test('ten lost packets in a hundred are told within 10 s, thirty within 5', () => {
  const late = SEEDS.filter((seed) => lossy(seed, 0.1, 0.1).run(10_000).quality === 'good');
  assert.ok(late.length <= 1, `${late.length} of ${SEEDS.length} were late`);
  for (const seed of SEEDS) assert.notEqual(lossy(seed, 0.3, 0.3).run(5000).quality, 'good');
});

test('one and five in a hundred are not worth a word', () => {
  for (const seed of SEEDS) assert.deepEqual(lossy(seed, 0.01, 0.01).run(20_000).told, []);
  const told = SEEDS.filter((seed) => lossy(seed, 0.05, 0.05).run(20_000).told.length > 0);
  assert.ok(told.length <= 2, `told in ${told.length} of ${SEEDS.length} calls`);
});

test('the direction that loses is named', () => {
  assert.equal(lossy(1, 0.3, 0).run(10_000).quality, 'weakUp');
  assert.equal(lossy(1, 0, 0.3).run(10_000).quality, 'weakDown');
  assert.equal(lossy(1, 0.3, 0.3).run(10_000).quality, 'weakBoth');
});

test('it is good again within 5 s of the network, and not for a good moment in between', () => {
  for (const seed of SEEDS) {
    const call = lossy(seed, 0.2, 0).run(30_000);
    assert.equal(call.told.length, 1, 'told once for the whole time');
    call.upRatio = 0;
    assert.equal(call.run(5000).quality, 'good');
  }
});

test('a cut leaves no weak network behind', () => {
  for (const ms of [1000, 3000, 10_000, 45_000])
    assert.deepEqual(lossy(1, 0, 0).gap(ms).run(10_000).told, [], `${ms} ms`);
});

test('while muted nothing is sent that could be lost', () => {
  const call = lossy(1, 0.3, 0).run(10_000);
  call.muted = true;
  assert.equal(call.run(500).quality, 'good');
});

test('another stream begins to count anew', () => {
  const down = (id: string, monoMs: number, packetsReceived: number, packetsLost: number): MediaSample => ({
    monoMs,
    signalUp: true,
    pairs: [],
    down: { id, packetsReceived, packetsLost },
  });
  let memory = qualitySampled(beginNetworkQuality(), down('old', 0, 1000, 0));
  for (const at of [1, 2, 3, 4]) memory = qualitySampled(memory, down(`new-${at}`, at * 500, 10, 500 * at));
  assert.equal(networkQuality(memory), 'good');
});
