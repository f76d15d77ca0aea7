import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INITIAL_LINK, dueMonoMs, next } from '../../../src/core/session/link-machine.ts';
import { LINK_TABLE } from '../../../src/core/session/link-table.ts';
import { linkOf } from '../../../src/core/session/link.ts';
import type {
  LinkEventType,
  LinkHappening,
  LinkState,
  LinkStateName,
} from '../../../src/core/session/link-state.ts';
import { LINK_PHASES } from '../../../src/core/session/types.ts';
import { reconnectPolicy } from '../../../src/core/reconnect/policy.ts';
import {
  AFTER_MS,
  BEGAN_MS,
  GENERATION,
  HAPPENINGS,
  POLICIES,
  STATES,
  eventAt,
  outage,
} from '../../support/core/link-samples.ts';

const NAMES = Object.keys(LINK_TABLE) as LinkStateName[];
const resilient = reconnectPolicy();

/** Runs `visit` over every example of `name` with every example of `type`, under every policy, at every time. */
function eachCase(
  name: LinkStateName,
  type: LinkEventType | 'any',
  visit: (state: LinkState, happening: LinkHappening, step: ReturnType<typeof next>) => void,
): void {
  for (const state of STATES[name])
    for (const happening of HAPPENINGS.filter((each) => type === 'any' || each.type === type))
      for (const policy of POLICIES)
        for (const afterMs of AFTER_MS)
          visit(state, happening, next(state, eventAt(BEGAN_MS + afterMs, happening), policy));
}

for (const name of NAMES)
  for (const type of Object.keys(LINK_TABLE[name]) as LinkEventType[])
    test(`${name} on ${type} leads to ${LINK_TABLE[name][type].join(', ')} and nowhere else`, () => {
      const seen = new Set<string>();
      eachCase(name, type, (state, _happening, step) =>
        seen.add(step.state === state ? '-' : step.state.name),
      );
      assert.deepEqual([...seen].sort(), [...LINK_TABLE[name][type]].sort());
    });

test('every phase of the product is the phase of a state, and no other is', () => {
  const phases = NAMES.flatMap((name) => STATES[name].map((state) => linkOf(state, resilient).phase));
  assert.deepEqual([...new Set(phases)].sort(), [...LINK_PHASES].sort());
});

test('what is ignored commands nothing', () => {
  for (const name of NAMES)
    eachCase(name, 'any', (state, _happening, step) => {
      if (step.state === state) assert.deepEqual(step.commands, []);
    });
});

test('events of an older generation are ignored everywhere', () => {
  for (const name of NAMES)
    eachCase(name, 'any', (state, happening, step) => {
      if ('generation' in happening && happening.generation !== GENERATION)
        assert.equal(step.state, state, `${name} on ${happening.type}`);
    });
});

test('a final state is entered with the room closed and the session ended, and never with a join', () => {
  for (const name of NAMES)
    eachCase(name, 'any', (state, _happening, step) => {
      if (step.state === state || !['failed', 'ended'].includes(step.state.name)) return;
      assert.deepEqual(
        step.commands.map((command) => command.type),
        ['closeRoom', 'endSession'],
      );
    });
});

test('a join is commanded exactly on entering a joining state, with the new generation and after the old room is closed', () => {
  for (const name of NAMES)
    eachCase(name, 'any', (state, _happening, step) => {
      const joins = step.commands.filter((command) => command.type === 'join');
      const entersJoining = step.state.stay !== state.stay && step.state.name.endsWith('.joining');
      assert.equal(joins.length, entersJoining ? 1 : 0);
      for (const join of joins) {
        assert.equal(join.generation, state.generation + 1);
        assert.equal(step.state.generation, join.generation);
        const hadRoom = ['connected', 'unstable', 'reconnecting.sdk', 'reconnecting.proving'].includes(name);
        if (hadRoom) assert.equal(step.commands[0]?.type, 'closeRoom');
      }
    });
});

