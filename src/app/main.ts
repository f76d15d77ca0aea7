import { App } from './app.ts';
import { TalkElement } from './talk-element.ts';

customElements.define('clara-voice', TalkElement);

const root = document.querySelector<HTMLElement>('#app');
if (root === null) throw new Error('index.html has no #app');

const talk = new TalkElement();
talk.setAttribute('token-endpoint', '/api/token');
talk.preload = true;

const app = new App({
  root,
  talk,
  openLibrary: async () => (await import('../compose/recording-library.ts')).openRecordingLibrary(),
  loadReview: () => import('./review/elements.ts'),
  offlineCapable: import.meta.env.PROD,
});
app.start();
