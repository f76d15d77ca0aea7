import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { CallRig } from '../../harness/call/call-rig.ts';
import { complaintsOf, phaseShown, pressStart, startPageRig } from '../support/node/page-rig.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
type Page = CallRig['browser']['page'];
const PICTURE = fileURLToPath(new URL('../../docs/images/talk.png', import.meta.url));

/** The rules that the page breaks, with the elements. */
async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE); // over the debugger: the page's policy lets no foreign script in
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes.map(({ target }) => target))}`);
  });
}

describe('a call in the page', () => {
  let rig: CallRig;
  before(async () => {
    rig = await startPageRig({ pipeline: 'parrot' });
  });
  after(() => rig.stop());

  test('goes from idle to connected, shows a typed message and its answer, and breaks no rule of accessibility', async () => {
    const { page } = rig.browser;
    await page.setViewportSize({ width: 1100, height: 760 });
    await page.goto(rig.url, { waitUntil: 'load' });
    assert.deepEqual(await axeViolations(page), [], 'idle');
    await page.getByRole('button', { name: 'Start Session' }).click();
    await phaseShown(rig, 'connected');
    await page.getByText('Connected', { exact: true }).first().waitFor();
    const message = 'What can you tell me about the weather?';
    await page.getByRole('textbox', { name: 'Message' }).fill(message);
    await page.getByRole('button', { name: 'Send' }).click();
    // Once as said by the user, once as answered by the parrot.
    await page.getByText(message).nth(1).waitFor({ timeout: 15_000 });
    assert.deepEqual(complaintsOf(rig), []);
    assert.deepEqual(await axeViolations(page), [], 'connected');
    if (process.env['CLARA_WRITE_SCREENSHOTS'] === '1') {
      await mkdir(fileURLToPath(new URL('../../docs/images', import.meta.url)), { recursive: true });
      await page.screenshot({ path: PICTURE });
    }
  });

  test("ends on Stop, and the agent's process is gone within 2 s", async () => {
    const { browser, witness, stack } = rig;
    assert.equal(stack.agent.sessions.size, 1, 'the call of the test before goes on');
    const stoppedMonoMs = performance.now();
    await browser.page.getByRole('button', { name: 'Stop', exact: true }).click();
    await witness.until(({ exits }) => exits === 1, AbortSignal.timeout(10_000));
    const tookMs = performance.now() - stoppedMonoMs;
    assert.ok(tookMs <= 2_000, `gone after ${Math.round(tookMs)} ms`);
    await phaseShown(rig, 'ended');
    // The process is gone first; the agent's record of it follows.
    for (const soon = performance.now() + 2_000; stack.agent.sessions.size > 0 && performance.now() < soon;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(stack.agent.sessions.size, 0);
    await browser.page.getByRole('button', { name: 'Start Session' }).waitFor();
    assert.deepEqual(await axeViolations(browser.page), [], 'ended');
  });

  test('can be started again after it', async () => {
    const from = rig.browser.ear.reports.length;
    await rig.browser.page.getByRole('button', { name: 'Start Session' }).click();
    await phaseShown(rig, 'connected', from);
    await rig.witness.until((witness) => witness.facts().agentJoins === 2, AbortSignal.timeout(10_000));
    await rig.browser.page.getByRole('button', { name: 'Stop', exact: true }).click();
    await phaseShown(rig, 'ended', from);
  });

  test('cannot start when the token endpoint is down, and says so in plain words', async () => {
    const { browser, stack } = rig;
    await browser.page.goto(rig.url, { waitUntil: 'load' });
    const from = browser.ear.reports.length;
    await stack.gateway.stop();
    await browser.page.getByRole('button', { name: 'Start Session' }).click();
    const report = await phaseShown(rig, 'failed', from);
    assert.equal(report.kind === 'phase' && report.reason, 'tokenUnreachable');
    await browser.page.getByText('The service that starts sessions cannot be reached.').first().waitFor();
    await browser.page.getByRole('button', { name: 'Start Session' }).waitFor();
    assert.deepEqual(await axeViolations(browser.page), [], 'failed');
  });
});

describe('a page without a microphone', () => {
  let rig: CallRig;
  before(async () => {
    rig = await startPageRig({ grantMicrophone: false });
  });
  after(() => rig.stop());

  test('says that the microphone is not allowed, asks for no token, and lets one try again', async () => {
    const { page } = rig.browser;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await pressStart(rig);
    const report = await phaseShown(rig, 'failed');
    assert.equal(report.kind === 'phase' && report.reason, 'micDenied');
    await page.getByText('The microphone is not allowed.').first().waitFor();
    assert.equal(asked.includes('/api/token'), false);
    await page.getByRole('button', { name: 'Start Session' }).waitFor();
    assert.deepEqual(complaintsOf(rig), []);
  });

  test('opens again with no server at all, once it was visited', async () => {
    const { page } = rig.browser;
    await page.goto(rig.url, { waitUntil: 'load' });
    // In place, and in charge of the page, as on any later visit.
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await rig.stack.gateway.stop();
    await page.goto(rig.url, { waitUntil: 'load' });
    await page.getByRole('button', { name: 'Start Session' }).waitFor();
    await page.goto(new URL('/settings', rig.url).href, { waitUntil: 'load' });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
  });
});
