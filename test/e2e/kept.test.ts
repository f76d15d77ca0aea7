import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { importRecordings } from '../../src/core/review/imports/import-recordings.ts';
import { complaintsOf, phaseShown, pressStart, startPageRig } from '../support/node/page-rig.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

test('text and sound are kept once the user asks for it, can be read and heard, and are deleted for good', async (t) => {
  const rig = await startPageRig({ pipeline: 'parrot' });
  t.after(() => rig.stop());
  const { page } = rig.browser;
  await pressStart(rig);
  await phaseShown(rig, 'connected');
  const say = async (text: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    // Once as written, once as answered.
    await page.getByText(text).nth(1).waitFor({ timeout: 15_000 });
  };
  await say('this is not kept');
  await page.getByRole('button', { name: 'Keep the text' }).click();
  await page.getByRole('button', { name: 'Keep the sound' }).click();
  await page.getByText('Recording text', { exact: true }).waitFor();
  await page.getByText('Recording sound', { exact: true }).waitFor();
  await say('this is kept <b>as text</b>');
  await sleep(10_000); // one piece of sound, and the beginning of another
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await phaseShown(rig, 'ended');
  await page.getByRole('button', { name: 'Keep the text' }).waitFor(); // off again

  await page.goto(new URL('/sessions', rig.url).href, { waitUntil: 'load' });
  await page.locator('.session h2 a').first().click();
  const review = page.locator('clara-review');
  await review.getByText('this is kept <b>as text</b>').nth(1).waitFor();
  assert.equal(await review.getByText('this is not kept').count(), 0);
  const player = review.locator('audio');
  assert.equal(await player.count(), 1);
  const heard = await player.evaluate(async (element: HTMLAudioElement) => {
    if (element.readyState === 0)
      await new Promise((resolve, reject) => {
        element.addEventListener('loadedmetadata', resolve, { once: true });
        element.addEventListener('error', () => reject(new Error('does not play')), { once: true });
      });
    return element.error?.message ?? 'plays';
  });
  assert.equal(heard, 'plays');

  const folder = await temporaryFolder(t);
  const exported = async (name: string): Promise<Buffer> => {
    const file = join(folder, name);
    await page.getByText('Export', { exact: true }).click();
    if (name.startsWith('with')) await page.getByLabel('With text and sound').check();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Clara archive' }).click();
    await (await download).saveAs(file);
    return gunzipSync(await readFile(file));
  };
  const plain = await exported('plain.clararec');
  assert.equal(importRecordings(plain, () => 'x')[0]?.kept, undefined);
  assert.ok(!plain.includes('this is kept'), 'not by itself');
  const [whole] = importRecordings(await exported('with.clararec'), () => 'x');
  const sounds = whole?.kept?.filter((piece) => piece.kind === 'sound') ?? [];
  assert.ok(sounds.length >= 2, `${sounds.length} pieces of sound`);
  const first = sounds[0]?.data ?? new Uint8Array();
  const playable = await page.evaluate(
    async (list) =>
      (await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(Uint8Array.from(list).buffer)).duration,
    [...first],
  );
  assert.ok(playable >= 7, `what a crash would leave plays ${playable} s`);
  const bytes = sounds.flatMap(({ data }) => [...data]);
  const { seconds, loudest } = await page.evaluate(async (list) => {
    const context = new OfflineAudioContext(1, 1, 48_000);
    const buffer = await context.decodeAudioData(Uint8Array.from(list).buffer);
    const samples = buffer.getChannelData(0);
    return {
      seconds: buffer.duration,
      loudest: samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0),
    };
  }, bytes);
  t.diagnostic(`${seconds.toFixed(1)} s of sound in ${bytes.length} bytes, loudest ${loudest.toFixed(3)}`);
  assert.ok(seconds >= 9, `${seconds} s`);
  assert.ok(loudest > 0.01, `loudest sample ${loudest}`);

  page.on('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: /Delete sound/ }).click();
  await player.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /Delete text/ }).click();
  await review.getByText('this is kept').first().waitFor({ state: 'detached' });
  const left = await page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('clara-voice');
        opening.onerror = () => reject(new Error('did not open'));
        opening.onsuccess = () => {
          const count = opening.result.transaction('kept').objectStore('kept').count();
          count.onerror = () => reject(new Error('did not count'));
          count.onsuccess = () => {
            opening.result.close();
            resolve(count.result);
          };
        };
      }),
  );
  assert.equal(left, 0);
  assert.deepEqual(complaintsOf(rig), []);
});
