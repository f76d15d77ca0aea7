import assert from 'node:assert/strict';
import { test } from 'node:test';
import { falseConnectedMs, intersect, merge, subtract } from '../../../harness/chaos/false-connected.ts';
import { faultFacts, type FaultTimes, type Witnessed } from '../../../harness/chaos/fault-facts.ts';
import { isSettled, looksOver } from '../../../harness/chaos/settled.ts';
import { isStrained } from '../../../harness/chaos/strain.ts';
import { withEpochs } from '../../../harness/chaos/word-epochs.ts';
import type { TimedWord } from '../../../harness/call/call-facts.ts';
import type { ProbeHappening, ProbeReport } from '../../../src/shared/probe-report.ts';

const at = (wallMs: number, happening: ProbeHappening): ProbeReport => ({
  ...happening,
  at: { monoMs: wallMs - 1_000_000, wallMs },
});
/** Words every 500 ms, those of `lost` left out. */
const words = (
  first: number,
  fromMs: number,
  toMs: number,
  lost: readonly [number, number][] = [],
): TimedWord[] => {
  const all: TimedWord[] = [];
  for (let ms = fromMs, index = first; ms < toMs; ms += 500, index += 1)
    if (!lost.some(([from, to]) => ms >= from && ms < to)) all.push({ index, atWallMs: ms });
  return all;
};
const said = (side: 'user' | 'agent', heard: readonly TimedWord[]): ProbeReport[] =>
  heard.map(({ index, atWallMs }) => at(atWallMs, { kind: 'word', side, index }));
const phase = (wallMs: number, name: string, reason?: string): ProbeReport =>
  at(wallMs, { kind: 'phase', phase: name, ...(reason !== undefined && { reason }) });

const CLICK = 10_000;
const CUT: FaultTimes = { id: 'hole-5', atWallMs: 20_000, healedWallMs: 25_000 };

/** Click at 10 s, connected at 11 s, all cut from 20 s to 25 s, words again from `back` on, the mark at 40 s. */
function cutCall(
  options: { back?: number; phases?: readonly ProbeReport[]; lines?: readonly ProbeReport[] } = {},
): Witnessed {
  const { back = 25_400, phases = [], lines = [] } = options;
  const lost: [number, number][] = [[20_000, back]];
  return {
    page: [
      at(CLICK, { kind: 'click' }),
      phase(11_000, 'connected'),
      ...phases,
      ...lines,
      ...said('user', words(2048, 11_000, 40_000)),
      ...said('agent', words(0, 11_200, 40_000, lost)),
    ],
    agent: {
      listeningFromWallMs: 11_000,
      heard: words(2048, 11_000, 40_000, lost),
      spoken: words(0, 11_200, 40_000),
      userJoins: 1,
      agentJoins: 1,
    },
    untilWallMs: 40_000,
  };
}

test('a cut is told in times from the click, from the fault and from the heal', () => {
  const phases = [phase(22_500, 'reconnecting', 'both'), phase(25_900, 'connected')];
  assert.deepEqual(faultFacts(CUT, cutCall({ phases }), CLICK), {
    id: 'hole-5',
    atMs: 10_000,
    healedMs: 15_000,
    firstUiStateMs: 2_500,
    audioBackMs: 700,
    shownBackMs: 900,
    wordsLost: { toAgent: 11, fromAgent: 11 },
    wordsTwice: { toAgent: 0, fromAgent: 0 },
  });
});

test('a cut that the page never showed has no first sign, and is shown as back at once', () => {
  const fault = faultFacts(CUT, cutCall(), CLICK);
  assert.deepEqual([fault.firstUiStateMs, fault.shownBackMs], [null, 0]);
});

test('sound that never came back is told as never', () => {
  assert.equal(faultFacts(CUT, cutCall({ back: 40_000 }), CLICK).audioBackMs, null);
});

test('a lone word between two silences is not yet sound', () => {
  const seen = cutCall({ back: 30_000 });
  const lone = { index: 2048 + 29, atWallMs: 25_500 };
  const heard = [...seen.agent.heard, lone].sort((one, other) => one.atWallMs - other.atWallMs);
  const fault = faultFacts(CUT, { ...seen, agent: { ...seen.agent, heard } }, CLICK);
  assert.equal(fault.audioBackMs, 5_200);
});

/** The cut call, and words to the agent that are lost a second time. */
const tornAgain = (...torn: [number, number][]): Witnessed => {
  const seen = cutCall({ back: 25_100 });
  const heard = words(2048, 11_000, 40_000, [[20_000, 25_100], ...torn]);
  return { ...seen, agent: { ...seen.agent, heard } };
};

test('sound that flows for two seconds and is torn again is back after the second break', () => {
  assert.equal(faultFacts(CUT, tornAgain(), CLICK).audioBackMs, 500);
  assert.equal(faultFacts(CUT, tornAgain([27_000, 31_000]), CLICK).audioBackMs, 6_000);
});