test('connected is entered only by a first join, by the SDK over sound media, or by proof younger than the outage', () => {
  for (const name of NAMES)
    eachCase(name, 'any', (state, happening, step) => {
      if (step.state.name !== 'connected' || step.state === state) return;
      const by =
        happening.type === 'media'
          ? `media ${(happening.finding.provenSinceMonoMs ?? -1) >= BEGAN_MS || name === 'unstable' ? 'proven' : 'unproven'}`
          : happening.type;
      const allowed: Partial<Record<LinkStateName, string[]>> = {
        'connecting.joining': ['joined'],
        unstable: ['media proven', 'repaired', 'timeUp'],
        'reconnecting.sdk': ['media proven'],
        'reconnecting.proving': ['media proven'],
      };
      assert.ok(allowed[name]?.includes(by), `${name} -> connected by ${by}`);
      if (name === 'unstable' && by === 'repaired')
        assert.equal(state.name === 'unstable' && state.cut, 'none', 'repaired says nothing of a cut');
      if (name === 'unstable' && by === 'timeUp')
        assert.deepEqual(
          state.name === 'unstable' && [state.cut, state.signalDown],
          ['none', false],
          'only what is over passes with time',
        );
    });
});

test('no join is begun while the browser is offline, unless a probe has just answered or a classic policy counts it', () => {
  for (const name of NAMES)
    for (const state of STATES[name])
      for (const happening of HAPPENINGS)
        for (const afterMs of AFTER_MS) {
          if (!('outage' in state) || !state.outage.offline) continue;
          const step = next(state, eventAt(BEGAN_MS + afterMs, happening), resilient);
          if (!step.commands.some((command) => command.type === 'join')) continue;
          const isExcused =
            (happening.type === 'probed' && happening.answered) ||
            (happening.type === 'hint' && happening.hint === 'online');
          assert.ok(isExcused, `${name} on ${JSON.stringify(happening)}`);
        }
});

test('every state that waits has a time at which it goes on, also without any hint', () => {
  for (const policy of POLICIES)
    for (const name of NAMES)
      for (const state of STATES[name]) {
        const dueMs = dueMonoMs(state, policy);
        const isTimed = !['idle', 'requestingMic', 'connected', 'failed', 'ended'].includes(name);
        // Offline without a deadline is only possible in these examples, not in the machine.
        if ('outage' in state && state.outage.deadlineMonoMs === Infinity && policy.heedsHints) continue;
        assert.equal(dueMs !== undefined && Number.isFinite(dueMs), isTimed, `${name} under ${policy.name}`);
        if (dueMs === undefined) continue;
        const step = next(state, eventAt(dueMs, { type: 'timeUp' }), policy);
        assert.notEqual(step.state, state, `${name} goes on when its time is up`);
        const early = next(state, eventAt(BEGAN_MS - 1, { type: 'timeUp' }), policy);
        assert.equal(early.state, state, `${name} does not go on before`);
      }
});

test('a room that ended by ROOM_CLOSED is followed by a new one, told as another room', () => {
  const connected = STATES.connected[0];
  assert.ok(connected);
  const at = BEGAN_MS + 20_000;
  let state = next(
    connected,
    eventAt(at, { type: 'roomDisconnected', generation: GENERATION, reason: 'ROOM_CLOSED' }),
    resilient,
  ).state;
  state = next(state, eventAt(at + 20, { type: 'probed', answered: true }), resilient).state;
  assert.equal(state.name, 'reconnecting.joining');
  const generation = state.generation;
  state = next(
    state,
    eventAt(at + 400, { type: 'joined', generation, roomSid: 'RM_second' }),
    resilient,
  ).state;
  const finding = { cut: 'none', provenSinceMonoMs: at + 400 } as const;
  state = next(state, eventAt(at + 900, { type: 'media', generation, finding }), resilient).state;
  assert.deepEqual(linkOf(state, resilient), {
    phase: 'connected',
    sinceMonoMs: at + 900,
    recovered: { outageMs: 900, sameRoom: false, side: 'both' },
  });
});

test('failed rejoins are forgotten after 10 s of proven connection and not before', () => {
  const flapping = STATES.connected[1];
  assert.ok(flapping);
  const failedAfter = (provenMs: number): number => {
    const event = eventAt(BEGAN_MS + provenMs, {
      type: 'roomDisconnected',
      generation: GENERATION,
      reason: 'NONE',
    });
    const { state } = next(flapping, event, resilient);
    assert.ok('outage' in state);
    return state.outage.failedRejoins;
  };
  assert.equal(failedAfter(9999), 4);
  assert.equal(failedAfter(10_000), 0);
});

