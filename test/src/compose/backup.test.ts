import { expect } from 'chai';
import { archiveBlob } from '../../../src/compose/export-recording.ts';
import { libraryOver, type RecordingFile } from '../../../src/compose/recording-library.ts';
import { readRecordingFile } from '../../../src/compose/read-recording-file.ts';
import { MAX_SOUND_BYTES } from '../../../src/core/keeping/keeper.ts';
import type { KeptSound, Recording } from '../../../src/shared/recording.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import { callRecording } from '../../support/core/recordings.ts';

const PIECES = 10;

/** A session with as much sound as one may have. Mostly zeros, so that packing it takes no time; no bomb either. */
function fullSession(id: string): Recording {
  const { session, ...rest } = callRecording(60);
  const data = new Uint8Array(MAX_SOUND_BYTES / PIECES);
  for (let at = 0; at < data.length; at += 65_536 * 4)
    crypto.getRandomValues(data.subarray(at, Math.min(at + 65_536, data.length)));
  const kept = Array.from({ length: PIECES }, (_, seq): KeptSound => ({
    kind: 'sound',
    seq,
    take: 0,
    atMs: 0,
    type: 'audio/webm',
    data,
  }));
  return { session: { ...session, id }, ...rest, kept };
}

async function exported(
  recordings: readonly Recording[],
  withKept: boolean,
): Promise<readonly RecordingFile[]> {
  const store = new MemoryRecordStore();
  await store.add(recordings);
  return libraryOver(store).exportAll(withKept);
}

describe('a backup of every session', () => {
  it('is cut into numbered files that can each be imported, however much sound there is', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const recordings = ids.map(fullSession);
    const asOne = await readRecordingFile(await archiveBlob(recordings, true)).then(
      () => 'imported',
      (error: unknown) => (error as { code?: string }).code,
    );
    expect(asOne, 'one file would be too large').to.equal('tooLarge');
    const files = await exported(recordings, true);
    expect(files.map(({ name }) => name.replace(/\d{8}-\d{6}/, 'WHEN'))).to.deep.equal([
      'clara-all-WHEN-1-of-3.clararec',
      'clara-all-WHEN-2-of-3.clararec',
      'clara-all-WHEN-3-of-3.clararec',
    ]);
    const there = libraryOver(new MemoryRecordStore());
    for (const { blob } of files) await there.import(blob);
    expect((await there.list()).map(({ id }) => id).sort()).to.deep.equal(ids);
    expect((await there.kept('e')).length).to.equal(PIECES);
  });

  it('is one file where that is enough, also of sessions with sound that is left out', async () => {
    const files = await exported([fullSession('a'), fullSession('b'), fullSession('c')], false);
    expect(files).to.have.length(1);
    expect(files[0]!.name).to.match(/^clara-all-\d{8}-\d{6}\.clararec$/);
    expect(await readRecordingFile(files[0]!.blob)).to.have.length(3);
  });
});
