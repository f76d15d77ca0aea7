/**
 * State and deeds of the pages about sessions. Owns what is loaded of the library and which page shows it; draws
 * nothing. A late answer for a page that was left is dropped.
 */
import type { Alignment } from '../../core/review/compare.ts';
import type { CompareModel } from '../../core/review/compare-model.ts';
import type { RetentionLimits } from '../../core/review/retention.ts';
import type { ReviewModel } from '../../core/review/review-model.ts';
import type {
  ExportFormat,
  RecordingFile,
  RecordingLibrary,
  StorageFacts,
} from '../../compose/recording-library.ts';
import type { KeptKind, KeptPiece, ListedRecording } from '../../shared/recording.ts';
import type { Route } from '../router.ts';
import { importProblemText } from './import-words.ts';
import type { ListFilter } from './session-list.ts';

/** As many sessions as the list shows at first, and adds when asked. */
export const LIST_STEP = 50;

/** Something that is loaded. */
export type Loaded<T> =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'missing' }
  | { readonly status: 'failed' };

/** What the pages show. */
export interface ReviewsState {
  readonly sessions: Loaded<readonly ListedRecording[]>;
  readonly isPersistent: boolean;
  readonly filter: ListFilter;
  readonly shown: number;
  /** Chosen to be compared, at most two. */
  readonly chosen: readonly string[];
  readonly review: Loaded<ReviewModel>;
  /** The session that is shown is still being recorded, here or in another tab, and so cannot be deleted. */
  readonly isRunning: boolean;
  /** Text and sound of the session that is shown. */
  readonly kept: readonly KeptPiece[];
  /** An archive that is exported gets text and sound too: ticked by the user, and only for this page. */
  readonly withKept: boolean;
  readonly comparison: Loaded<CompareModel>;
  readonly alignment: Alignment;
  readonly storage: Loaded<StorageFacts>;
  /** What came of the last deed, for a notice. */
  readonly told?: { readonly text: string; readonly isProblem: boolean };
  readonly isBusy: boolean;
}

/** Why nothing of a session can be deleted yet. */
export const RUNNING_TEXT =
  'This session is still being recorded, here or in another tab. It can be deleted once its call has ended.';

const LOADING = { status: 'loading' } as const;
/** Told of one session only. */
const KEPT_UNREADABLE = {
  text: 'The text and sound of this session cannot be read. Everything else can.',
  isProblem: true,
} as const;

/** What it needs. */
export interface ReviewsParts {
  readonly openLibrary: () => Promise<RecordingLibrary>;
  /** Registers the elements that draw reviews. */
  readonly loadElements: () => Promise<unknown>;
  readonly go: (path: string) => void;
  readonly draw: () => void;
  /** Hands a file to the user. */
  readonly save: (file: RecordingFile) => void;
  readonly signal: AbortSignal;
}