test('SERVER_SHUTDOWN spreads the first wait and takes the next address', () => {
  const connected = STATES.connected[0];
  assert.ok(connected);
  const waits = [0, 0.5, 0.999].map((chance) => {
    const happening = {
      type: 'roomDisconnected',
      generation: GENERATION,
      reason: 'SERVER_SHUTDOWN',
    } as const;
    const { state } = next(connected, eventAt(BEGAN_MS, happening, chance), resilient);
    assert.equal(state.name, 'reconnecting.waiting');
    assert.equal(state.outage.urlIndex, 1);
    const link = linkOf(state, resilient);
    assert.equal(link.phase === 'reconnecting' && link.why, 'serverShutdown');
    return state.nextTryMonoMs - BEGAN_MS;
  });
  assert.deepEqual(waits, [500, 1000, 1499]);
});

/** The state after each second's probe, and at which seconds a repair was pushed or a join begun. */
function probedEachSecond(
  answeredFrom: number,
  seconds: number,
): { pushes: number[]; joinedAtS: number | undefined } {
  const [connected] = STATES.connected;
  assert.ok(connected);
  const cut = { type: 'media', generation: GENERATION, finding: { cut: 'both' } } as const;
  let { state } = next(connected, eventAt(BEGAN_MS, cut), resilient);
  assert.equal(state.name, 'reconnecting.sdk');
  const pushes: number[] = [];
  for (let atS = 1; atS <= seconds; atS += 1) {
    const step = next(
      state,
      eventAt(BEGAN_MS + atS * 1000, { type: 'probed', answered: atS >= answeredFrom }),
      resilient,
    );
    state = step.state;
    if (step.commands.some(({ type }) => type === 'repairNow')) pushes.push(atS);
    if (step.commands.some(({ type }) => type === 'join')) return { pushes, joinedAtS: atS };
  }
  return { pushes, joinedAtS: undefined };
}

test('while only media is cut the room is held and its ICE restarted, for half the budget', () => {
  const { pushes, joinedAtS } = probedEachSecond(0, 119);
  assert.equal(joinedAtS, 60);
  const gaps = pushes.slice(1).map((atS, index) => atS - (pushes[index] ?? 0));
  assert.equal(pushes[0], 11, 'until then it goes on by itself');
  assert.ok(gaps.length > 4 && gaps.every((gapS) => gapS >= 8 && gapS <= 12), `pushed at ${pushes.join()} s`);
});

test('a change of the network has ICE restarted soon', () => {
  const [connected] = STATES.connected;
  assert.ok(connected);
  const cut = { type: 'media', generation: GENERATION, finding: { cut: 'both' } } as const;
  let { state } = next(connected, eventAt(BEGAN_MS, cut), resilient);
  const changed = { type: 'hint', hint: 'connectionChange' } as const;
  state = next(state, eventAt(BEGAN_MS + 1000, changed), resilient).state;
  const pushed = next(state, eventAt(BEGAN_MS + 2500, { type: 'probed', answered: true }), resilient);
  assert.deepEqual(pushed.commands, [{ type: 'repairNow' }]);
});

test('a repair that waits for its next try is hurried once by the first answer after a silence', () => {
  const [connected] = STATES.connected;
  assert.ok(connected);
  const cut = { type: 'media', generation: GENERATION, finding: { cut: 'both' } } as const;
  let { state } = next(connected, eventAt(BEGAN_MS, cut), resilient);
  const tell = (atS: number, event: Parameters<typeof eventAt>[1]): readonly { type: string }[] => {
    const step = next(state, eventAt(BEGAN_MS + atS * 1000, event), resilient);
    state = step.state;
    return step.commands;
  };
  tell(1, { type: 'repairing', generation: GENERATION, scope: 'signal' });
  assert.deepEqual(
    tell(2, { type: 'probed', answered: true }),
    [],
    'it answered all along: nothing has changed',
  );
  assert.deepEqual(tell(3, { type: 'probed', answered: false }), []);
  assert.deepEqual(tell(4, { type: 'probed', answered: true }), [{ type: 'repairNow' }]);
  assert.deepEqual(tell(5, { type: 'probed', answered: true }), []);
  assert.deepEqual(tell(6, { type: 'probed', answered: false }), []);
  assert.deepEqual(tell(7, { type: 'probed', answered: true }), [{ type: 'repairNow' }]);
});

