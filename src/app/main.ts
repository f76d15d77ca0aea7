import { App } from './app.ts';
import { TalkElement } from './talk-element.ts';

customElements.define('clara-voice', TalkElement);

const root = document.querySelector<HTMLElement>('#app');
if (root === null) throw new Error('index.html has no #app');

const talk = new TalkElement();
talk.setAttribute('token-endpoint', '/api/token');
talk.preload = true;

const loadLibrary = () => import('../compose/recording-library.ts');
let store: ReturnType<Awaited<ReturnType<typeof loadLibrary>>['openSharedStore']> | undefined;
/** One for the page: without a database what a call records is seen by the other pages of the same window. */
const sharedStore = () => (store ??= loadLibrary().then(({ openSharedStore }) => openSharedStore()));
talk.recordStore = sharedStore;

const app = new App({
  root,
  talk,
  openLibrary: async () => (await loadLibrary()).libraryOver(await sharedStore()),
  loadReview: () => import('./review/elements.ts'),
  offlineCapable: import.meta.env.PROD,
});
app.start();
