/** The door `clara-voice`: registers the tag `clara-voice`, once, and leaves one that is already there alone. */
import { ClaraVoice } from './element.ts';

if (customElements.get('clara-voice') === undefined) customElements.define('clara-voice', ClaraVoice);

declare global {
  interface HTMLElementTagNameMap {
    'clara-voice': ClaraVoice;
  }
}

export * from './element.ts';
