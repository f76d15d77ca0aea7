import { assert } from 'chai';
import { newestPage } from '../../../src/sw/newest-page.ts';

const never = <T>(): Promise<T> => new Promise(() => {});
const page = (text: string, status = 200): Response => new Response(text, { status });

async function shown(ask: () => Promise<Response>, limit: () => Promise<unknown> = never): Promise<string> {
  return (await newestPage({ ask, kept: () => Promise.resolve(page('kept')), limit })).text();
}

describe('the page that a visit gets', () => {
  it("is the server's while it answers, whatever was kept", async () => {
    assert.equal(await shown(() => Promise.resolve(page('new'))), 'new');
    assert.equal(await shown(() => Promise.resolve(page('no such page', 404))), 'no such page');
  });

  it('is the kept one when the server is away or ill', async () => {
    assert.equal(await shown(() => Promise.reject(new TypeError('away'))), 'kept');
    assert.equal(await shown(() => Promise.resolve(page('ill', 503))), 'kept');
  });

  it('is the kept one when the server takes too long, and its late answer is let go', async () => {
    let answer: (response: Response) => void = () => {};
    const late = new Promise<Response>((resolve) => (answer = resolve));
    assert.equal(
      await shown(
        () => late,
        () => Promise.resolve(),
      ),
      'kept',
    );
    const cancelled = new Promise((resolve) => {
      answer(new Response(new ReadableStream({ cancel: resolve })));
    });
    await cancelled;
  });

  it('is an error only when nothing was kept either', async () => {
    const lost = new Error('nothing kept');
    const caught = await newestPage({
      ask: () => Promise.reject(new TypeError('away')),
      kept: () => Promise.reject(lost),
      limit: never,
    }).catch((error: unknown) => error);
    assert.equal(caught, lost);
  });
});
