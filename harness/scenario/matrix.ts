/**
 * The matrix: every fault that is promised to be survived, as data. Ids are stable: reports of different days are
 * compared by them. Owns the numbers of the pass column; faults/ knows how, judge.ts decides, nobody else repeats them.
 */
import type { FaultSpec } from '../faults/create-fault.ts';
import { faultSpanMs, type Criteria, type Scenario, type ShortForm, type WantedRuns } from './scenario.ts';

/** An alarm that a small fault must not raise. */
const ALARMS = ['reconnecting', 'failed', 'ended'];
/** A silent cut is told within this, ms; a shorter cut need not be told at all. */
const TOLD_MS = 4_000;
/** The budget of the resilient policy, ms, and that of the shortened one in `npm test`. */
const BUDGET_MS = 120_000;
const SHORT_BUDGET_MS = 20_000;
/** Past its budget a session fails within this of it, ms. */
const BUDGET_TOLERANCE_MS = 2_000;
/** Long enough for a call to stand and its words to flow before it is broken, ms. */
const CALM_MS = 3_000;

/** How long a call goes on after the heal, ms; and in `npm test`, where the promised times are all over sooner. */
const WATCH_MS = 15_000;
const SHORT_WATCH_MS = 10_000;

/** The whole is longer than a test may take: outages over 30 s shrink with the budget, 120 s to 20 s. */
function shortForm({ lastsMs = 0, time, watchMs }: Draft): ShortForm {
  // What comes before the click needs its time to get in; who asks for a longer watch has a reason.
  const isUsual = time === undefined && watchMs === undefined;
  const watch = isUsual ? { watchMs: SHORT_WATCH_MS } : {};
  if (lastsMs === 'untilEnd' || lastsMs <= 30_000) return { mode: 'whole', ...watch };
  return {
    mode: 'shortened',
    lastsMs: Math.round((lastsMs * SHORT_BUDGET_MS) / BUDGET_MS),
    budgetMs: SHORT_BUDGET_MS,
    ...watch,
  };
}

/** What the short form leaves out, and which scenario shows the same there. */
const COVERED: Readonly<Record<string, string>> = {
  'hole-110': 'hole-118',
  'refuse-20': 'refuse-60',
  'off-110': 'off-300',
  'server-kill-20': 'server-kill-30',
  'loss-1': 'loss-10',
  'loss-5': 'loss-10',
  'sleep-60': 'sleep-10',
};

/** 20 runs under 30 s, 5 under 60 s, 3 above; stock 5, 3 and 2. */
function wantedRuns(spanMs: number): WantedRuns {
  if (spanMs < 30_000) return { clara: 20, stock: 5 };
  if (spanMs <= 60_000) return { clara: 5, stock: 3 };
  return { clara: 3, stock: 2 };
}

/** Where no time is promised there is no tail to be looked for. */
const NO_TIMES: WantedRuns = { clara: 5, stock: 3 };

type Draft = Omit<Scenario, 'rings' | 'victim' | 'time' | 'lastsMs' | 'watchMs' | 'short' | 'runs'> &
  Partial<Pick<Scenario, 'rings' | 'victim' | 'time' | 'lastsMs' | 'watchMs' | 'short' | 'runs'>>;

/** Fills in what most have: the browser alone is hit, once, in the middle of a real call, and watched for 15 s after. */
function scenario(draft: Draft): Scenario {
  const lastsMs = draft.lastsMs ?? 0;
  const rings = draft.rings ?? ['real'];
  const by = COVERED[draft.id];
  const span = faultSpanMs({ lastsMs, ...(draft.repeat !== undefined && { repeat: draft.repeat }) });
  return {
    victim: 'browser',
    time: { at: 'connected', afterMs: CALM_MS },
    watchMs: WATCH_MS,
    short: rings.includes('real') ? shortForm(draft) : { mode: 'fakeClock' },
    runs: rings.includes('real') ? wantedRuns(span) : { clara: 0, stock: 0 },
    ...draft,
    ...(by !== undefined && { short: { mode: 'covered', by } }),
    rings,
    lastsMs,
  };
}

const seconds = (lastsMs: number): string => `${lastsMs / 1_000} s`;

