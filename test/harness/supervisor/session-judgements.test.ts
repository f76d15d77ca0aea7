import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { askAdmission } from '../../../harness/supervisor/admission.ts';
import type { AdmissionPolicy, Holder } from '../../../harness/supervisor/admission.ts';
import { beginLife, forgive, judgeLife, setBusy, takeSign } from '../../../harness/supervisor/life-signs.ts';
import { NO_RESTARTS, askRestart, tellProbe } from '../../../harness/supervisor/restart-window.ts';
import type { RestartState } from '../../../harness/supervisor/restart-window.ts';
import { askRetry, retryDelayMs } from '../../../harness/supervisor/retry-policy.ts';
import { judgeLimits } from '../../../harness/supervisor/session-limits.ts';
import { beginFresh, nextStale } from '../../../harness/supervisor/stale-phases.ts';
import type { StaleState } from '../../../harness/supervisor/stale-phases.ts';
import {
  DEFAULT_USAGE_PACE,
  untilSharedInstantMs,
  usageWaitMs,
} from '../../../harness/supervisor/usage-pace.ts';

describe('life signs', () => {
  const policy = { silentAfterMs: 3000, stuckAfterMs: 10_000 };

  test('a session that says nothing is silent at the limit, not before', () => {
    const state = takeSign(beginLife(0), 1000);
    assert.deepEqual(judgeLife(state, policy, 3999), { verdict: 'alive', againMonoMs: 4000 });
    assert.deepEqual(judgeLife(state, policy, 4000), { verdict: 'silent', forMs: 3000, limitMs: 3000 });
  });

  test('pings without progress do not hide that work stands still', () => {
    let state = setBusy(beginLife(0), 0, true);
    state = takeSign(state, 500, 1);
    for (let at = 1000; at <= 10_500; at += 1000) state = takeSign(state, at, 1);
    assert.deepEqual(judgeLife(state, policy, 10_500), { verdict: 'stuck', forMs: 10_000, limitMs: 10_000 });
  });

  test('a progress that changes keeps a busy session alive', () => {
    let state = setBusy(beginLife(0), 0, true);
    for (let at = 1000; at <= 60_000; at += 1000) state = takeSign(state, at, `turn ${at}`);
    assert.equal(judgeLife(state, policy, 60_500).verdict, 'alive');
  });

  test('a quiet session without work is never stuck, and its time begins with its next work', () => {
    let state = beginLife(0);
    for (let at = 1000; at <= 60_000; at += 1000) state = takeSign(state, at);
    assert.equal(judgeLife(state, policy, 60_000).verdict, 'alive');
    state = setBusy(state, 60_000, true);
    assert.deepEqual(judgeLife({ ...state, lastSignMonoMs: 69_999 }, policy, 69_999), {
      verdict: 'alive',
      againMonoMs: 70_000,
    });
  });

  test("the watcher's own standstill is not held against the session", () => {
    const state = forgive(takeSign(beginLife(0), 1000), 60_000);
    assert.equal(judgeLife(state, policy, 62_999).verdict, 'alive');
    assert.equal(judgeLife(state, policy, 63_000).verdict, 'silent');
  });

  test('limits of 0 judge nothing', () => {
    const off = { silentAfterMs: 0, stuckAfterMs: 0 };
    assert.deepEqual(judgeLife(beginLife(0, true), off, 1e9), { verdict: 'alive', againMonoMs: Infinity });
  });
});