test('a room that stays silent although the path is back is rebuilt after 30 s', () => {
  assert.equal(probedEachSecond(10, 119).joinedAtS, 30);
  assert.equal(probedEachSecond(40, 119).joinedAtS, 40);
});

test('a 401 gets one new ticket at once, and the second in a row ends it', () => {
  const joining = STATES['reconnecting.joining'][0];
  assert.ok(joining);
  const problem = { code: 'joinUnauthorized', detail: '401' } as const;
  const once = next(
    joining,
    eventAt(BEGAN_MS + 100, { type: 'joinFailed', generation: GENERATION, problem }),
    resilient,
  );
  assert.equal(once.state.name, 'reconnecting.joining');
  const twice = next(
    once.state,
    eventAt(BEGAN_MS + 200, { type: 'joinFailed', generation: once.state.generation, problem }),
    resilient,
  );
  assert.deepEqual(linkOf(twice.state, resilient), { phase: 'failed', problem });
});

test('an offline wait shows no countdown and begins no try; an answered probe disproves the browser', () => {
  const waiting = STATES['reconnecting.waiting'].find((state) => state.outage.offline && !state.asked);
  assert.ok(waiting);
  const link = linkOf(waiting, resilient);
  assert.ok(link.phase === 'reconnecting' && link.offline && link.nextTryMonoMs === undefined);
  const answered = next(waiting, eventAt(BEGAN_MS + 2500, { type: 'probed', answered: true }), resilient);
  assert.equal(answered.state.name, 'reconnecting.joining');
});

test('a room that is joined in the last moment has until 2 s past the budget to prove itself, and not longer', () => {
  const { deadlineMonoMs } = outage();
  for (const lateMs of [-60_000, -1000, 0, 500, 999]) {
    const step = next(
      {
        name: 'reconnecting.joining',
        stay: 7,
        generation: GENERATION,
        outage: outage(),
        giveUpMonoMs: deadlineMonoMs + 1000,
        probed: true,
      },
      {
        type: 'joined',
        generation: GENERATION,
        roomSid: 'RM_first',
        atMonoMs: deadlineMonoMs + lateMs,
        chance: 0,
      },
      resilient,
    );
    const dueMs = dueMonoMs(step.state, resilient) ?? Infinity;
    assert.ok(
      dueMs <= deadlineMonoMs + 2000,
      `joined ${lateMs} ms late, given up ${dueMs - deadlineMonoMs} ms late`,
    );
    assert.ok(dueMs - (deadlineMonoMs + lateMs) >= 1000, 'time enough for a proof');
  }
});

test('the budget runs from the lost control connection when sound ends with it, and from the silence when it ends later', () => {
  const noted = STATES.unstable.find((state) => state.cut === 'none');
  assert.ok(noted);
  for (const { cutSinceMs, fromMs } of [
    { cutSinceMs: -200, fromMs: 0 },
    { cutSinceMs: 600, fromMs: 0 },
    { cutSinceMs: 5000, fromMs: 8000 },
  ]) {
    const { state } = next(
      noted,
      eventAt(BEGAN_MS + Math.max(2500, cutSinceMs + 3000), {
        type: 'media',
        generation: GENERATION,
        finding: { cut: 'both', cutSinceMonoMs: BEGAN_MS + cutSinceMs },
      }),
      resilient,
    );
    assert.ok(state.name === 'reconnecting.sdk');
    assert.equal(state.outage.deadlineMonoMs, BEGAN_MS + fromMs + resilient.budgetMs);
  }
});

test('the shown attempt counts the SDK first and goes on with ours', () => {
  const attempts = [outage({ sdkTries: 1 }), outage({ sdkTries: 1, failedRejoins: 2 }), outage()].map(
    (now) => {
      const state: LinkState = {
        name: 'reconnecting.joining',
        stay: 1,
        generation: 1,
        outage: now,
        giveUpMonoMs: 0,
        probed: false,
      };
      const link = linkOf(state, resilient);
      return link.phase === 'reconnecting' ? link.attempt : undefined;
    },
  );
  assert.deepEqual(attempts, [2, 4, 1]);
});

test('idle is where it begins', () => {
  assert.deepEqual(linkOf(INITIAL_LINK, resilient), { phase: 'idle' });
});
