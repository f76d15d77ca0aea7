/** What is looked at by hand after a fault, before the call is hung up: the facts named in scenario.ts. */
import type { Page } from 'playwright-core';
import { PROBE_HANDLE } from '../../src/shared/probe-report.ts';
import type { PageEar } from '../call/page-ear.ts';
import { clickStart, within } from '../call/run-call.ts';
import type { Afterwards } from '../scenario/scenario.ts';
import type { PageControl } from './browser-control.ts';
import { isOneOfEach, type RoomPeople } from './room-people.ts';

/** What was looked at and how it was. */
export type AfterwardsFacts = Partial<Record<Afterwards, boolean>>;

/** What is looked at. */
export interface AfterwardsView {
  readonly control: PageControl;
  readonly page: Page;
  readonly ear: PageEar;
  /** Grows with each voice session that the agent side serves. */
  readonly voiceSessions: readonly string[];
  readonly sessionsAtMark: readonly string[];
  readonly tokensAsked: () => number;
  /** Rejects when the server does not tell. */
  readonly people: () => Promise<RoomPeople>;
}

/** A new start after a fault, ms: a usual one takes under one second. */
const START_LIMIT_MS = 20_000;
/** From `connected` to a word of the agent, ms: a new one comes within 1 s and is told then. */
const AGENT_LIMIT_MS = 8_000;
const CLICK_LIMIT_MS = 5_000;
/** A microphone that gives nothing is told within this of the connection, ms. */
const SILENCE_TOLD_MS = 5_000;

/** Looks at each of `wanted`, in an order in which none disturbs the next. */
export async function lookAfterwards(
  view: AfterwardsView,
  wanted: readonly Afterwards[],
  signal: AbortSignal,
): Promise<AfterwardsFacts> {
  const facts: AfterwardsFacts = {};
  for (const name of ORDER) {
    if (!wanted.includes(name)) continue;
    signal.throwIfAborted();
    facts[name] = await LOOKS[name](view, facts, signal);
  }
  return facts;
}

type Look = (view: AfterwardsView, facts: AfterwardsFacts, signal: AbortSignal) => Promise<boolean>;

const ORDER: readonly Afterwards[] = [
  'newTokenOnce',
  'silenceTold',
  'contextTold',
  'sameMicrophone',
  'onePublication',
  'secondTabExplained',
  'microphoneReleased',
  'soundPrompted',
  'soundAfterGesture',
  'startWorks',
  'resumeWorks',
];

const LOOKS: Record<Afterwards, Look> = {
  microphoneReleased: async ({ page }) => (await ask<number>(page, 'openMicrophones()')) === 0,
  sameMicrophone: async ({ page }) =>
    (await ask<number>(page, 'openedMicrophones()')) === 1 &&
    (await ask<number>(page, 'openMicrophones()')) === 1,
  onePublication: ({ people }) =>
    people().then(
      isOneOfEach,
      () => false, // a server that does not answer has nobody in a room
    ),
  startWorks: async ({ page, ear }, _facts, signal) => {
    const before = ear.reports.length;
    try {
      await clickStart(page);
    } catch {
      return false; // no button: that is the answer
    }
    const connected = await within(START_LIMIT_MS, signal, (limit) =>
      ear.until(
        (report) =>
          report.kind === 'phase' && report.phase === 'connected' && ear.reports.indexOf(report) >= before,
        limit,
      ),
    );
    return connected !== undefined;
  },
  // The same voice session goes on: whoever speaks now, the agent side knows of no second one.
  resumeWorks: async ({ ear, voiceSessions, sessionsAtMark }, facts, signal) => {
    if (facts.startWorks !== true) return false;
    const fromWallMs = Date.now();
    const heard = await within(AGENT_LIMIT_MS, signal, (limit) =>
      ear.until(
        (report) => report.kind === 'word' && report.side === 'agent' && report.at.wallMs >= fromWallMs,
        limit,
      ),
    );
    return heard !== undefined && voiceSessions.length === sessionsAtMark.length;
  },
  contextTold: ({ ear }) =>
    Promise.resolve(
      ear.reports.some(
        (report) =>
          report.kind === 'shown' &&
          report.lines.some((line) => /in a new room|knows your conversation/i.test(line)),
      ),
    ),
  secondTabExplained: ({ control }) =>
    Promise.resolve(/opened somewhere else|another tab/i.test(control.secondTabText())),
  soundPrompted: async ({ page }) => (await page.getByRole('button', { name: /play audio/i }).count()) > 0,
  soundAfterGesture: async ({ page }) => {
    try {
      await page.getByRole('button', { name: /play audio/i }).click({ timeout: CLICK_LIMIT_MS });
    } catch {
      return false; // nothing to press
    }
    await page.waitForTimeout(1_000);
    return (await ask<number>(page, 'playing()')) > 0;
  },
  silenceTold: ({ ear }) => {
    const connected = ear.reports.find((report) => report.kind === 'phase' && report.phase === 'connected');
    const told = ear.reports.find(
      (report) => report.kind === 'shown' && report.lines.some((line) => /can.t hear you/i.test(line)),
    );
    return Promise.resolve(
      connected !== undefined &&
        told !== undefined &&
        told.at.wallMs - connected.at.wallMs <= SILENCE_TOLD_MS,
    );
  },
  newTokenOnce: ({ tokensAsked }) => Promise.resolve(tokensAsked() === 2),
};

async function ask<T>(page: Page, call: string): Promise<T> {
  return page.evaluate<T>(`globalThis.${PROBE_HANDLE}.${call}`);
}
