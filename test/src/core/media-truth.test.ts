import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agentLeft,
  beginMediaTruth,
  heartbeatAnswered,
  isAgentSilent,
  mediaFinding,
  mediaSampled,
  restartProof,
  type MediaTruth,
} from '../../../src/core/reconnect/media-truth.ts';
import type { MediaSample } from '../../../src/core/reconnect/media-sample.ts';
import type { MediaFinding } from '../../../src/core/session/link-state.ts';

/** What flows; a test switches it. */
interface Path {
  /** RTP and reports towards us. */
  payload: boolean;
  checks: boolean;
  heartbeat: boolean;
  reports: boolean;
  signal: boolean;
  muted: boolean;
  /** Our packets leave. */
  sends: boolean;
  withoutMicrophone: boolean;
  agentSpeaks: boolean;
  countsChecks: boolean;
  upConfirmed: boolean | undefined;
}

const SOUND: Path = {
  payload: true,
  checks: true,
  heartbeat: true,
  reports: true,
  signal: true,
  muted: false,
  sends: true,
  withoutMicrophone: false,
  agentSpeaks: true,
  countsChecks: true,
  upConfirmed: undefined,
};

/** A path whose counters grow as a real one's: sampled each 500 ms, a check each 2.5 s, a heartbeat each second. */
class Simulation {
  readonly path: Path;
  truth: MediaTruth;
  now = 0;
  #down = 0;
  #up = 0;
  #checks = 0;
  #reportMs = 0;

  constructor(path: Partial<Path> = {}, agentAnswers = false) {
    this.path = { ...SOUND, ...path };
    this.truth = beginMediaTruth(0, agentAnswers);
    this.#sample();
  }

  get finding(): MediaFinding {
    return mediaFinding(this.truth, this.now);
  }

  run(ms: number, stepMs = 500, until: () => boolean = () => false): number {
    const endMs = this.now + ms;
    while (this.now < endMs && !until()) {
      this.now += stepMs;
      const { path, now } = this;
      if (!path.muted && path.sends) this.#up += stepMs / 20;
      if (path.payload && (path.agentSpeaks || now % 1000 < stepMs))
        this.#down += path.agentSpeaks ? stepMs / 20 : 1;
      if (path.checks && now % 2500 < stepMs) this.#checks += 1;
      if (path.reports && now % 1000 < stepMs) this.#reportMs = now;
      this.#sample();
      if (path.heartbeat && now % 1000 < stepMs) this.truth = heartbeatAnswered(this.truth, now);
    }
    return this.now;
  }

