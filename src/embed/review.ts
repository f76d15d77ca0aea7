/**
 * The door `clara-voice/review`: registers `clara-review`, which shows a recorded session that the page gives it. For
 * tools of your own: no storage is opened and nothing is fetched.
 */
import type { PropertyDeclarations, PropertyValues } from 'lit';
import { recordingsIn, reviewOf } from '../compose/review.ts';
import type { Recording } from '../shared/recording.ts';
import { ClaraReviewElement } from '../ui/review/clara-review-element.ts';

/** `<clara-review>` that takes a recording, or a file with one. */
export class ClaraReview extends ClaraReviewElement {
  static override properties: PropertyDeclarations = { recording: { attribute: false } };

  /** What is shown. Setting it replaces what was shown before. */
  declare recording: Recording | undefined;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('recording')) {
      this.kept = this.recording?.kept;
      this.model = this.recording === undefined ? undefined : reviewOf(this.recording);
    }
    super.willUpdate(changed);
  }

  /**
   * Reads a file (Clara archive, rtcstats dump, webrtc-internals dump; plain or gzip), shows its first session and gives
   * them all. Rejects with an ImportError that names line or field; what was shown stays.
   */
  async load(file: Blob): Promise<readonly Recording[]> {
    const recordings = await recordingsIn(file);
    this.recording = recordings[0];
    return recordings;
  }
}

if (customElements.get('clara-review') === undefined) customElements.define('clara-review', ClaraReview);

declare global {
  interface HTMLElementTagNameMap {
    'clara-review': ClaraReview;
  }
}

export { recordingsIn };
export type { Recording, RecordingEvent, RecordingSession, SampleChunk } from '../shared/recording.ts';
