/**
 * Hands over what the page has recorded of its call: goes to the sessions as a person does, opens the newest and exports
 * it. Works after the call is over; the server may be gone by then.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CallRig } from './call-rig.ts';

/** Longest wait for each step of the page, ms. */
const STEP_LIMIT_MS = 5_000;
/** What the list calls a session whose end is written. */
const ENDED = /Ended well|With outages|Failed/;

/** Saves the newest session's archive as `file`. Rejects with a message that says which step did not come. */
export async function saveRecording({ browser: { page } }: CallRig, file: string): Promise<void> {
  const step = async <T>(name: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw new Error(`the recording was not saved: ${name} did not come in ${STEP_LIMIT_MS} ms`, { cause });
    }
  };
  const limit = { timeout: STEP_LIMIT_MS };
  // By the link and not by the address: the page goes on writing what it has not yet written.
  await step('the list', page.getByRole('link', { name: 'Sessions', exact: true }).click(limit));
  const newest = page.locator('.session').first();
  await step('the end of the session', newest.getByText(ENDED).first().waitFor(limit));
  await step('the session', newest.locator('h2 a').click(limit));
  await step('the menu', page.getByText('Export', { exact: true }).click(limit));
  const download = page.waitForEvent('download', limit);
  download.catch(() => undefined); // told by the click, if that fails first
  await step('the export', page.getByRole('button', { name: 'Clara archive' }).click(limit));
  const place = resolve(file);
  await mkdir(dirname(place), { recursive: true });
  await step('the file', (await step('the download', download)).saveAs(place));
}
