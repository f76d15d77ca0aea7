import { expect } from 'chai';
import '../../../src/embed/review.ts';
import { archiveBlob } from '../../../src/compose/export-recording.ts';
import { callRecording } from '../../support/core/recordings.ts';

describe('the door clara-voice/review', () => {
  afterEach(() => document.querySelector('clara-review')?.remove());

  it('shows a recording that the page gives it, and takes it away again', async () => {
    const review = document.createElement('clara-review');
    document.body.append(review);
    await review.updateComplete;
    expect(review.shadowRoot!.textContent.trim()).to.equal('');
    review.recording = callRecording(65, [{ fromS: 20, toS: 32 }]);
    await review.updateComplete;
    expect(review.shadowRoot!.textContent).to.contain('lost once');
    review.recording = undefined;
    await review.updateComplete;
    expect(review.shadowRoot!.textContent.trim()).to.equal('');
  });

  it('reads a file, shows its first session and gives them all', async () => {
    const review = document.createElement('clara-review');
    document.body.append(review);
    const file = await archiveBlob([callRecording(30, [], { id: 'a' }), callRecording(65, [], { id: 'b' })]);
    const recordings = await review.load(file);
    await review.updateComplete;
    expect(recordings.map(({ session }) => session.id)).to.deep.equal(['a', 'b']);
    expect(review.shadowRoot!.textContent).to.contain('lasted 30 s');
  });

  for (const [what, bytes, code] of [
    ['HTML', new TextEncoder().encode('<script>alert(1)</script>'), 'notRecognized'],
    ['gzip that is cut', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2), 'cut'],
    ['nesting', new TextEncoder().encode(`{"a":${'['.repeat(1_000_000)}`), 'tooDeep'],
    ['nothing', new Uint8Array(), 'empty'],
  ] as const)
    it(`refuses ${what} with a reason, and what was shown stays`, async () => {
      const review = document.createElement('clara-review');
      document.body.append(review);
      review.recording = callRecording(30);
      await review.updateComplete;
      const error = await review.load(new Blob([bytes])).catch((thrown: unknown) => thrown);
      expect(error).to.be.an('error').with.property('code', code);
      await review.updateComplete;
      expect(review.shadowRoot!.textContent).to.contain('lasted 30 s');
      expect(review.shadowRoot!.querySelector('script')).to.equal(null);
    });
});