  #sample(): void {
    const { path } = this;
    const sample: MediaSample = {
      monoMs: this.now,
      signalUp: path.signal,
      pairs: [
        {
          id: 'p',
          bytesSent: 0,
          bytesReceived: this.#down * 80,
          ...(path.countsChecks && { responsesReceived: this.#checks }),
        },
      ],
      ...(!path.withoutMicrophone && {
        up: { id: 'u', packetsSent: this.#up, muted: path.muted, remoteReportMs: this.#reportMs },
      }),
      ...(path.agentSpeaks && { down: { id: 'd', packetsReceived: this.#down } }),
      ...(path.upConfirmed !== undefined && { upConfirmed: path.upConfirmed }),
    };
    this.truth = mediaSampled(this.truth, sample);
  }
}

function cut(path: Path): void {
  Object.assign(path, { payload: false, checks: false, heartbeat: false, reports: false });
}

test('a sound path is never called cut, and is proven within a second', () => {
  const simulation = new Simulation();
  simulation.run(1000);
  assert.equal(simulation.finding.provenSinceMonoMs, 0);
  for (let second = 0; second < 120; second += 1) {
    simulation.run(1000);
    assert.equal(simulation.finding.cut, 'none');
  }
});

for (const [what, path] of [
  ['speaking', {}],
  ['muted with a silent agent', { muted: true, agentSpeaks: false }],
  ['without a microphone', { withoutMicrophone: true }],
] as const)
  test(`a silent cut of both ways is found within 4 s, ${what}, wherever it falls between two checks`, () => {
    for (const beginMs of [20_000, 20_500, 21_000, 21_500, 22_000, 22_500]) {
      const simulation = new Simulation(path);
      simulation.run(beginMs);
      cut(simulation.path);
      const foundMs = simulation.run(10_000, 500, () => simulation.finding.cut === 'both') - beginMs;
      assert.ok(foundMs <= 4000, `found after ${foundMs} ms`);
      assert.ok(foundMs >= 1000, `one lost interval is no cut: ${foundMs} ms`);
    }
  });

test('a browser that does not count checks finds the cut by payload and heartbeat', () => {
  const simulation = new Simulation({ countsChecks: false });
  simulation.run(20_000);
  cut(simulation.path);
  const foundMs = simulation.run(10_000, 500, () => simulation.finding.cut === 'both') - 20_000;
  assert.ok(foundMs <= 4000, `found after ${foundMs} ms`);
});

for (const missing of ['payload', 'checks', 'heartbeat', 'reports', 'signal'] as const)
  test(`the absence of ${missing} alone is no cut`, () => {
    const simulation = new Simulation();
    simulation.run(20_000);
    simulation.path[missing] = false;
    simulation.run(20_000, 500, () => simulation.finding.cut !== 'none');
    assert.equal(simulation.finding.cut, 'none');
  });

test('a path that never shows a sign of life is found as well, within 7 s', () => {
  const simulation = new Simulation();
  cut(simulation.path);
  const foundMs = simulation.run(20_000, 500, () => simulation.finding.cut === 'both');
  assert.ok(foundMs <= 7000, `found after ${foundMs} ms`);
});

test('a cut upwards is named: their packets come, ours are not answered', () => {
  const simulation = new Simulation();
  simulation.run(20_000);
  Object.assign(simulation.path, { checks: false, heartbeat: false, reports: false });
  const foundMs = simulation.run(10_000, 500, () => simulation.finding.cut !== 'none') - 20_000;
  assert.equal(simulation.finding.cut, 'up');
  assert.ok(foundMs <= 4000, `found after ${foundMs} ms`);
});

for (const [what, path] of [
  ['in text-only', { withoutMicrophone: true }],
  ['while muted', { muted: true }],
] as const)
  test(`a cut upwards is found within 6.5 s ${what} by checks alone, with an agent that never answers`, () => {
    for (const beginMs of [20_000, 20_500, 21_000, 21_500, 22_000]) {
      const simulation = new Simulation({ ...path, heartbeat: false, agentSpeaks: false });
      simulation.run(beginMs);
      assert.equal(simulation.finding.cut, 'none');
      simulation.path.checks = false;
      const foundMs = simulation.run(10_000, 500, () => simulation.finding.cut !== 'none') - beginMs;
      assert.equal(simulation.finding.cut, 'up');
      assert.ok(foundMs <= 6500, `found after ${foundMs} ms`);
      assert.ok(foundMs > 3000, `one check that was lost is no cut: ${foundMs} ms`);
      simulation.path.checks = true;
      simulation.run(3000);
      assert.equal(simulation.finding.cut, 'none', 'and over with the next answer');
      assert.ok(simulation.finding.provenSinceMonoMs !== undefined);
    }
  });

test('after a short cut of both ways no cut upwards is found while the answers are still on their way', () => {
  for (const cutMs of [1_500, 1_900]) {
    const path = new Simulation();
    path.run(10_000);
    cut(path.path);
    path.run(cutMs);
    path.path.payload = true;
    const found = new Set<string>();
    path.run(1_900, 100, () => {
      found.add(path.finding.cut);
      return false;
    });
    assert.deepEqual([...found], ['none'], `${cutMs} ms`);
  }
});

test('a browser whose count of checks stands at 0 has no cut upwards for that', () => {
  const simulation = new Simulation({ withoutMicrophone: true, heartbeat: false, checks: false });
  simulation.run(20_000, 500, () => simulation.finding.cut !== 'none');
  assert.equal(simulation.finding.cut, 'none');
});

test('a cut downwards is named where somebody confirms that we are heard', () => {
  const simulation = new Simulation({ upConfirmed: true });
  simulation.run(20_000);
  Object.assign(simulation.path, { payload: false, checks: false, heartbeat: false, reports: false });
  simulation.run(6000);
  assert.equal(simulation.finding.cut, 'down');
});

test('a hung agent is told as silent within 5 s and is no cut, speaking or not', () => {
  for (const agentSpeaks of [true, false]) {
    const simulation = new Simulation({ agentSpeaks });
    simulation.run(20_000);
    simulation.path.heartbeat = false;
    simulation.run(5000, 500, () => isAgentSilent(simulation.truth, simulation.now));
    assert.ok(isAgentSilent(simulation.truth, simulation.now));
    assert.equal(simulation.finding.cut, 'none');
    simulation.path.heartbeat = true;
    simulation.run(1500);
    assert.ok(!isAgentSilent(simulation.truth, simulation.now), 'and told again when it answers');
  }
});

test('an agent that never answered, or left, is not called silent', () => {
  const simulation = new Simulation({ heartbeat: false });
  simulation.run(20_000);
  assert.ok(!isAgentSilent(simulation.truth, simulation.now));
  const left = new Simulation();
  left.run(20_000);
  left.path.heartbeat = false;
  left.truth = agentLeft(left.truth);
  left.run(10_000);
  assert.ok(!isAgentSilent(left.truth, left.now));
});

test('proof counts only from the time it was asked for, and needs two signs', () => {
  const simulation = new Simulation();
  simulation.run(20_000);
  simulation.truth = restartProof(simulation.truth, simulation.now);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined);
  simulation.run(400, 200);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined, 'one interval is not enough');
  simulation.run(1200, 200);
  assert.ok((simulation.finding.provenSinceMonoMs ?? 0) >= 20_000);
});

test('a dead path is never proven, whatever was sent into it', () => {
  const simulation = new Simulation();
  simulation.run(20_000);
  cut(simulation.path);
  simulation.truth = restartProof(simulation.truth, simulation.now);
  simulation.run(60_000, 200, () => simulation.finding.provenSinceMonoMs !== undefined);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined);
});

test('one last packet that was under way when proof was asked for proves nothing', () => {
  const simulation = new Simulation();
  simulation.run(20_000);
  simulation.truth = restartProof(simulation.truth, simulation.now);
  simulation.run(400, 200);
  cut(simulation.path);
  simulation.run(10_000, 200, () => simulation.finding.provenSinceMonoMs !== undefined);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined);
});

test('while no packet of ours leaves an open microphone there is no proof', () => {
  const simulation = new Simulation({ sends: false });
  simulation.run(10_000);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined);
  simulation.path.sends = true;
  simulation.run(2000);
  assert.ok(simulation.finding.provenSinceMonoMs !== undefined);
});

