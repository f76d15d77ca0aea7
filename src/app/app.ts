/**
 * Puts the app together: one talk element that lives as long as the page, the other pages drawn when they are shown.
 * Owns the state of the frame; decides nothing about calls. Invariant: changing pages never touches a call.
 */
import { nothing, render, type TemplateResult } from 'lit';
import { Writable } from '../core/readable.ts';
import { wordsOf } from '../ui/messages/words.ts';
import { isActive } from '../ui/session-events.ts';
import { guardCalls } from './call-guard.ts';
import { keepCallLock } from './call-lock.ts';
import { capabilitiesOf } from './capabilities.ts';
import { InstallPrompt } from './install-prompt.ts';
import { aboutPage } from './pages/about.ts';
import { notFoundPage } from './pages/not-found.ts';
import { sessionsPage, type SessionsState } from './pages/sessions.ts';
import { settingsPage } from './pages/settings.ts';
import { PAGES, Router, type PageName } from './router.ts';
import { readPastSessions, type SessionHistory } from './session-history.ts';
import { SettingsStore, browserStorage } from './settings-store.ts';
import { shellTemplate } from './shell.ts';
import { ServiceWorkerBridge } from './sw-bridge.ts';
import type { TalkElement } from './talk-element.ts';
import { parseUrlParameters } from './url-parameters.ts';
import { VERSION } from './version.ts';

/** As many sessions as the list shows; older ones are found by the review page. */
const LISTED_SESSIONS = 200;

/** What the app is made of. */
export interface AppParts {
  readonly root: HTMLElement;
  readonly talk: TalkElement;
  readonly openHistory: () => Promise<SessionHistory>;
  /** Whether the service worker is registered; not while developing. */
  readonly offlineCapable: boolean;
}

/** See the file's comment. */
export class App {
  readonly #parts: AppParts;
  readonly #life = new AbortController();
  readonly #router: Router;
  readonly #settings = new SettingsStore(browserStorage());
  readonly #install: InstallPrompt;
  readonly #inCall = new Writable(false);
  readonly #words = wordsOf('en');
  readonly #url = parseUrlParameters(location.search);
  #bridge: ServiceWorkerBridge | undefined;
  #sessions: SessionsState = { status: 'loading' };

  constructor(parts: AppParts) {
    this.#parts = parts;
    const { signal } = this.#life;
    this.#router = new Router(window, signal);
    this.#install = new InstallPrompt(window, signal);
  }

  /** Draws the app and follows what happens. Call once. */
  start(): void {
    const { talk, offlineCapable } = this.#parts;
    const { signal } = this.#life;
    const draw = (): void => this.#draw();
    talk.addEventListener('clara-phase-change', () => this.#onPhase(), { signal });
    addEventListener('online', draw, { signal });
    addEventListener('offline', draw, { signal });
    this.#router.page.watch((page) => this.#onPage(page), signal);
    this.#settings.settings.watch(() => this.#applySettings(), signal);
    this.#install.available.watch(draw, signal);
    guardCalls(this.#inCall, () => talk.stop(), signal);
    keepCallLock(this.#inCall, signal);
    this.#applySettings();
    if (this.#router.page.value === 'sessions') this.#readSessions();
    if (offlineCapable && 'serviceWorker' in navigator) this.#startBridge();
  }

  /** Ends all watching; for tests. */
  stop(): void {
    this.#life.abort();
    render(nothing, this.#parts.root);
  }

  #startBridge(): void {
    try {
      const bridge = new ServiceWorkerBridge(this.#inCall, this.#life.signal);
      this.#bridge = bridge;
      bridge.step.watch(() => this.#draw(), this.#life.signal);
      // A browser that refuses (private window, full disk) has the app all the same, only not offline.
      bridge.register().catch(() => {});
    } catch {
      this.#bridge = undefined; // the page's CSP does not know our Trusted Types policy
    }
  }

  #applySettings(): void {
    const { theme, pipeline } = this.#settings.settings.value;
    const { talk } = this.#parts;
    document.documentElement.dataset['theme'] = theme;
    talk.pipeline = this.#url.pipeline ?? pipeline;
    talk.audioProcessing = this.#url.audioProcessing;
    talk.policy = this.#url.policy;
    talk.budgetSeconds = this.#url.budgetSeconds;
    talk.resumeWhenBack = this.#url.resumeWhenBack;
    talk.textOnly = this.#url.textOnly;
    this.#draw();
  }

  #onPhase(): void {
    this.#inCall.set(isActive(this.#parts.talk.link));
    this.#draw();
  }

  #onPage(page: PageName): void {
    if (page === 'sessions') this.#readSessions();
    this.#draw();
    const heading = this.#parts.root.querySelector<HTMLElement>('main > h1, .talk-page:not([hidden]) > h1');
    heading?.focus();
    scrollTo(0, 0);
  }

  #readSessions(): void {
    this.#withHistory(() => Promise.resolve()).catch(reportError);
  }

  #deleteSession(sessionId: string): void {
    this.#withHistory((history) => history.delete(sessionId)).catch(reportError);
  }

  /** Does something with the history, then shows the list as it is. */
  async #withHistory(act: (history: SessionHistory) => Promise<void>): Promise<void> {
    try {
      const history = await this.#parts.openHistory();
      await act(history);
      const sessions = await readPastSessions(history, LISTED_SESSIONS);
      this.#sessions = { status: 'ready', sessions, isPersistent: history.isPersistent };
    } catch {
      this.#sessions = { status: 'failed' };
    }
    if (!this.#life.signal.aborted) this.#draw();
  }

  #draw(): void {
    const page = this.#router.page.value;
    const { talk, root } = this.#parts;
    const title = PAGES.find(({ name }) => name === page)?.title ?? 'Nothing here';
    document.title = page === 'talk' ? 'Clara Voice' : `${title} · Clara Voice`;
    render(
      shellTemplate(
        {
          page,
          inCall: this.#inCall.value,
          callStatus: this.#words.text(`status.${talk.phase}`),
          offline: !navigator.onLine,
          updateOffered: this.#bridge?.step.value === 'offer',
        },
        talk,
        this.#page(page),
        { acceptUpdate: () => this.#bridge?.accept(), dismissUpdate: () => this.#bridge?.dismiss() },
      ),
      root,
    );
  }

  #page(page: PageName): TemplateResult | typeof nothing {
    switch (page) {
      case 'talk':
        return nothing;
      case 'sessions':
        return sessionsPage(this.#sessions, this.#inCall.value, {
          delete: (sessionId) => this.#deleteSession(sessionId),
        });
      case 'settings':
        return settingsPage(this.#settings.settings.value, this.#install.available.value, {
          change: (change) => this.#settings.change(change),
          install: () => {
            this.#install.install().catch(reportError);
          },
        });
      case 'about':
        return aboutPage(VERSION, capabilitiesOf(window));
      case 'notFound':
        return notFoundPage();
    }
  }
}
