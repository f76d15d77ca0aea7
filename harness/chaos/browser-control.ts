/**
 * What faults do to a page and its browser, over one CDP session. Owns that session and the second tab; never waits for
 * a page that may stand still longer than Playwright's own limits.
 */
import type { CDPSession, Page } from 'playwright-core';
import { PROBE_HANDLE } from '../../src/shared/probe-report.ts';
import type { CallBrowser } from '../call/call-browser.ts';
import { prepareCdpNetwork, type CdpNetworkConditions } from '../faults/cdp-network.ts';
import { setMicrophonePermission } from '../faults/cdp-permission.ts';
import type { BrowserControl, Undo } from '../faults/fault.ts';
import { undoOnce } from '../faults/undo.ts';

/** Presses Start in a page, as a person does. */
export type PressStart = (page: Page) => Promise<void>;

/** A {@link BrowserControl} with what else the runner needs of the browser. */
export interface PageControl extends BrowserControl {
  readonly session: CDPSession;
  /** Text of the second tab that is or was open, all that could be read; for what must be explained there. */
  readonly secondTabText: () => string;
  /** Sets emulated conditions over the harmless ones; for pages whose server nobody knows. */
  setConditions(conditions: Partial<CdpNetworkConditions>): Promise<void>;
}

/** What is needed for it. */
export interface PageControlOptions {
  readonly browser: CallBrowser;
  readonly pressStart: PressStart;
  /** Emulation reaches WebRTC only when it was on before the first connection; it costs a little, so it is asked for. */
  readonly emulate: boolean;
}

const HARMLESS: CdpNetworkConditions = {
  offline: false,
  latency: 0,
  downloadThroughput: 1e8,
  uploadThroughput: 1e8,
};
/** How long the second tab gets to load, start and explain itself, ms. */
const SECOND_TAB_MS = 3_000;
const PAGE_LIMIT_MS = 15_000;

/** To be called before the page is opened. */
export async function controlPage(options: PageControlOptions): Promise<PageControl> {
  const { page, context } = options.browser;
  const session = await context.newCDPSession(page);
  if (options.emulate) await prepareCdpNetwork(session);
  let secondTabText = '';
  const setConditions = async (conditions: Partial<CdpNetworkConditions>): Promise<void> => {
    await session.send('Network.emulateNetworkConditions', { ...HARMLESS, ...conditions });
  };
  return {
    session,
    secondTabText: () => secondTabText,
    setConditions,
    setOffline: (offline) => setConditions({ offline }),
    setMicrophoneAllowed: async (allowed) => {
      const { targetInfo } = await session.send('Target.getTargetInfo');
      const { browserContextId } = targetInfo;
      await setMicrophonePermission(
        session,
        { origin: new URL(page.url()).origin, ...(browserContextId !== undefined && { browserContextId }) },
        allowed,
      );
    },
    unplugMicrophone: async () => {
      await page.evaluate(`globalThis.${PROBE_HANDLE}.unplugMicrophone()`);
    },
    reload: async () => {
      await page.reload({ waitUntil: 'load', timeout: PAGE_LIMIT_MS });
      await options.pressStart(page);
    },
    goAwayAndBack: async () => {
      const away = new URL('/healthz', page.url()).href;
      // Right after the commit the new page may not be the active one yet, and there is no way back from it.
      await page.goto(away, { waitUntil: 'load', timeout: PAGE_LIMIT_MS });
      await page.goBack({ waitUntil: 'commit', timeout: PAGE_LIMIT_MS });
      await options.pressStart(page);
    },
    openSecondTab: async (): Promise<Undo> => {
      // A tab that the page itself opens gets a copy of its sessionStorage, as a duplicated tab does.
      const opened = context.waitForEvent('page', { timeout: PAGE_LIMIT_MS });
      await page.evaluate('void window.open(location.href)');
      const tab = await opened;
      const close = undoOnce(async () => {
        secondTabText = await readText(tab);
        await tab.close();
        await page.bringToFront();
      }, new AbortController().signal);
      try {
        await tab.waitForLoadState('load', { timeout: PAGE_LIMIT_MS });
        await options.pressStart(tab);
        await tab.waitForTimeout(SECOND_TAB_MS);
      } catch (error) {
        await close();
        throw error;
      }
      return close;
    },
  };
}

/** All that can be read, as one line. */
async function readText(page: Page): Promise<string> {
  return page.evaluate<string>(`globalThis.${PROBE_HANDLE}.lines().join(' ')`);
}