test('packets of the agent alone prove nothing while ours are not answered', () => {
  const simulation = new Simulation({ checks: false, reports: false, heartbeat: false });
  simulation.run(30_000, 200, () => simulation.finding.provenSinceMonoMs !== undefined);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined);
  simulation.path.reports = true;
  simulation.run(2000, 200);
  assert.ok(simulation.finding.provenSinceMonoMs !== undefined, 'a receiver report is an answer');
});

test('where nothing can answer, packets both ways are proof', () => {
  const simulation = new Simulation({ countsChecks: false, reports: false, heartbeat: false });
  simulation.run(2000, 200);
  assert.ok(simulation.finding.provenSinceMonoMs !== undefined);
});

test('muted and with a silent agent, answers on the pair and the heartbeat prove it', () => {
  const simulation = new Simulation({ muted: true, agentSpeaks: false }, true);
  simulation.run(5000);
  assert.ok(simulation.finding.provenSinceMonoMs !== undefined);
});

test('an agent that answered before is waited for, and then the pair alone is proof', () => {
  const simulation = new Simulation({ heartbeat: false, agentSpeaks: false, muted: true }, true);
  simulation.run(1400, 200);
  assert.equal(simulation.finding.provenSinceMonoMs, undefined);
  simulation.run(4000, 200);
  assert.ok(simulation.finding.provenSinceMonoMs !== undefined);
});

test('counters that begin anew with another pair are no step back', () => {
  const simulation = new Simulation();
  simulation.run(20_000);
  const { last } = simulation.truth;
  assert.ok(last);
  const rebuilt: MediaSample = {
    ...last,
    monoMs: 20_500,
    pairs: [{ id: 'other', bytesSent: 0, bytesReceived: 10, responsesReceived: 1 }],
  };
  simulation.truth = mediaSampled(simulation.truth, rebuilt);
  assert.equal(mediaFinding(simulation.truth, 20_500).cut, 'none');
});

test('a cut of our direction began at the last answer that came, whichever it was', () => {
  for (const phaseMs of [0, 500, 1000, 1500, 2000]) {
    const simulation = new Simulation();
    simulation.run(20_000 + phaseMs);
    const cutMonoMs = simulation.now;
    Object.assign(simulation.path, { checks: false, heartbeat: false, reports: false });
    simulation.run(6000, 500, () => simulation.finding.cut !== 'none');
    assert.equal(simulation.finding.cut, 'up');
    const lateMs = (simulation.finding.cutSinceMonoMs ?? NaN) - cutMonoMs;
    assert.ok(Math.abs(lateMs) <= 1000, `found to begin ${lateMs} ms after it`);
  }
});
