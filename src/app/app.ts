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
import { comparePage } from './pages/compare.ts';
import { notFoundPage } from './pages/not-found.ts';
import { sessionPage } from './pages/session.ts';
import { sessionsPage } from './pages/sessions.ts';
import { settingsPage } from './pages/settings.ts';
import { storagePage } from './pages/storage.ts';
import { takeSharedFiles, watchIncomingFiles } from './review/incoming-files.ts';
import { Reviews, type ReviewsParts } from './review/reviews.ts';
import { PAGES, Router, type PageName, type Route } from './router.ts';
import { saveFile } from './review/save-file.ts';
import { SettingsStore, browserStorage } from './settings-store.ts';
import { shellTemplate } from './shell.ts';
import { ServiceWorkerBridge } from './sw-bridge.ts';
import type { RecordingProblem, TalkElement } from './talk-element.ts';
import { parseUrlParameters } from './url-parameters.ts';
import { VERSION } from './version.ts';

/** Why a call is not kept, in words. */
const PROBLEMS: Readonly<Record<RecordingProblem, string>> = {
  memoryOnly: 'This window keeps nothing: the notes of this call go away with it.',
  full: 'This browser’s storage is full: this call is not wholly noted. The call itself goes on.',
  failed: 'This browser’s storage does not work: this call is not wholly noted. The call itself goes on.',
};

/** Titles of the pages that the navigation does not have. */
const TITLES: Readonly<Partial<Record<PageName, string>>> = {
  session: 'Session',
  compare: 'Compare',
  storage: 'Storage',
};

/** What the app is made of. */
export interface AppParts {
  readonly root: HTMLElement;
  readonly talk: TalkElement;
  readonly openLibrary: ReviewsParts['openLibrary'];
  readonly loadReview: ReviewsParts['loadElements'];
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
  readonly #reviews: Reviews;
  #isDraggedOver = false;

  constructor(parts: AppParts) {
    this.#parts = parts;
    const { signal } = this.#life;
    this.#router = new Router(window, signal);
    this.#install = new InstallPrompt(window, signal);
    this.#reviews = new Reviews({
      openLibrary: parts.openLibrary,
      loadElements: parts.loadReview,
      go: (path) => this.#router.go(path),
      draw: () => this.#draw(),
      save: (file) => saveFile(document, file),
      signal,
    });
  }

  /** Draws the app and follows what happens. Call once. */
  start(): void {
    const { talk, offlineCapable } = this.#parts;
    const { signal } = this.#life;
    const draw = (): void => this.#draw();
    talk.addEventListener('clara-phase-change', () => this.#onPhase(), { signal });
    addEventListener('online', draw, { signal });
    addEventListener('offline', draw, { signal });
    this.#router.route.watch((route) => this.#onRoute(route), signal);
    this.#settings.settings.watch(() => this.#applySettings(), signal);
    this.#install.available.watch(draw, signal);
    guardCalls(this.#inCall, () => talk.stop(), signal);
    keepCallLock(this.#inCall, signal);
    this.#applySettings();
    talk.onRecordingProblem = (problem) => this.#reviews.tell(PROBLEMS[problem], true);
    this.#reviews.show(this.#router.route.value);
    this.#takeFiles(signal);
    if (this.#router.route.value.page === 'talk') this.#reviews.maintainLater();
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
    talk.offerRecording = true;
    this.#draw();
  }

  #onPhase(): void {
    const wasInCall = this.#inCall.value;
    this.#inCall.set(isActive(this.#parts.talk.link));
    if (wasInCall && !this.#inCall.value) this.#reviews.maintainLater();
    this.#draw();
  }

  #onRoute(route: Route): void {
    this.#reviews.show(route);
    this.#draw();
    const heading = this.#parts.root.querySelector<HTMLElement>('main > h1, .talk-page:not([hidden]) > h1');
    heading?.focus();
    scrollTo(0, 0);
  }

  /** Files dropped on the page, opened with the app, or shared to it. */
  #takeFiles(signal: AbortSignal): void {
    const onFiles = (files: readonly File[]): void => {
      this.#router.go('/sessions');
      this.#reviews.import(files);
    };
    const onDrag = (isOver: boolean): void => {
      if (isOver === this.#isDraggedOver) return;
      this.#isDraggedOver = isOver;
      this.#draw();
    };
    watchIncomingFiles(window, onFiles, onDrag, signal);
    if (!new URLSearchParams(location.search).has('shared') || !('caches' in globalThis)) return;
    history.replaceState(null, '', location.pathname);
    takeSharedFiles(caches).then((files) => files.length > 0 && onFiles(files), reportError);
  }

  #draw(): void {
    const { page } = this.#router.route.value;
    const { talk, root } = this.#parts;
    const title = PAGES.find(({ name }) => name === page)?.title ?? TITLES[page] ?? 'Nothing here';
    document.title = page === 'talk' ? 'Clara Voice' : `${title} · Clara Voice`;
    render(
      shellTemplate(
        {
          page,
          inCall: this.#inCall.value,
          callStatus: this.#words.text(`status.${talk.phase}`),
          offline: !navigator.onLine,
          updateOffered: this.#bridge?.step.value === 'offer',
          isDraggedOver: this.#isDraggedOver,
          told: page === 'talk' ? this.#reviews.state.told?.text : undefined,
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
        return sessionsPage(this.#reviews, this.#inCall.value);
      case 'session':
        return sessionPage(this.#reviews);
      case 'compare':
        return comparePage(this.#reviews);
      case 'storage':
        return storagePage(this.#reviews);
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
