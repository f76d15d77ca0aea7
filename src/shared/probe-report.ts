/**
 * What the page probe (harness/probe) tells the harness of a page under test, one report a happening. Facts only:
 * what they add up to is decided in harness/call. Never text of a conversation, never a token.
 */

/** When something happened in a page. The two clocks are never subtracted from each other. */
export interface PageTime {
  /** performance.now() of the page, ms; for durations within one page. */
  readonly monoMs: number;
  /** Date.now() of the page, ms; to compare with other processes of the same machine. */
  readonly wallMs: number;
}

/** Whose sound: `user` is the microphone as the page captured it, `agent` what the page received from others. */
export type SoundSide = 'user' | 'agent';

/** One happening. */
export type ProbeHappening =
  /** The probe is in place, before any script of the page. */
  | { readonly kind: 'ready' }
  /** A trusted click somewhere in the page. */
  | { readonly kind: 'click' }
  /** The page said so by a `clara-phase-change` event. */
  | { readonly kind: 'phase'; readonly phase: string; readonly reason?: string }
  /** An audio track is there (its first sound was read) or ended. */
  | { readonly kind: 'track'; readonly side: SoundSide; readonly live: boolean }
  /** A tone word; the time is that of its start. */
  | { readonly kind: 'word'; readonly side: SoundSide; readonly index: number }
  /** Sound began or stopped; the time is that of the first loud or silent 10 ms. */
  | { readonly kind: 'sound'; readonly side: SoundSide; readonly on: boolean }
  /** A signal connection to a LiveKit server was opened; `resume` when it goes on with an earlier one. */
  | { readonly kind: 'signalOpened'; readonly resume: boolean }
  /** The page broke its own content security policy. */
  | { readonly kind: 'cspViolation'; readonly directive: string; readonly blocked: string }
  /** An uncaught error or rejection. */
  | { readonly kind: 'pageError'; readonly message: string };

/** A happening with its time. */
export type ProbeReport = ProbeHappening & { readonly at: PageTime };

/** The name under which the harness offers its ear to the page: `(report: ProbeReport) => void`. */
export const PROBE_BINDING = 'claraProbeReport';

/** DOM event by which a page tells its link's phase; `<clara-voice>` and the harness's stock page send it. */
export const PHASE_EVENT = 'clara-phase-change';