/** See the file's head. */
export class Reviews {
  readonly #parts: ReviewsParts;
  #library: Promise<RecordingLibrary> | undefined;
  #route: Route = { page: 'talk', ids: [] };
  /** Of the page that is shown; ends what waits for it. */
  #visit = new AbortController();
  #state: ReviewsState = {
    sessions: LOADING,
    isPersistent: true,
    filter: { search: '', outcome: 'all' },
    shown: LIST_STEP,
    chosen: [],
    review: LOADING,
    isRunning: false,
    kept: [],
    withKept: false,
    comparison: LOADING,
    alignment: 'join',
    storage: LOADING,
    isBusy: false,
  };

  constructor(parts: ReviewsParts) {
    this.#parts = parts;
  }

  get state(): ReviewsState {
    return this.#state;
  }

  /** A page is shown: loads what it needs. */
  show(route: Route): void {
    const isSame = this.#route.page === route.page;
    this.#route = route;
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#state = { ...this.#state, kept: [], withKept: false, isRunning: false };
    if (!isSame || this.#state.told === KEPT_UNREADABLE) this.#state = withoutTold(this.#state);
    switch (route.page) {
      case 'sessions':
        return this.#do(() => this.#list());
      case 'session':
        this.#set({ review: LOADING });
        return this.#do(() => this.#session(route));
      case 'compare':
        this.#set({ comparison: LOADING });
        return this.#do(() => this.#compare(route));
      case 'storage':
        return this.#do(async () => {
          await this.#list();
          await this.#storage();
        });
      default:
    }
  }

  /** A session has ended, or the app has started: puts away what is over, when the page has nothing else to do. */
  maintainLater(): void {
    const maintain = (): void => this.#do(() => this.#maintain());
    if ('requestIdleCallback' in globalThis) requestIdleCallback(maintain, { timeout: 5000 });
    else setTimeout(maintain, 1000);
  }

  /** Has something said in a notice, until another page is shown. */
  tell(text: string, isProblem: boolean): void {
    this.#set({ told: { text, isProblem } });
  }

  filter(change: Partial<ListFilter>): void {
    this.#set({ filter: { ...this.#state.filter, ...change }, shown: LIST_STEP });
  }

  showMore(): void {
    this.#set({ shown: this.#state.shown + 2 * LIST_STEP });
  }

  choose(sessionId: string, isChosen: boolean): void {
    const others = this.#state.chosen.filter((id) => id !== sessionId);
    this.#set({ chosen: isChosen ? [...others.slice(-1), sessionId] : others });
  }

  compareChosen(): void {
    const [first, second] = this.#state.chosen;
    if (first !== undefined && second !== undefined) this.#parts.go(`/compare/${first}/${second}`);
  }

  align(alignment: Alignment): void {
    this.#set({ alignment });
    this.#do(() => this.#compare(this.#route));
  }

  setPinned(sessionId: string, pinned: boolean): void {
    this.#do(async () => {
      await (await this.#open()).setPinned(sessionId, pinned);
      await this.#list();
      if (this.#route.page === 'session') await this.#review(this.#route);
    });
  }

  delete(sessionId: string): void {
    this.#do(async () => {
      if (!(await (await this.#open()).delete(sessionId))) return this.#refuse();
      this.#set({ chosen: this.#state.chosen.filter((id) => id !== sessionId) });
      await this.#list();
      if (this.#route.page === 'storage') await this.#storage();
      if (this.#route.page === 'session') this.#parts.go('/sessions');
    });
  }

  chooseKept(withKept: boolean): void {
    this.#set({ withKept });
  }

  /** Deletes the text or the sound of a session for good. */
  deleteKept(sessionId: string, kind: KeptKind): void {
    this.#do(async () => {
      const route = this.#route;
      if (!(await (await this.#open()).deleteKept(sessionId, kind))) return this.#refuse();
      if (this.#route === route) this.#set({ kept: this.#state.kept.filter((piece) => piece.kind !== kind) });
      await this.#list();
    });
  }

  export(sessionId: string, format: ExportFormat): void {
    const { withKept } = this.#state;
    this.#busy(async () => {
      const file = await (await this.#open()).export(sessionId, format, withKept);
      if (file !== undefined) this.#parts.save(file);
    });
  }

  exportAll(): void {
    const { withKept } = this.#state;
    this.#busy(async () => {
      const files = await (await this.#open()).exportAll(withKept);
      for (const file of files) this.#parts.save(file);
      if (files.length > 1)
        this.tell(
          `The backup is ${files.length} files. See that the browser saves them all, and import them all to have every session back.`,
          false,
        );
    });
  }

  /** Adds what is in files, one after the other; the last problem is told. */
  import(files: readonly Blob[]): void {
    this.#busy(async () => {
      const added: string[] = [];
      let known = 0;
      const problems: string[] = [];
      for (const file of files) {
        try {
          const result = await (await this.#open()).import(file);
          added.push(...result.added);
          known += result.known.length;
        } catch (error) {
          problems.push(importProblemText(error, file instanceof File ? file.name : undefined));
        }
      }
      await this.#list();
      const count = (number: number): string => `${number} ${number === 1 ? 'session' : 'sessions'}`;
      const good = [
        ...(added.length > 0 ? [`${count(added.length)} imported.`] : []),
        ...(known > 0 ? [`${count(known)} ${known === 1 ? 'was' : 'were'} here already.`] : []),
      ].join(' ');
      this.#set({
        told: { text: [good, ...problems].filter(Boolean).join(' '), isProblem: problems.length > 0 },
      });
      const [only] = added;
      if (added.length === 1 && only !== undefined && problems.length === 0)
        this.#parts.go(`/sessions/${only}`);
    });
  }

  persist(): void {
    this.#do(async () => {
      const isKept = await (await this.#open()).persist();
      this.#set({
        told: isKept
          ? { text: 'The browser keeps the recordings until you delete them.', isProblem: false }
          : {
              text: 'The browser did not agree. It may ask again when the app is installed.',
              isProblem: true,
            },
      });
      await this.#storage();
    });
  }

  setLimits(limits: RetentionLimits): void {
    this.#do(async () => {
      await (await this.#open()).setLimits(limits);
      await this.#list();
      await this.#storage();
    });
  }

  async #open(): Promise<RecordingLibrary> {
    this.#library ??= this.#parts.openLibrary().catch((error: unknown) => {
      this.#library = undefined; // the next try may have better luck
      throw error;
    });
    return this.#library;
  }

  async #list(): Promise<void> {
    try {
      const library = await this.#open();
      const sessions = await library.list();
      this.#set({ sessions: { status: 'ready', value: sessions }, isPersistent: library.isPersistent });
      // Also one without an end: it may run in another window, or have crashed, which only a look at its lock tells.
      if (sessions.some(({ digest }) => digest === undefined)) this.maintainLater();
    } catch {
      this.#set({ sessions: { status: 'failed' } });
    }
  }

  async #session(route: Route): Promise<void> {
    await this.#review(route);
    await this.#kept(route);
  }

  async #review(route: Route): Promise<void> {
    const [id = ''] = route.ids;
    try {
      const [library] = await Promise.all([this.#open(), this.#parts.loadElements()]);
      const review = await library.review(id);
      const isRunning = await library.isRunning(id);
      if (this.#route !== route) return;
      if (isRunning) this.#reviewWhenOver(library, route);
      this.#set({
        isRunning,
        review: review === undefined ? { status: 'missing' } : { status: 'ready', value: review },
      });
    } catch {
      if (this.#route === route) this.#set({ review: { status: 'failed' } });
    }
  }

  #reviewWhenOver(library: RecordingLibrary, route: Route): void {
    const signal = AbortSignal.any([this.#visit.signal, this.#parts.signal]);
    library.whenOver(route.ids[0] ?? '', signal).then(
      (isOver) => isOver && !signal.aborted && this.#do(() => this.#session(route)),
      () => {}, // left
    );
  }

  /** It would come back: its recorder goes on writing. */
  #refuse(): void {
    this.#set({ told: { text: RUNNING_TEXT, isProblem: true } });
  }

  /** After the review, and once: it may be 60 MB, and a player that plays must not be given its sound anew. */
  async #kept(route: Route): Promise<void> {
    if (this.#route !== route || this.#state.review.status !== 'ready') return;
    try {
      const kept = await (await this.#open()).kept(route.ids[0] ?? '');
      if (this.#route === route) this.#set({ kept });
    } catch {
      if (this.#route === route) this.#set({ told: KEPT_UNREADABLE });
    }
  }

  async #compare(route: Route): Promise<void> {
    const [first = '', second = ''] = route.ids;
    try {
      const [library] = await Promise.all([this.#open(), this.#parts.loadElements()]);
      const model = await library.compare(first, second, this.#state.alignment);
      if (this.#route !== route) return;
      this.#set({
        comparison: model === undefined ? { status: 'missing' } : { status: 'ready', value: model },
      });
    } catch {
      if (this.#route === route) this.#set({ comparison: { status: 'failed' } });
    }
  }

  async #storage(): Promise<void> {
    try {
      this.#set({ storage: { status: 'ready', value: await (await this.#open()).storage() } });
    } catch {
      this.#set({ storage: { status: 'failed' } });
    }
  }

  async #maintain(): Promise<void> {
    const hasChanged = await (await this.#open()).maintain(this.#parts.signal);
    if (hasChanged && (this.#route.page === 'sessions' || this.#route.page === 'storage')) await this.#list();
  }

  #busy(work: () => Promise<void>): void {
    this.#set({ isBusy: true });
    this.#do(async () => {
      try {
        await work();
      } finally {
        this.#set({ isBusy: false });
      }
    });
  }

  /** Work that nobody awaits. What it rejects with is the storage's and told as such. */
  #do(work: () => Promise<void>): void {
    work().catch(() =>
      this.#set({
        told: { text: 'This browser’s storage is shut, full or damaged. Calls still work.', isProblem: true },
      }),
    );
  }

  #set(change: Partial<ReviewsState>): void {
    this.#state = { ...this.#state, ...change };
    if (!this.#parts.signal.aborted) this.#parts.draw();
  }
}

function withoutTold({ told: _told, ...state }: ReviewsState): ReviewsState {
  return state;
}