/** Comes back into the same conversation, in so many ms. */
function comesBack(lastsMs: number, audioBackMs: number, more: Criteria = {}): Criteria {
  return {
    ...(lastsMs >= TOLD_MS && { toldMs: TOLD_MS }),
    audioBackMs,
    shownAfterAudioMs: 2_000,
    maxExtraJoins: 1,
    maxAgents: 1,
    maxFalseConnectedMs: TOLD_MS,
    sameConversation: true,
    endsIn: 'connected',
    afterwards: ['sameMicrophone', 'onePublication'],
    ...more,
  };
}

const SIGNAL: Scenario[] = [
  ...(['reset', 'fin'] as const).map((how) =>
    scenario({
      id: `ws-${how}`,
      group: 'signal',
      story: `The control connection is ${how === 'reset' ? 'torn down' : 'closed'} once; sound goes on.`,
      rings: ['fake', 'real'],
      fault: { kind: 'signalCut', how },
      pass: {
        maxWordsLost: 0,
        neverPhases: ALARMS,
        shownBackMs: 3_000,
        maxExtraJoins: 0,
        maxAgents: 1,
        sameConversation: true,
        endsIn: 'connected',
      },
    }),
  ),
  scenario({
    id: 'ws-stall-25',
    group: 'signal',
    story: 'The control connection falls silent for 25 s without being closed; sound goes on.',
    fault: { kind: 'signalStall' },
    lastsMs: 25_000,
    short: { mode: 'whole' },
    pass: {
      toldMs: 16_000,
      shownBackMs: 10_000,
      maxWordsLost: 0,
      neverPhases: ALARMS,
      maxExtraJoins: 0,
      maxAgents: 1,
      sameConversation: true,
      endsIn: 'connected',
    },
  }),
  scenario({
    id: 'ws-slow',
    group: 'signal',
    story: 'The control connection is slow from the start: half a second late and 6 kB a second.',
    // What the voice itself takes: livekit-client says 40 kB and hears 33 kB to join and publish (ADR 14).
    fault: { kind: 'signalSlow', delayMs: 500, bytesPerSecond: 6_000 },
    time: { at: 'beforeStart' },
    lastsMs: 'untilEnd',
    watchMs: 60_000,
    // It never ends, so the length of the watch decides how often it can be played.
    runs: { clara: 5, stock: 3 },
    short: { mode: 'whole', watchMs: 10_000 },
    pass: {
      connectMs: 15_000,
      neverPhases: ['unstable', ...ALARMS],
      maxExtraJoins: 0,
      maxFalseConnectedMs: 1_000,
      sameConversation: true,
      endsIn: 'connected',
    },
  }),
];

/** A join that cannot work: the right words, soon, and no storm of tries. */
function brokenJoin(id: string, story: string, fault: FaultSpec, reasons: readonly string[]): Scenario {
  return scenario({
    id,
    group: 'join',
    story,
    rings: ['fake'],
    fault,
    time: { at: 'beforeStart' },
    lastsMs: 'untilEnd',
    pass: { finalWithinMs: 15_000, maxExtraJoins: 0, endsIn: 'failed', reasons },
  });
}

const answerAt = (status: number): FaultSpec => ({
  kind: 'http',
  at: 'signal',
  pathPrefix: '/rtc',
  answer: { status, body: 'fault' },
});

const JOIN: Scenario[] = [
  brokenJoin(
    'ws-refuse',
    'Joining: the server turns connections away.',
    { kind: 'signalRefuse', how: 'closed' },
    ['joinUnreachable'],
  ),
  brokenJoin('ws-401', 'Joining: the server does not accept the token.', answerAt(401), ['joinUnauthorized']),
  brokenJoin('ws-404', 'Joining: the server does not know the room.', answerAt(404), ['joinRoomNotFound']),
  brokenJoin('ws-500', 'Joining: the server answers with an error.', answerAt(500), ['joinServerError']),
  brokenJoin(
    'ws-mute',
    'Joining: the server accepts and says nothing.',
    { kind: 'http', at: 'signal', pathPrefix: '/rtc', answer: 'mute' },
    ['joinTimeout', 'joinUnreachable'],
  ),
];