describe('staleness', () => {
  const policy = { staleAfterMs: 300, recoverAfterMs: 30, failAfterMs: 60, provenAfterMs: 200 };

  /** Looks every 10 ms from `fromMs` on and gives the commands with their times. */
  function look(state: StaleState, fromMs: number, untilMs: number): { said: string[]; state: StaleState } {
    const said: string[] = [];
    for (let at = fromMs; at <= untilMs; at += 10) {
      const step = nextStale(state, { type: 'look', atMonoMs: at }, policy);
      state = step.state;
      for (const command of step.commands) said.push(`${command}@${at}`);
    }
    return { said, state };
  }

  test('silence is marked, then recovered once, then failed', () => {
    assert.deepEqual(look(beginFresh(0), 10, 2000).said, ['mark@300', 'recover@330', 'fail@390']);
  });

  test('activity after the mark makes it fresh, with nothing done', () => {
    const marked = look(beginFresh(0), 10, 310).state;
    const step = nextStale(marked, { type: 'activity', atMonoMs: 315 }, policy);
    assert.deepEqual(step.commands, ['fresh']);
    assert.equal(step.againMonoMs, 615);
  });

  test('one that falls silent right after its recovery is failed, not recovered again', () => {
    const recovered = look(beginFresh(0), 10, 340).state;
    const { state } = nextStale(recovered, { type: 'activity', atMonoMs: 350 }, policy);
    assert.deepEqual(look(state, 360, 2000).said, ['mark@650', 'fail@680']);
  });

  test('one that was active long enough after its recovery may be recovered again', () => {
    let { state } = look(beginFresh(0), 10, 340);
    for (const at of [350, 560]) state = nextStale(state, { type: 'activity', atMonoMs: at }, policy).state;
    assert.deepEqual(look(state, 570, 2000).said, ['mark@860', 'recover@890', 'fail@950']);
  });

  test('a failed one stays failed', () => {
    const failed: StaleState = { phase: 'failed' };
    assert.deepEqual(nextStale(failed, { type: 'activity', atMonoMs: 1 }, policy), {
      state: failed,
      commands: [],
      againMonoMs: Infinity,
    });
  });
});

