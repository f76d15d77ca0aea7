/**
 * What `<clara-voice>` tells the page, each a class with its own data. All bubble and cross shadow roots. None holds a
 * token; those of the transcript hold text and nothing else does.
 */
import type { SessionErrorCode } from '../core/errors.ts';
import type { KeptKind } from '../shared/recording.ts';
import type { LinkPhase, Recovery, TranscriptEntry, UnstableSide } from '../core/session/types.ts';

const OPTIONS: EventInit = { bubbles: true, composed: true };

/** The link went from one phase to another. */
export class ClaraPhaseChangeEvent extends Event {
  static readonly type = 'clara-phase-change';
  readonly phase: LinkPhase;
  readonly previous: LinkPhase;
  /**
   * The error code of `failed`, the reason of `ended`, the cut side of `unstable` and `reconnecting`, `agentMissing`
   * where nobody answers, `serverShutdown` where the server told that.
   */
  readonly reason: string | undefined;

  constructor(phase: LinkPhase, previous: LinkPhase, reason?: string) {
    super(ClaraPhaseChangeEvent.type, OPTIONS);
    this.phase = phase;
    this.previous = previous;
    this.reason = reason;
  }
}

/** A session is connected for the first time since its start. */
export class ClaraSessionStartEvent extends Event {
  static readonly type = 'clara-session-start';

  constructor() {
    super(ClaraSessionStartEvent.type, OPTIONS);
  }
}

/** A session that had been connected is over. */
export class ClaraSessionEndEvent extends Event {
  static readonly type = 'clara-session-end';
  readonly phase: 'ended' | 'failed';
  /** An end reason or an error code. */
  readonly reason: string;

  constructor(phase: 'ended' | 'failed', reason: string) {
    super(ClaraSessionEndEvent.type, OPTIONS);
    this.phase = phase;
    this.reason = reason;
  }
}

/** A line of the transcript is new or has changed. */
export class ClaraTranscriptEvent extends Event {
  static readonly type = 'clara-transcript';
  readonly entry: TranscriptEntry;

  constructor(entry: TranscriptEntry) {
    super(ClaraTranscriptEvent.type, OPTIONS);
    this.entry = entry;
  }
}

/** A written message is complete: received from the agent, or the user's own handed over. Fires once a message. */
export class ClaraMessageEvent extends Event {
  static readonly type = 'clara-message';
  readonly from: 'user' | 'agent';
  readonly text: string;
  readonly id: string;

  constructor(from: 'user' | 'agent', text: string, id: string) {
    super(ClaraMessageEvent.type, OPTIONS);
    this.from = from;
    this.text = text;
    this.id = id;
  }
}

/** Something could not be done. */
export class ClaraErrorEvent extends Event {
  static readonly type = 'clara-error';
  readonly code: SessionErrorCode | 'loadFailed' | 'notConfigured';
  /** For developers; holds no token. */
  readonly detail: string;
  /** Whether the session is over because of it. */
  readonly fatal: boolean;

  constructor(code: ClaraErrorEvent['code'], detail: string, fatal: boolean) {
    super(ClaraErrorEvent.type, OPTIONS);
    this.code = code;
    this.detail = detail;
    this.fatal = fatal;
  }
}

/** The link is back after an outage. */
export class ClaraRecoveredEvent extends Event {
  static readonly type = 'clara-recovered';
  /** How long sound was cut, ms. */
  readonly outageMs: number;
  /** False when the conversation goes on in a new room. */
  readonly sameRoom: boolean;
  /** What was cut: `up`, `down`, `both`, `signal`, or `agent` where nobody was there to answer; undefined: not known. */
  readonly side: UnstableSide | undefined;

  constructor(recovery: Recovery) {
    super(ClaraRecoveredEvent.type, OPTIONS);
    this.outageMs = recovery.outageMs;
    this.sameRoom = recovery.sameRoom;
    this.side = recovery.side;
  }
}

/**
 * The user is about to have text or sound of this session kept in this browser; `preventDefault()` keeps the switch off.
 * For pages that have to ask for more than the switch, or to note that it was turned.
 */
export class ClaraConsentEvent extends Event {
  static readonly type = 'clara-consent';
  readonly kept: KeptKind;

  constructor(kept: KeptKind) {
    super(ClaraConsentEvent.type, { ...OPTIONS, cancelable: true });
    this.kept = kept;
  }
}

declare global {
  interface HTMLElementEventMap {
    'clara-phase-change': ClaraPhaseChangeEvent;
    'clara-session-start': ClaraSessionStartEvent;
    'clara-session-end': ClaraSessionEndEvent;
    'clara-transcript': ClaraTranscriptEvent;
    'clara-message': ClaraMessageEvent;
    'clara-error': ClaraErrorEvent;
    'clara-recovered': ClaraRecoveredEvent;
    'clara-consent': ClaraConsentEvent;
  }
}