const MEDIA: Scenario[] = [
  ...[3_000, 10_000, 25_000, 45_000].map((lastsMs) =>
    scenario({
      id: `udp-cut-${lastsMs / 1_000}`,
      group: 'media',
      story: `No sound passes for ${seconds(lastsMs)}; the control connection is fine.`,
      fault: { kind: 'udpCut', side: 'both' },
      lastsMs,
      pass: comesBack(lastsMs, lastsMs <= 30_000 ? 1_000 : 2_000, {
        shownAfterAudioMs: 1_000,
        maxExtraJoins: lastsMs <= 10_000 ? 0 : 1,
      }),
    }),
  ),
  ...(['up', 'down'] as const).map((side) =>
    scenario({
      id: `udp-${side}-10`,
      group: 'media',
      story:
        side === 'up'
          ? 'For 10 s the user is not heard but hears.'
          : 'For 10 s the user hears nothing but is heard.',
      fault: { kind: 'udpCut', side },
      lastsMs: 10_000,
      pass: comesBack(10_000, 1_000, { shownAfterAudioMs: 1_000, maxExtraJoins: 0, reasons: [side] }),
    }),
  ),
  scenario({
    id: 'rebind',
    group: 'media',
    story: "The user's network suddenly sends from another port, as a router that forgot.",
    fault: { kind: 'udpRebind' },
    watchMs: 20_000,
    pass: comesBack(0, 10_000),
  }),
];

const SPREAD = [1_000, 5_000, 20_000, 30_000, 60_000, 110_000, 118_000];

const OUTAGE: Scenario[] = [
  ...SPREAD.map((lastsMs) =>
    scenario({
      id: `hole-${lastsMs / 1_000}`,
      group: 'outage',
      story: `The network swallows everything for ${seconds(lastsMs)} and says nothing.`,
      fault: { kind: 'wholePath', how: 'hole' },
      lastsMs,
      pass: comesBack(lastsMs, lastsMs <= 30_000 ? 1_000 : lastsMs <= 60_000 ? 2_000 : 3_000),
    }),
  ),
  ...(
    [
      [5_000, 1_000],
      [20_000, 1_500],
      [60_000, 2_000],
    ] as const
  ).map(([lastsMs, audioBackMs]) =>
    scenario({
      id: `refuse-${lastsMs / 1_000}`,
      group: 'outage',
      story: `The network refuses everything for ${seconds(lastsMs)}.`,
      fault: { kind: 'wholePath', how: 'refuse' },
      lastsMs,
      pass: comesBack(lastsMs, audioBackMs),
    }),
  ),
  ...(
    [
      [5_000, 1_000],
      [30_000, 1_000],
      [110_000, 3_000],
    ] as const
  ).map(([lastsMs, audioBackMs]) =>
    scenario({
      id: `off-${lastsMs / 1_000}`,
      group: 'outage',
      story: `The network is off for ${seconds(lastsMs)} and the browser knows it.`,
      fault: { kind: 'wholePath', how: 'off' },
      lastsMs,
      pass: comesBack(lastsMs, audioBackMs, { toldMs: 300 }),
    }),
  ),
  ...(['hole', 'refuse'] as const).map((how) =>
    scenario({
      id: `${how}-200`,
      group: 'outage',
      story: `The network ${how === 'hole' ? 'swallows' : 'refuses'} everything for 200 s: longer than a session waits.`,
      rings: ['fake', 'real'],
      fault: { kind: 'wholePath', how },
      lastsMs: 200_000,
      pass: {
        toldMs: TOLD_MS,
        failsAfter: { budgetMs: BUDGET_MS, toleranceMs: BUDGET_TOLERANCE_MS },
        maxFalseConnectedMs: TOLD_MS,
        expectPhases: ['reconnecting', 'failed'],
        endsIn: 'failed',
        reasons: ['budgetExhausted'],
        afterwards: ['microphoneReleased', 'startWorks', 'resumeWorks'],
      },
    }),
  ),
  scenario({
    id: 'off-300',
    group: 'outage',
    story: 'The network is off for 5 minutes; the session was told to come back whenever it can.',
    rings: ['fake', 'real'],
    setup: { resumeWhenBack: true },
    fault: { kind: 'wholePath', how: 'off' },
    lastsMs: 300_000,
    pass: {
      toldMs: 300,
      audioBackMs: 5_000,
      shownAfterAudioMs: 2_000,
      maxExtraJoins: 1,
      endsIn: 'connected',
      afterwards: ['contextTold'],
    },
  }),
  scenario({
    id: 'flap',
    group: 'outage',
    story: 'Ten times in a row the network is gone for 1.5 s and back for 3 s.',
    fault: { kind: 'wholePath', how: 'refuse' },
    lastsMs: 1_500,
    repeat: { times: 10, upMs: 3_000 },
    // Three phases for each flap at most, and none that the eye cannot read.
    pass: {
      audioBackMs: 2_000,
      maxExtraJoins: 2,
      maxAgents: 1,
      maxPhaseChanges: 30,
      minPhaseMs: 300,
      sameConversation: true,
      endsIn: 'connected',
      afterwards: ['sameMicrophone', 'onePublication'],
    },
  }),
];

