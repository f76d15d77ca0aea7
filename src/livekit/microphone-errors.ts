import { SessionError, type SessionErrorCode } from '../core/errors.ts';

/** What the page knows beside the error's name. */
export interface MicrophoneFacts {
  readonly isSecureContext: boolean;
  /** Whether this page stands in a frame. */
  readonly isFramed: boolean;
  /** Whether the frame's policy lets it use a microphone; undefined where the browser does not tell. */
  readonly frameAllows: boolean | undefined;
  /** The permission after the refusal; undefined where the browser does not tell. */
  readonly permission: PermissionState | undefined;
}

/**
 * The code of what getUserMedia threw. A refusal leaves the permission at `prompt` when the question was closed
 * without an answer (Chromium, Firefox), and at `denied` when the answer was no.
 */
export function microphoneErrorCode(name: string, facts: MicrophoneFacts): SessionErrorCode {
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError': // old Chromium
      if (facts.isFramed && facts.frameAllows === false) return 'micFrameNotAllowed';
      return facts.permission === 'prompt' ? 'micDismissed' : 'micDenied';
    case 'SecurityError':
      return facts.isSecureContext ? 'micDenied' : 'micInsecurePage';
    case 'NotFoundError':
    case 'OverconstrainedError': // the chosen device is not there
      return 'micNotFound';
    case 'NotReadableError':
    case 'TrackStartError': // old Chromium
      return 'micInUse';
    case 'TypeError':
      return facts.isSecureContext ? 'micFailed' : 'micInsecurePage';
    default:
      return 'micFailed';
  }
}

/** The document's permissions policy, where the browser shows it (Chromium). */
interface PolicyDocument {
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** Reads the facts of this page. Never throws, takes at most one Permissions query. */
export async function readMicrophoneFacts(page: Window): Promise<MicrophoneFacts> {
  const policy = (page.document as PolicyDocument).featurePolicy;
  return {
    isSecureContext: page.isSecureContext,
    isFramed: page.top !== page,
    frameAllows: policy?.allowsFeature('microphone'),
    permission: await readPermission(page.navigator),
  };
}

/** The microphone's permission; undefined where the browser does not tell. */
export async function readPermission(navigator: Navigator): Promise<PermissionState | undefined> {
  try {
    const status = await navigator.permissions.query({ name: 'microphone' });
    return status.state;
  } catch {
    return undefined; // no Permissions API, or it does not know microphones
  }
}

/** The error for a code; the browser's own text may name a device and is left out. */
export function microphoneError(code: SessionErrorCode, name: string): SessionError {
  return new SessionError(code, `getUserMedia: ${/^[A-Za-z]{1,40}$/.test(name) ? name : 'unknown error'}`);
}
