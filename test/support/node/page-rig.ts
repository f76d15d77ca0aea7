/** A running stack with the real app in a real Chromium, from the built code, for tests that look at the page. */
import type * as CallRigModule from '../../../harness/call/call-rig.ts';
import type * as ConfigModule from '../../../harness/config/resolve-config.ts';
import type { ProbeReport } from '../../../src/shared/probe-report.ts';
import { silentLog } from './silent-log.ts';

type CallRig = CallRigModule.CallRig;

/** What a test may ask for. */
export interface PageRigOptions {
  /** @default 'count' */
  readonly pipeline?: 'count' | 'parrot';
  /** @default true */
  readonly grantMicrophone?: boolean;
}

/** Where a built module of the harness is. */
function builtModule(path: string): string {
  return new URL(`../../../dist/harness/${path}`, import.meta.url).href;
}

/** Starts it, with an empty page. The caller stops it. */
export async function startPageRig(options: PageRigOptions = {}): Promise<CallRig> {
  const { startCallRig } = (await import(builtModule('call/call-rig.js'))) as typeof CallRigModule;
  const { resolveConfig } = (await import(builtModule('config/resolve-config.js'))) as typeof ConfigModule;
  const pipeline = options.pipeline ?? 'count';
  const config = resolveConfig({ flags: {}, env: {}, defaults: { port: 0, pipeline } });
  const { grantMicrophone } = options;
  return startCallRig(
    {
      client: 'clara',
      pipeline,
      seconds: 60,
      config,
      log: silentLog,
      report: () => undefined,
      ...(grantMicrophone !== undefined && { grantMicrophone }),
    },
    AbortSignal.timeout(60_000),
  );
}

/** Waits until the page has shown `phase` after the first `from` reports; rejects after `limitMs`. */
export function phaseShown(
  { browser }: CallRig,
  phase: string,
  from = 0,
  limitMs = 20_000,
): Promise<ProbeReport> {
  const { ear } = browser;
  const isIt = (report: ProbeReport) =>
    report.kind === 'phase' && report.phase === phase && ear.reports.indexOf(report) >= from;
  return ear.until(isIt, AbortSignal.timeout(limitMs));
}

/** Opens the app and presses Start. */
export async function pressStart({ browser: { page }, url }: CallRig): Promise<void> {
  await page.goto(url, { waitUntil: 'load' });
  await page.getByRole('button', { name: 'Start Session' }).click();
}

/** What the page did against its content security policy, and its errors, in words; empty when there was nothing. */
export function complaintsOf({ browser }: CallRig): string[] {
  return browser.ear.reports.flatMap((report) => {
    if (report.kind === 'cspViolation') return [`CSP: ${report.directive} ${report.blocked}`];
    return report.kind === 'pageError' ? [`error: ${report.message}`] : [];
  });
}
