/**
 * What the page probe (harness/probe) tells the harness of a page under test, one report a happening. Facts only:
 * what they add up to is decided in harness/call and harness/chaos. Never a token; text of the page only where the
 * harness has asked for it by {@link PROBE_WISHES} (its own calls speak no text).
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
  /** A LiveKit server has let the page into a room: its JoinResponse has come. */
  | { readonly kind: 'joined' }
  /** What can be read in the page has changed; every line once, from top to bottom. Only when asked for. */
  | { readonly kind: 'shown'; readonly lines: readonly string[] }
  /** Sound on all open peer connections since the page began, packets. Only when asked for. */
  | {
      readonly kind: 'media';
      readonly sent: number;
      readonly received: number;
      /** ICE checks and consents that the other side answered: proof that a path carries both ways. */
      readonly answers: number;
    }
  /** The page broke its own content security policy. */
  | { readonly kind: 'cspViolation'; readonly directive: string; readonly blocked: string }
  /** An uncaught error or rejection. */
  | { readonly kind: 'pageError'; readonly message: string };

/** A happening with its time. */
export type ProbeReport = ProbeHappening & { readonly at: PageTime };

/** The name under which the harness offers its ear to the page: `(json: string) => void`, a {@link ProbeReport} as JSON. */
export const PROBE_BINDING = 'claraProbeReport';

/** Global of the page, set before the probe: what it shall tell beyond the usual. */
export const PROBE_WISHES = 'claraProbeWishes';
export interface ProbeWishes {
  /** Report `shown`. */
  readonly text?: boolean;
  /** Report `media`, so often, ms. */
  readonly mediaEveryMs?: number;
}

/** Global of the page: what the harness may do through the probe, and ask it. */
export const PROBE_HANDLE = 'claraProbe';
export interface ProbeHandle {
  /** Ends every open microphone as an unplugged one does: `ended`, and nothing comes any more. */
  unplugMicrophone(): void;
  /** How many microphones are open. */
  openMicrophones(): number;
  /** How many have been opened since the page began: a second one may have asked the user again. */
  openedMicrophones(): number;
  /** How many players have sound to play and play it. */
  playing(): number;
  /** Peer connections that are not closed. */
  openConnections(): number;
  /** What can be read now, line by line. */
  lines(): readonly string[];
}

/** DOM event by which a page tells its link's phase; `<clara-voice>` and the harness's stock page send it. */
export const PHASE_EVENT = 'clara-phase-change';