describe('retries', () => {
  const policy = {
    maxRetries: 3,
    firstDelayMs: 2000,
    maxDelayMs: 60_000,
    jitterRatio: 0,
    totalLimitMs: 900_000,
  };
  const facts = { retriesDone: 0, spentMs: 0, isRetryable: true, chance: 0.5 };

  test('waits double up to the longest', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 50].map((done) => retryDelayMs(policy, done, 0.5));
    assert.deepEqual(delays, [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('jitter only shortens, by its share at most', () => {
    const jittered = { ...policy, jitterRatio: 0.5 };
    assert.equal(retryDelayMs(jittered, 0, 0), 2000);
    assert.equal(retryDelayMs(jittered, 0, 0.5), 1500);
    assert.ok(retryDelayMs(jittered, 0, 0.999999) > 1000);
  });

  test('each reason to give up is told', () => {
    assert.deepEqual(askRetry(policy, facts), { retry: true, delayMs: 2000 });
    assert.deepEqual(askRetry(policy, { ...facts, retriesDone: 3 }), { retry: false, why: 'noRetriesLeft' });
    assert.deepEqual(askRetry(policy, { ...facts, isRetryable: false }), {
      retry: false,
      why: 'notRetryable',
    });
    assert.deepEqual(askRetry(policy, { ...facts, spentMs: 898_001 }), { retry: false, why: 'totalLimit' });
  });
});

describe('the restart window', () => {
  const policy = {
    maxRestarts: 3,
    windowMs: 60_000,
    openMs: 10_000,
    maxOpenMs: 30_000,
    jitterRatio: 0.5,
    probeLimitMs: 5000,
  };

  function spend(at: readonly number[]): RestartState {
    return at.reduce<RestartState>((state, now) => askRestart(state, policy, now, 0).state, NO_RESTARTS);
  }

  test('so many restarts in the window are allowed, the next opens the breaker', () => {
    const { state, answer } = askRestart(spend([0, 1, 2]), policy, 3, 0);
    assert.deepEqual(answer, { allow: false, retryAtMonoMs: 10_003 });
    assert.equal(state.phase, 'open');
  });

  test('restarts that are longer ago than the window do not count', () => {
    assert.deepEqual(askRestart(spend([0, 1, 2]), policy, 60_000, 0).answer, { allow: true, isProbe: false });
  });

  test('after its stay exactly one probe is let through', () => {
    const opened = askRestart(spend([0, 1, 2]), policy, 3, 0).state;
    assert.equal(askRestart(opened, policy, 10_002, 0).answer.allow, false);
    const half = askRestart(opened, policy, 10_003, 0);
    assert.deepEqual(half.answer, { allow: true, isProbe: true });
    assert.deepEqual(askRestart(half.state, policy, 10_004, 0).answer, {
      allow: false,
      retryAtMonoMs: 15_003,
    });
  });

  test('a probe that worked closes it, one that failed opens it for twice as long, up to the longest', () => {
    let state = askRestart(askRestart(spend([0, 1, 2]), policy, 3, 0).state, policy, 10_003, 0).state;
    assert.deepEqual(tellProbe(state, policy, true, 11_000, 0), NO_RESTARTS);
    const stays: number[] = [];
    for (let round = 0, now = 11_000; round < 3; round += 1) {
      state = tellProbe(state, policy, false, now, 0);
      assert.equal(state.phase, 'open');
      if (state.phase !== 'open') break;
      stays.push(state.untilMonoMs - now);
      now = state.untilMonoMs;
      state = askRestart(state, policy, now, 0).state;
    }
    assert.deepEqual(stays, [20_000, 30_000, 30_000]);
  });

  test('a probe that never tells counts as failed after its limit', () => {
    const half = askRestart(askRestart(spend([0, 1, 2]), policy, 3, 0).state, policy, 10_003, 0).state;
    assert.deepEqual(askRestart(half, policy, 15_003, 0).answer, { allow: false, retryAtMonoMs: 35_003 });
  });

  test('chance stretches the stay by its share at most', () => {
    assert.deepEqual(askRestart(spend([0, 1, 2]), policy, 3, 0.5).answer, {
      allow: false,
      retryAtMonoMs: 12_503,
    });
  });

  test('whenever it is asked, no window holds more restarts than allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }), (gaps) => {
        let state: RestartState = NO_RESTARTS;
        let now = 0;
        const granted: number[] = [];
        for (const gap of gaps) {
          now += gap;
          const asked = askRestart(state, policy, now, 0);
          state = asked.state;
          if (asked.answer.allow) granted.push(now);
          if (asked.answer.allow && asked.answer.isProbe) state = tellProbe(state, policy, false, now, 0);
        }
        for (const at of granted) {
          assert.ok(
            granted.filter((other) => other >= at && other < at + 10_000).length <= policy.maxRestarts + 1,
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('limits', () => {
  test('each limit is named with value and limit, memory first', () => {
    const limits = { maxRssBytes: 100, maxCpuMs: 200, maxAgeMs: 300, maxIdleMs: 400 };
    assert.deepEqual(judgeLimits({ rssBytes: 100, cpuMs: 999 }, limits), {
      limit: 'memory',
      value: 100,
      allowed: 100,
    });
    assert.deepEqual(judgeLimits({ rssBytes: 99, cpuMs: 201 }, limits), {
      limit: 'cpu',
      value: 201,
      allowed: 200,
    });
    assert.deepEqual(judgeLimits({ ageMs: 300 }, limits), { limit: 'age', value: 300, allowed: 300 });
    assert.deepEqual(judgeLimits({ idleMs: 400 }, limits), { limit: 'idle', value: 400, allowed: 400 });
    assert.equal(judgeLimits({ rssBytes: 99, cpuMs: 199, ageMs: 299, idleMs: 399 }, limits), undefined);
  });

  test('a limit of 0 and one that is not given are off', () => {
    assert.equal(judgeLimits({ rssBytes: 1e12, idleMs: 1e9 }, { maxIdleMs: 0 }), undefined);
  });
});

describe('the pace of looking', () => {
  const MB = 1024 * 1024;
  const limits = { maxRssBytes: 512 * MB };
  const sample = (rssMb: number, atMonoMs = 0) => ({ atMonoMs, rssBytes: rssMb * MB, cpuMs: 0 });

  test('looks come closer as the limit nears', () => {
    const waits = [0, 300, 450, 500, 530, 600].map((mb) => usageWaitMs(sample(mb), undefined, limits, 2));
    assert.deepEqual(waits, [2048, 1024, 256, 128, 32, 32]);
  });

  test('a faster growth than expected is believed', () => {
    const fast = usageWaitMs(sample(300, 1000), sample(0, 900), limits, 2); // 3 GB/s
    assert.equal(fast, 32);
  });

  test('without limits the longest wait holds', () => {
    assert.equal(usageWaitMs(sample(9999), undefined, {}, 2), DEFAULT_USAGE_PACE.baseMs);
  });

  test('CPU time is looked at no later than all cores could use it up', () => {
    assert.ok(usageWaitMs({ ...sample(0), cpuMs: 900 }, undefined, { maxCpuMs: 1000 }, 2) <= 60);
  });

  test('a leak of the expected pace is found within the slack, wherever it begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), fc.integer({ min: 0, max: 5000 }), (startMb, now) => {
        const waitMs = usageWaitMs(sample(startMb), undefined, limits, 2);
        let at = now;
        let rss = startMb * MB;
        let previous = { atMonoMs: at, rssBytes: rss, cpuMs: 0 };
        let next = untilSharedInstantMs(waitMs, at);
        for (let looks = 0; rss < limits.maxRssBytes && looks < 10_000; looks += 1) {
          at += next;
          rss += (next / 1000) * 200 * MB;
          const last = { atMonoMs: at, rssBytes: rss, cpuMs: 0 };
          next = untilSharedInstantMs(usageWaitMs(last, previous, limits, 2), at);
          previous = last;
        }
        assert.ok(rss <= limits.maxRssBytes * 1.05 + 0.2 * 32 * MB, `${rss / MB} MB`);
      }),
      { numRuns: 300 },
    );
  });

  test('sessions with the same wait meet at the same instants', () => {
    assert.equal(untilSharedInstantMs(2048, 100), 1948);
    assert.equal(untilSharedInstantMs(2048, 2048), 2048);
  });
});

describe('admission', () => {
  const policy: AdmissionPolicy = { maxPerUser: 1, maxPerMachine: 3, whenUserIsFull: 'replaceOldest' };
  const holder = (sessionId: string, userKey: string, startedWallMs = 0, machineId = 'm1'): Holder => ({
    sessionId,
    userKey,
    machineId,
    startedWallMs,
  });

  test("a user's second session replaces the first", () => {
    const answer = askAdmission(holder('s2', 'u1', 5), [holder('s1', 'u1'), holder('o', 'u2')], policy);
    assert.deepEqual(answer, { admit: true, replace: ['s1'] });
  });

  test("by policy a user's second session is refused", () => {
    const refuse = { ...policy, whenUserIsFull: 'refuse' } as const;
    const answer = askAdmission(holder('s2', 'u1', 5), [holder('s1', 'u1')], refuse);
    assert.deepEqual(answer, { admit: false, why: 'userFull', limit: 1 });
  });

  test('a full machine refuses strangers, but not one who replaces its own session there', () => {
    const full = [holder('a', 'u1'), holder('b', 'u2'), holder('c', 'u3')];
    assert.deepEqual(askAdmission(holder('d', 'u4'), full, policy), {
      admit: false,
      why: 'machineFull',
      limit: 3,
    });
    assert.deepEqual(askAdmission(holder('d', 'u1'), full, policy), { admit: true, replace: ['a'] });
  });

  test('the same id is not given twice', () => {
    assert.deepEqual(askAdmission(holder('a', 'u1'), [holder('a', 'u1')], policy), {
      admit: false,
      why: 'sessionExists',
      limit: 1,
    });
  });

  test('whoever is admitted, no user is above the limit afterwards', () => {
    const arrivals = fc.array(fc.constantFrom('u1', 'u2', 'u3'), { maxLength: 30 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 3 }), (users, maxPerUser) => {
        let holders: Holder[] = [];
        for (const [index, user] of users.entries()) {
          const newcomer = holder(`s${index}`, user, index);
          const answer = askAdmission(newcomer, holders, { ...policy, maxPerUser, maxPerMachine: 5 });
          if (!answer.admit) continue;
          holders = [...holders.filter(({ sessionId }) => !answer.replace.includes(sessionId)), newcomer];
          assert.ok(holders.filter(({ userKey }) => userKey === user).length <= maxPerUser);
          assert.ok(holders.length <= 5);
        }
      }),
    );
  });
});