const POLICY: Scenario[] = [
  scenario({
    id: 'classic-5',
    group: 'policy',
    story: 'The plain policy (1, 2, 4, 8, 16 s): off for 5 s, back without the user.',
    rings: ['fake', 'real'],
    setup: { policy: 'classic' },
    fault: { kind: 'wholePath', how: 'off' },
    lastsMs: 5_000,
    // Off for 5 s, tries at 1, 3 and 7 s: the third one succeeds 2 s after the heal, and takes up to one more.
    pass: {
      toldMs: TOLD_MS,
      shownBackMs: 4_000,
      maxExtraJoins: 1,
      expectPhases: ['reconnecting'],
      endsIn: 'connected',
    },
    runs: { clara: 20, stock: 0 },
  }),
  scenario({
    id: 'classic-40',
    group: 'policy',
    story: 'The plain policy: off for 40 s, failed after the fifth try, and says so.',
    rings: ['fake', 'real'],
    setup: { policy: 'classic' },
    fault: { kind: 'wholePath', how: 'off' },
    lastsMs: 40_000,
    // 1 + 2 + 4 + 8 + 16 s of waiting; an attempt while offline takes no time.
    pass: {
      toldMs: TOLD_MS,
      failsAfter: { budgetMs: 31_000, toleranceMs: 3_000 },
      maxExtraJoins: 0,
      expectPhases: ['reconnecting'],
      endsIn: 'failed',
      afterwards: ['startWorks'],
    },
    short: { mode: 'fakeClock' },
    runs: { clara: 5, stock: 0 },
  }),
];

const QUALITY: Scenario[] = [
  ...[1, 5, 10].map((percent) =>
    scenario({
      id: `loss-${percent}`,
      group: 'quality',
      story: `${percent} of 100 packets are lost for 20 s.`,
      fault: { kind: 'udpImpair', lossRatio: percent / 100 },
      lastsMs: 20_000,
      // One or five in a hundred is concealed and not worth a word; ten is. No time is promised there, so no tail.
      ...(percent < 10 && { runs: NO_TIMES }),
      pass: {
        ...(percent === 10 && { toldMs: 10_000 }),
        neverPhases: ALARMS,
        maxExtraJoins: 0,
        maxAgents: 1,
        sameConversation: true,
        endsIn: 'connected',
      },
    }),
  ),
  scenario({
    id: 'loss-30',
    group: 'quality',
    story: '30 of 100 packets are lost for a minute; the call stays up.',
    fault: { kind: 'udpImpair', lossRatio: 0.3 },
    lastsMs: 60_000,
    short: { mode: 'shortened', lastsMs: 20_000, budgetMs: SHORT_BUDGET_MS },
    pass: {
      toldMs: 10_000,
      neverPhases: ['failed', 'ended'],
      maxExtraJoins: 0,
      maxAgents: 1,
      sameConversation: true,
      endsIn: 'connected',
    },
  }),
  scenario({
    id: 'jitter-80',
    group: 'quality',
    story: 'Packets arrive up to 80 ms late, unevenly, for 20 s.',
    runs: NO_TIMES,
    fault: { kind: 'udpImpair', jitterMs: 80 },
    lastsMs: 20_000,
    pass: {
      neverPhases: ALARMS,
      maxExtraJoins: 0,
      maxAgents: 1,
      sameConversation: true,
      endsIn: 'connected',
    },
  }),
];

