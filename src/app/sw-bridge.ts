/**
 * All talk with the service worker. Registers it, learns of a new version, and lets it take over when update-policy.ts
 * says so; the page is loaded anew only in the window whose user said yes.
 */
import { Workbox } from 'workbox-window';
import { Writable, type Readable } from '../core/readable.ts';
import { isCallAnywhere, untilNoCallAnywhere } from './call-lock.ts';
import { trustedScriptUrl } from './trusted-types.ts';
import { isCheckDue, updateStep, type UpdateStep } from './update-policy.ts';

const SCRIPT = '/sw.js';

/** See the file's comment. */
export class ServiceWorkerBridge {
  readonly #step = new Writable<UpdateStep>('none');
  readonly #workbox: Workbox;
  readonly #inCall: Readable<boolean>;
  #waiting = false;
  #replaced = false;
  #accepted = false;
  #dismissed = false;
  #lastCheckMonoMs = performance.now();
  readonly #signal: AbortSignal;
  #isWaitingForCalls = false;

  /** @param inCall whether this window is in a call; @param signal ends the watching. */
  constructor(inCall: Readable<boolean>, signal: AbortSignal) {
    this.#inCall = inCall;
    this.#signal = signal;
    this.#workbox = new Workbox(trustedScriptUrl(SCRIPT));
    this.#workbox.addEventListener('waiting', () => {
      this.#waiting = true;
      this.#dismissed = false;
      this.#decide().catch(reportError);
    });
    this.#workbox.addEventListener('controlling', ({ isUpdate }) => {
      this.#waiting = false;
      this.#replaced = isUpdate === true;
      this.#dismissed = false; // the old version's files may be gone from the cache by now
      this.#decide().catch(reportError);
    });
    inCall.watch(() => void this.#decide().catch(reportError), signal);
    document.addEventListener('visibilitychange', () => void this.#check().catch(reportError), { signal });
  }

  /** What the shell shows; only `offer` is shown. */
  get step(): Readable<UpdateStep> {
    return this.#step;
  }

  /** Registers the worker. Rejects when the browser refuses; the app works without it, only not offline. */
  async register(): Promise<void> {
    await this.#workbox.register();
  }

  /** The user's yes. */
  accept(): void {
    this.#accepted = true;
    this.#decide().catch(reportError);
  }

  /** The user's "later": not offered again until the next visit or version. */
  dismiss(): void {
    this.#dismissed = true;
    this.#decide().catch(reportError);
  }

  async #decide(): Promise<void> {
    const inCall = this.#inCall.value || (this.#waiting && (await isCallAnywhere()));
    // Also our own call, just over: its lock is let go of a moment later.
    if (inCall && !this.#inCall.value) this.#decideAfterCalls().catch(reportError);
    const step = updateStep({
      waiting: this.#waiting,
      inCall,
      accepted: this.#accepted,
      dismissed: this.#dismissed,
      replaced: this.#replaced,
    });
    this.#step.set(step);
    if (step === 'apply') this.#workbox.messageSkipWaiting();
    if (step === 'reload') location.reload();
  }

  async #decideAfterCalls(): Promise<void> {
    if (this.#isWaitingForCalls) return;
    this.#isWaitingForCalls = true;
    try {
      await untilNoCallAnywhere(this.#signal);
    } catch (error) {
      if (this.#signal.aborted) return;
      throw error;
    } finally {
      this.#isWaitingForCalls = false;
    }
    await this.#decide();
  }

  async #check(): Promise<void> {
    if (document.visibilityState !== 'visible') return;
    await this.#decide();
    if (!isCheckDue(performance.now(), this.#lastCheckMonoMs, this.#inCall.value)) return;
    this.#lastCheckMonoMs = performance.now();
    try {
      await this.#workbox.update();
    } catch {
      // Offline, or the server is away: the next look comes within the hour.
    }
  }
}