test('one lone word that is missing later is no break, two are', () => {
  assert.equal(faultFacts(CUT, tornAgain([29_000, 29_500]), CLICK).audioBackMs, 500);
  assert.equal(faultFacts(CUT, tornAgain([29_000, 30_000]), CLICK).audioBackMs, 5_000);
});

test('a later break that lasts to the end of the call never came back, a last word on its way is none', () => {
  assert.equal(faultFacts(CUT, tornAgain([36_000, 40_000]), CLICK).audioBackMs, null);
  assert.equal(faultFacts(CUT, tornAgain([39_500, 40_000]), CLICK).audioBackMs, 500);
});

test('a later gap in what the page itself captured is the machine, a long one is not', () => {
  const gapped = (toMs: number): number | null => {
    const seen = tornAgain([27_000, toMs]);
    const page = seen.page.filter(
      (report) =>
        !(
          report.kind === 'word' &&
          report.side === 'user' &&
          report.at.wallMs >= 27_000 &&
          report.at.wallMs < toMs
        ),
    );
    return faultFacts(CUT, { ...seen, page }, CLICK).audioBackMs;
  };
  assert.equal(gapped(29_000), 500);
  assert.equal(gapped(33_000), 8_000);
});

test('a second break counts also where nothing was heard before the end of the fault', () => {
  const seen = cutCall({ back: 25_100 });
  const heard = words(2048, 26_000, 40_000, [[30_000, 32_000]]);
  assert.equal(faultFacts(CUT, { ...seen, agent: { ...seen.agent, heard } }, CLICK).audioBackMs, 7_000);
});

test('a direction that never broke is back at once', () => {
  const seen = cutCall();
  const whole = { ...seen, agent: { ...seen.agent, heard: words(2048, 11_000, 40_000) } };
  const fault = faultFacts(CUT, whole, CLICK);
  assert.deepEqual([fault.audioBackMs, fault.wordsLost], [700, { toAgent: 0, fromAgent: 11 }]);
});

test('a silence that begins shortly after the end of the fault belongs to it', () => {
  const kill: FaultTimes = { id: 'agent-kill', atWallMs: 20_000, healedWallMs: 20_000 };
  const lost: [number, number][] = [[20_900, 24_000]];
  const seen = cutCall();
  const fault = faultFacts(
    kill,
    {
      ...seen,
      agent: { ...seen.agent, heard: words(2048, 11_000, 40_000, lost) },
      page: [...said('agent', words(0, 11_200, 40_000))],
    },
    CLICK,
  );
  assert.equal(fault.audioBackMs, 4_000);
});

const shown = (wallMs: number, ...lines: string[]): ProbeReport => at(wallMs, { kind: 'shown', lines });
const WEAK = 'The network is weak. Sound may break up.';

test('a line that tells of a problem is a sign; what the agent does, what was said and the clock are none', () => {
  const lines = [
    shown(11_100, 'Connected', 'Listening', '0:01'),
    shown(21_000, 'Connected', 'Speaking', '0:10', 'What is said appears here.'),
    shown(22_000, 'Connected', 'Speaking', '0:11', 'The network here is weak today.'),
    shown(23_000, 'Connected', 'Speaking', '0:12', WEAK),
  ];
  assert.equal(faultFacts(CUT, cutCall({ lines: lines.slice(0, 3) }), CLICK).firstUiStateMs, null);
  assert.equal(faultFacts(CUT, cutCall({ lines }), CLICK).firstUiStateMs, 3_000);
});

test('a problem that stands already when the fault comes is no sign of it; one that had gone is one again', () => {
  const stands = [
    shown(11_100, 'Connected'),
    shown(19_000, 'Connected', WEAK),
    shown(22_000, 'Connected', WEAK, '0:11'),
  ];
  assert.equal(faultFacts(CUT, cutCall({ lines: stands }), CLICK).firstUiStateMs, null);
  const again = [shown(11_100, WEAK), shown(19_000, 'Connected'), shown(22_000, 'Connected', WEAK)];
  assert.equal(faultFacts(CUT, cutCall({ lines: again }), CLICK).firstUiStateMs, 2_000);
});

test('a phase that flickers on the way is not yet back', () => {
  const phases = [
    phase(22_500, 'reconnecting'),
    phase(25_300, 'connected'),
    phase(26_000, 'reconnecting'),
    phase(28_000, 'connected'),
  ];
  assert.equal(faultFacts(CUT, cutCall({ phases }), CLICK).shownBackMs, 3_000);
});

test('a page that was loaded anew shows nothing until it says so', () => {
  const phases = [at(21_000, { kind: 'ready' }), phase(26_000, 'connected')];
  assert.equal(faultFacts(CUT, cutCall({ phases }), CLICK).shownBackMs, 1_000);
});