const SERVER: Scenario[] = [
  ...(
    [
      [3_000, 1_500],
      [5_000, 1_500],
      [20_000, 3_000],
      [30_000, 3_000],
    ] as const
  ).map(([lastsMs, audioBackMs]) =>
    scenario({
      id: `server-kill-${lastsMs / 1_000}`,
      group: 'server',
      story: `The server is killed and starts again after ${seconds(lastsMs)}.`,
      victim: 'server',
      fault: { kind: 'processEnd', process: 'server', how: 'kill' },
      lastsMs,
      pass: comesBack(lastsMs, audioBackMs),
    }),
  ),
  scenario({
    id: 'server-term',
    group: 'server',
    story: 'The server is shut down in good order and starts again after 5 s.',
    victim: 'server',
    fault: { kind: 'processEnd', process: 'server', how: 'term' },
    lastsMs: 5_000,
    pass: comesBack(5_000, 3_000, { reasons: ['SERVER_SHUTDOWN', 'serverShutdown'] }),
  }),
  scenario({
    id: 'server-pause-10',
    group: 'server',
    story: 'The server stands still for 10 s.',
    victim: 'server',
    fault: { kind: 'processPause', process: 'server' },
    lastsMs: 10_000,
    pass: comesBack(10_000, 1_000),
  }),
];

const AGENT: Scenario[] = [
  scenario({
    id: 'agent-kill',
    group: 'agent',
    story: 'The agent process dies; a new one takes over with the conversation.',
    victim: 'agent',
    fault: { kind: 'processEnd', process: 'agent', how: 'kill' },
    lastsMs: 'untilEnd',
    pass: {
      toldMs: 5_000,
      audioBackMs: 6_000,
      maxExtraJoins: 0,
      maxAgents: 2,
      sameConversation: true,
      endsIn: 'connected',
      afterwards: ['onePublication'],
    },
  }),
  scenario({
    id: 'agent-hang',
    group: 'agent',
    story: 'The agent process hangs for good; a new one takes over with the conversation.',
    victim: 'agent',
    fault: { kind: 'processPause', process: 'agent' },
    lastsMs: 'untilEnd',
    watchMs: 20_000,
    pass: {
      toldMs: 5_000,
      audioBackMs: 10_000,
      maxExtraJoins: 0,
      maxAgents: 2,
      sameConversation: true,
      endsIn: 'connected',
      afterwards: ['onePublication'],
    },
  }),
  scenario({
    id: 'agent-none',
    group: 'agent',
    story: 'There is no agent to answer.',
    rings: ['fake', 'real'],
    victim: 'nobody',
    setup: { noAgent: true },
    time: { at: 'beforeStart' },
    pass: { toldMs: 10_000, maxExtraJoins: 0, maxAgents: 0, reasons: ['agentMissing'] },
  }),
];

/** A fault of the token on the way in. */
function token(
  id: string,
  story: string,
  fault: FaultSpec,
  lastsMs: Scenario['lastsMs'],
  pass: Criteria,
): Scenario {
  return scenario({
    id,
    group: 'token',
    story,
    rings: ['fake', 'real'],
    fault,
    time: { at: 'beforeStart' },
    lastsMs,
    runs: { clara: 5, stock: 0 },
    pass: { maxExtraJoins: 0, ...pass },
  });
}

const tokenAnswer = (answer: Extract<FaultSpec, { kind: 'http' }>['answer']): FaultSpec => ({
  kind: 'http',
  at: 'gateway',
  pathPrefix: '/api/token',
  answer,
});

