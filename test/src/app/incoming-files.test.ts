import { expect } from 'chai';
import { takeSharedFiles, watchIncomingFiles } from '../../../src/app/review/incoming-files.ts';
import { keepSharedFiles, SHARE_PATH } from '../../../src/sw/shared-files.ts';

describe('files that are shared to the app', () => {
  const share = (...files: (File | string)[]): Request => {
    const body = new FormData();
    for (const file of files) body.append('files', file);
    return new Request(SHARE_PATH, { method: 'POST', body });
  };

  it('are kept by the worker until the page takes them, once, with their names', async () => {
    const answer = await keepSharedFiles(
      share(new File(['one'], 'a b.clararec'), 'no file', new File(['two'], 'ü/2.json')),
      caches,
    );
    expect([
      answer.status,
      new URL(answer.headers.get('location') ?? '', location.href).pathname,
    ]).to.deep.equal([303, '/sessions']);
    const files = await takeSharedFiles(caches);
    expect(files.map(({ name }) => name)).to.deep.equal(['a b.clararec', 'ü/2.json']);
    expect(await Promise.all(files.map((file) => file.text()))).to.deep.equal(['one', 'two']);
    expect(await takeSharedFiles(caches)).to.deep.equal([]);
  });
});

describe('files that come to the page', () => {
  it('are taken when they are dropped; what is no file is left to the page', () => {
    const life = new AbortController();
    const taken: string[][] = [];
    const drags: boolean[] = [];
    watchIncomingFiles(
      window,
      (files) => taken.push(files.map(({ name }) => name)),
      (isOver) => drags.push(isOver),
      life.signal,
    );
    const drag = (type: string, fill: (data: DataTransfer) => void): boolean => {
      const dataTransfer = new DataTransfer();
      fill(dataTransfer);
      return window.dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }));
    };
    const withFile = (data: DataTransfer): void => void data.items.add(new File(['x'], 'x.clararec'));
    const withText = (data: DataTransfer): void => data.setData('text/plain', 'hello');
    expect(drag('dragover', withFile)).to.equal(false);
    expect(drag('drop', withFile)).to.equal(false);
    expect(drag('dragover', withText)).to.equal(true);
    expect(drag('drop', withText)).to.equal(true);
    expect(taken).to.deep.equal([['x.clararec']]);
    expect(drags).to.deep.equal([true, false, false]);
    life.abort();
    expect(drag('drop', withFile)).to.equal(true);
  });

  it('are taken when the system opens them with the app', async () => {
    let consume: ((parameters: object) => void) | undefined;
    const own = Object.getOwnPropertyDescriptor(window, 'launchQueue');
    Object.defineProperty(window, 'launchQueue', {
      configurable: true,
      value: { setConsumer: (consumer: typeof consume) => (consume = consumer) },
    });
    const life = new AbortController();
    const opened = new Promise<readonly File[]>((resolve) =>
      watchIncomingFiles(window, resolve, () => {}, life.signal),
    );
    consume?.({ files: [] });
    consume?.({ files: [{ getFile: async () => new File(['x'], 'opened.clararec') }] });
    expect((await opened).map(({ name }) => name)).to.deep.equal(['opened.clararec']);
    life.abort();
    if (own !== undefined) Object.defineProperty(window, 'launchQueue', own);
  });
});