test('words of somebody who counts anew are other words', () => {
  const spoken = [...words(0, 1_000, 3_000), ...words(0, 5_000, 7_000)];
  const heard = [
    { index: 0, atWallMs: 1_050 },
    { index: 3, atWallMs: 2_550 },
    { index: 0, atWallMs: 5_050 },
    { index: 3, atWallMs: 6_550 },
  ];
  const unique = withEpochs(spoken, heard);
  assert.deepEqual(
    unique.spoken.map(({ index }) => index),
    [0, 1, 2, 3, 4096, 4097, 4098, 4099],
  );
  assert.deepEqual(
    unique.heard.map(({ index }) => index),
    [0, 3, 4096, 4099],
  );
});

test('a word of the first count that is heard after the second began stays its word', () => {
  const spoken = [...words(10, 1_000, 3_000), ...words(0, 3_200, 4_200)];
  const unique = withEpochs(spoken, [{ index: 13, atWallMs: 3_300 }]);
  assert.deepEqual(
    unique.heard.map(({ index }) => index),
    [13],
  );
});

test('connected over silence is false, once for both directions; told, it is not', () => {
  assert.equal(falseConnectedMs(cutCall()), 5_700);
  const told = cutCall({ phases: [phase(22_000, 'reconnecting'), phase(26_000, 'connected')] });
  assert.equal(falseConnectedMs(told), 2_000);
});

test('who says nothing loses nothing, and a page that stood still told no lie', () => {
  const seen = cutCall();
  const mute = {
    ...seen,
    page: seen.page.filter((report) => report.kind !== 'word'),
    agent: { ...seen.agent, heard: [] },
  };
  const hears = { ...mute, page: [...mute.page, ...said('agent', words(0, 11_200, 40_000))] };
  assert.equal(falseConnectedMs(hears), 0);
  assert.equal(falseConnectedMs(seen, [{ fromMs: 20_000, toMs: 25_000 }]), 700);
});

test('an agent that is never heard makes connected false from three seconds on', () => {
  const seen = cutCall();
  const page = seen.page.filter((report) => !(report.kind === 'word' && report.side === 'agent'));
  assert.equal(
    falseConnectedMs({ ...seen, page, agent: { ...seen.agent, heard: words(2048, 11_000, 40_000) } }),
    26_000,
  );
});

test('spans unite, cross and are cut out', () => {
  const span = (fromMs: number, toMs: number) => ({ fromMs, toMs });
  assert.deepEqual(merge([span(5, 9), span(1, 3), span(3, 4), span(6, 7)]), [span(1, 4), span(5, 9)]);
  assert.deepEqual(intersect([span(0, 10)], [span(8, 12), span(2, 3)]), [span(2, 3), span(8, 10)]);
  assert.deepEqual(subtract([span(0, 10)], [span(2, 3), span(9, 20)]), [span(0, 2), span(3, 9)]);
  assert.deepEqual(subtract([span(0, 10)], [span(0, 10)]), []);
});

test('a call is settled when both sides hear all and the screen has stood for seven seconds', () => {
  const phases = [phase(22_500, 'reconnecting'), phase(25_900, 'connected')];
  const { page, agent } = cutCall({ phases });
  const until = (wallMs: number) => ({
    page: page.filter((report) => report.at.wallMs <= wallMs),
    heard: agent.heard.filter(({ atWallMs }) => atWallMs <= wallMs),
  });
  assert.equal(isSettled(until(32_000), 25_000, 32_000), false);
  assert.equal(isSettled(until(34_000), 25_000, 34_000), true);
  assert.equal(isSettled(until(34_000), 30_000, 34_000), false);
  assert.equal(isSettled({ ...until(34_000), heard: [] }, 25_000, 34_000), false);
});

test('many short gaps of an open microphone are the machine, a long one and one that was let go are not', () => {
  const open = at(10_900, { kind: 'track', side: 'user', live: true });
  const lost: [number, number][] = [
    [13_000, 15_000],
    [20_000, 22_000],
    [26_000, 28_000],
  ];
  const busy = [open, ...said('user', words(2048, 11_000, 40_000, lost))];
  assert.equal(isStrained(busy, 40_000), true);
  assert.equal(isStrained(busy, 40_000, [{ fromMs: 19_000, toMs: 29_000 }]), false);
  assert.equal(
    isStrained([open, ...said('user', words(2048, 11_000, 40_000, [[13_000, 35_000]]))], 40_000),
    false,
  );
  const letGo = at(12_000, { kind: 'track', side: 'user', live: false });
  assert.equal(isStrained([open, letGo, ...busy.slice(1)], 40_000), false);
});

test('a call is over when a final phase has stood', () => {
  assert.equal(looksOver([phase(1_000, 'connected'), phase(2_000, 'failed')], 2_500), true);
  assert.equal(looksOver([phase(1_000, 'connected'), phase(2_000, 'failed')], 1_500), false);
  assert.equal(looksOver([phase(2_000, 'failed'), phase(2_200, 'connecting')], 2_500), false);
});