const TOKEN: Scenario[] = [
  // 2 s of the bar and 1 s of a usual connect.
  token(
    'token-expired',
    'The first token is no longer good; one new one is.',
    { kind: 'tokenSpoil', count: 1 },
    'untilEnd',
    { connectMs: 3_000, endsIn: 'connected', afterwards: ['newTokenOnce'] },
  ),
  // Not Infinity: scenarios are JSON.
  token('token-wrong', 'No token is ever accepted.', { kind: 'tokenSpoil', count: 1_000_000 }, 'untilEnd', {
    finalWithinMs: 15_000,
    endsIn: 'failed',
    reasons: ['joinUnauthorized'],
    afterwards: ['newTokenOnce'],
  }),
  token(
    'token-429',
    'The token endpoint says: too many, come back in 2 s.',
    tokenAnswer({ status: 429, retryAfterS: 2 }),
    1_500,
    { connectMs: 6_000, endsIn: 'connected' },
  ),
  token('token-500', 'The token endpoint answers with an error.', tokenAnswer({ status: 500 }), 'untilEnd', {
    finalWithinMs: 15_000,
    endsIn: 'failed',
    reasons: ['tokenServerError'],
  }),
  token('token-hang', 'The token endpoint accepts and says nothing.', tokenAnswer('mute'), 'untilEnd', {
    finalWithinMs: 15_000,
    endsIn: 'failed',
    reasons: ['tokenTimeout'],
  }),
  token(
    'token-html',
    'The token endpoint answers with a web page.',
    tokenAnswer({ status: 200, contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' }),
    'untilEnd',
    { finalWithinMs: 15_000, endsIn: 'failed', reasons: ['tokenInvalid'] },
  ),
];

/** Somebody ends it: no try, told at once. */
function told(id: string, story: string, fault: FaultSpec, reasons: readonly string[]): Scenario {
  return scenario({
    id,
    group: 'room',
    story,
    rings: ['fake', 'real'],
    fault,
    lastsMs: 'untilEnd',
    runs: { clara: 5, stock: 2 },
    pass: {
      toldMs: 300,
      maxExtraJoins: 0,
      neverPhases: ['reconnecting'],
      expectPhases: ['ended'],
      endsIn: 'ended',
      reasons,
    },
  });
}

const ROOM: Scenario[] = [
  told('kick', 'The user is removed by the operator.', { kind: 'room', action: 'removeUser' }, ['removed']),
  told('room-deleted', 'The room is deleted by the operator.', { kind: 'room', action: 'deleteRoom' }, [
    'roomDeleted',
  ]),
  scenario({
    id: 'room-closed',
    group: 'room',
    story: 'The room is closed by the server; the conversation goes on in a new one and says so.',
    rings: ['fake', 'real'],
    fault: { kind: 'room', action: 'closeRoom' },
    lastsMs: 'untilEnd',
    runs: { clara: 5, stock: 2 },
    pass: {
      toldMs: TOLD_MS,
      audioBackMs: 5_000,
      maxExtraJoins: 1,
      endsIn: 'connected',
      afterwards: ['contextTold'],
    },
  }),
  told('duplicate', 'The same user joins from elsewhere.', { kind: 'room', action: 'joinAsUser' }, [
    'duplicateIdentity',
  ]),
];

const MICROPHONE: Scenario[] = [
  scenario({
    id: 'mic-denied',
    group: 'microphone',
    story: 'The browser does not give the microphone.',
    rings: ['fake', 'real'],
    victim: 'nobody',
    setup: { microphone: 'denied' },
    time: { at: 'beforeStart' },
    runs: { clara: 5, stock: 0 },
    pass: { toldMs: 1_000, maxExtraJoins: 0, reasons: ['micDenied'] },
  }),
  ...(['revokeMicrophone', 'unplugMicrophone'] as const).map((action) =>
    scenario({
      id: action === 'revokeMicrophone' ? 'mic-revoked' : 'mic-gone',
      group: 'microphone',
      story:
        action === 'revokeMicrophone'
          ? 'The permission for the microphone is withdrawn in the call.'
          : 'The microphone is unplugged in the call.',
      rings: ['fake', 'real'],
      fault: { kind: 'page', action },
      lastsMs: 'untilEnd',
      runs: { clara: 5, stock: 2 },
      pass: { toldMs: 1_000, maxExtraJoins: 0, sameConversation: true, endsIn: 'connected' },
    }),
  ),
  scenario({
    id: 'mic-silent',
    group: 'microphone',
    story: 'The microphone gives nothing but silence.',
    rings: ['fake', 'real'],
    victim: 'nobody',
    setup: { microphone: 'silent' },
    runs: { clara: 5, stock: 0 },
    // `toldMs` would count any new line: what must be told within 5 s is that nothing is heard.
    pass: { maxExtraJoins: 0, sameConversation: true, endsIn: 'connected', afterwards: ['silenceTold'] },
  }),
];

const PAGE: Scenario[] = [
  scenario({
    id: 'autoplay',
    group: 'page',
    story: 'The browser wants a gesture before it plays sound.',
    victim: 'nobody',
    // A page that holds the microphone may play without a gesture (Chromium); one without it may not.
    setup: { autoplayBlocked: true, textOnly: true },
    time: { at: 'beforeStart' },
    runs: { clara: 5, stock: 0 },
    pass: { maxExtraJoins: 0, endsIn: 'connected', afterwards: ['soundPrompted', 'soundAfterGesture'] },
  }),
  ...[10_000, 60_000].map((lastsMs) =>
    scenario({
      id: `sleep-${lastsMs / 1_000}`,
      group: 'page',
      story: `The page sleeps for ${seconds(lastsMs)}, as on a phone.`,
      fault: { kind: 'processPause', process: 'renderer' },
      lastsMs,
      watchMs: 20_000,
      short: { mode: 'shortened', lastsMs: 10_000, budgetMs: SHORT_BUDGET_MS },
      pass: {
        // The right phase within 5 s of waking: who hears and is heard has nothing to be told.
        maxFalseConnectedMs: 5_000,
        audioBackMs: 15_000,
        maxExtraJoins: 1,
        maxAgents: 1,
        sameConversation: true,
        endsIn: 'connected',
        afterwards: ['sameMicrophone', 'onePublication'],
      },
    }),
  ),
  scenario({
    id: 'reload',
    group: 'page',
    story: 'The user reloads the page in the call.',
    fault: { kind: 'page', action: 'reload' },
    lastsMs: 'untilEnd',
    pass: {
      audioBackMs: 5_000,
      maxExtraJoins: 1,
      maxAgents: 1,
      endsIn: 'connected',
      afterwards: ['onePublication'],
    },
    runs: { clara: 20, stock: 0 },
  }),
  scenario({
    id: 'two-tabs',
    group: 'page',
    story: 'The user opens the same page in a second tab.',
    fault: { kind: 'page', action: 'secondTab' },
    lastsMs: 5_000,
    pass: {
      maxExtraJoins: 0,
      maxAgents: 1,
      sameConversation: true,
      endsIn: 'connected',
      afterwards: ['sameMicrophone', 'onePublication', 'secondTabExplained'],
    },
    runs: { clara: 5, stock: 0 },
  }),
  scenario({
    id: 'bfcache',
    group: 'page',
    story: 'The user goes to another page and comes back.',
    fault: { kind: 'page', action: 'awayAndBack' },
    lastsMs: 'untilEnd',
    pass: {
      audioBackMs: 5_000,
      maxExtraJoins: 1,
      maxAgents: 1,
      endsIn: 'connected',
      afterwards: ['onePublication'],
    },
    runs: { clara: 5, stock: 0 },
  }),
];

const HOSTILE: Scenario[] = [
  scenario({
    id: 'hostile-data',
    group: 'hostile',
    story: 'Somebody in the room sends huge, broken and malicious messages.',
    rings: ['fake'],
    victim: 'nobody',
    pass: { maxPageErrors: 0, maxElementsFromText: 0, endsIn: 'connected' },
  }),
];

/** Every scenario, in the order of the reports. */
export const MATRIX: readonly Scenario[] = [
  ...SIGNAL,
  ...JOIN,
  ...MEDIA,
  ...OUTAGE,
  ...POLICY,
  ...QUALITY,
  ...SERVER,
  ...AGENT,
  ...TOKEN,
  ...ROOM,
  ...MICROPHONE,
  ...PAGE,
  ...HOSTILE,
];

/**
 * The scenarios that `only` names by id or group, in the matrix's order; all for an empty list.
 * Throws RangeError that names what is unknown.
 */
export function selectScenarios(
  only: readonly string[],
  matrix: readonly Scenario[] = MATRIX,
): readonly Scenario[] {
  const unknown = only.filter((name) => !matrix.some(({ id, group }) => id === name || group === name));
  if (unknown.length > 0) throw new RangeError(`no scenario or group is called ${unknown.join(', ')}`);
  return only.length === 0
    ? matrix
    : matrix.filter(({ id, group }) => only.includes(id) || only.includes(group));
}

/** Every `count`-th scenario from number `index` (1 to count) on, so that shards of CI share the long ones. */
export function shardOf(scenarios: readonly Scenario[], index: number, count: number): readonly Scenario[] {
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 1 || index > count) {
    throw new RangeError(`shard ${index}/${count} is not one of 1/${count} to ${count}/${count}`);
  }
  // Longest first, then dealt round: neighbours in length land in different shards.
  const byLength = [...scenarios].sort((one, other) => faultSpanMs(other) - faultSpanMs(one));
  const dealt = new Set(byLength.filter((_scenario, at) => at % count === index - 1));
  return scenarios.filter((each) => dealt.has(each));
}

/** Everything that `--only` may name: ids and groups. */
export const SCENARIO_NAMES: readonly string[] = [...new Set(MATRIX.flatMap(({ id, group }) => [id, group]))];
