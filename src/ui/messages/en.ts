/**
 * The words of the element in English, by typed key. `{name}` is a place for a value. The texts of `status.connected`,
 * `status.reconnecting`, `status.failed`, `action.start` and `problem.budgetExhausted` are fixed by the product, letter
 * for letter. Whoever adds a phase, code or reason without words for it gets a compile error here.
 */
import type { SessionErrorCode } from '../../core/errors.ts';
import type {
  AgentState,
  EndReason,
  LinkPhase,
  NetworkQuality,
  UnstableSide,
} from '../../core/session/types.ts';
import type { ContextOrigin } from '../../shared/wire.ts';

/** Keys that follow from the session's own unions, so that none can be forgotten. */
type DerivedKey =
  | `status.${LinkPhase}`
  | `headline.${Exclude<LinkPhase, 'connected' | 'unstable' | 'failed' | 'ended'>}`
  | `agent.${AgentState}`
  | `side.${UnstableSide}`
  | `loss.${UnstableSide}`
  | `handover.${ContextOrigin}`
  | `quality.${Exclude<NetworkQuality, 'good'>}`
  | `ended.${EndReason}`
  | `problem.${SessionErrorCode}`;

/** English, and the list of all keys. */
export const en = {
  'label.widget': 'Voice session',

  'status.idle': 'Ready',
  'status.requestingMic': 'Waiting for the microphone',
  'status.connecting': 'Connecting...',
  'status.connected': 'Connected',
  'status.unstable': 'Unstable',
  'status.reconnecting': 'Reconnecting...',
  'status.failed': 'Failed',
  'status.ended': 'Ended',

  'headline.idle': 'Ready when you are',
  'headline.requestingMic': 'Please allow the microphone',
  'headline.connecting': 'One moment, please',
  'headline.reconnecting': 'Your conversation is kept',
  'headline.offline': 'Your device is offline. It goes on by itself when the network is back.',
  'headline.loading': 'One moment, please',

  'agent.absent': 'Waiting for the agent',
  'agent.initializing': 'The agent is getting ready',
  'agent.idle': 'The agent is here',
  'agent.listening': 'Listening',
  'agent.thinking': 'Thinking',
  'agent.speaking': 'Speaking',

  'side.up': 'They can’t hear you at the moment.',
  'side.down': 'You can’t hear them at the moment.',
  'side.both': 'No sound either way at the moment.',
  'side.signal': 'Checking the connection in the background.',

  'side.agent': 'No agent answers at the moment.',

  'quality.weakUp': 'The network is weak. They may not hear you well.',
  'quality.weakDown': 'The network is weak. You may not hear them well.',
  'quality.weakBoth': 'The network is weak. Sound may break up.',

  'handover.handedOver': 'Another agent has taken over. It knows your conversation.',
  'handover.earlier': 'A new session has begun. The agent knows your conversation.',

  'fact.attempt': 'Attempt {attempt}',
  'fact.elapsed': '{duration} so far',
  'fact.nextTry': 'Next try in {duration}',
  'fact.trying': 'Trying now',

  'note.recovered': 'Back after {duration}.',
  'loss.up': 'What you said meanwhile may not have been heard.',
  'loss.down': 'You may have missed what was said meanwhile.',
  'loss.both': 'What was said meanwhile may not have been heard.',
  'loss.signal': 'What was said meanwhile may not have been heard.',
  'loss.agent': 'The agent was away, and did not hear what you said meanwhile.',
  'note.recoveredNewRoom': 'The conversation goes on in a new room.',
  'note.audioBlocked': 'Your browser holds the sound back until you press a button.',
  'note.muted': 'You are muted.',
  'note.micSilent': 'We can’t hear you. Check that your microphone is switched on and is the right one.',
  'note.copied': 'Transcript copied',
  'note.copyFailed': 'The transcript could not be copied. Select the text and copy it by hand.',

  'action.start': 'Start Session',
  'action.useHere': 'Use here',
  'action.stop': 'Stop',
  'action.mute': 'Mute',
  'action.unmute': 'Unmute',
  'action.retry': 'Retry now',
  'action.playAudio': 'Play audio',
  'action.send': 'Send',
  'action.resend': 'Send again',
  'action.copy': 'Copy transcript',
  'action.latest': 'Jump to the latest line',

  'action.keep.text': 'Keep the text',
  'action.keep.sound': 'Keep the sound',
  'action.stopKeeping.text': 'Stop recording text',
  'action.stopKeeping.sound': 'Stop recording sound',

  'keeping.text': 'Recording text',
  'keeping.sound': 'Recording sound',
  'keeping.full': 'As much is kept of this session as may be. Recording has stopped.',
  'keeping.unsupported': 'This browser cannot record sound.',
  'keeping.failed': 'Recording has stopped, because this browser could not store it. The call goes on.',

  'transcript.label': 'Transcript',
  'transcript.empty': 'What is said appears here.',
  'transcript.user': 'You',
  'transcript.agent': 'Agent',
  'transcript.line': '{who}: {text}',
  'transcript.sending': 'Sending',
  'transcript.sent': 'Sent',
  'transcript.failed': 'Not sent',

  'message.label': 'Message',
  'message.placeholder': 'Write a message',

  'level.user': 'You',
  'level.agent': 'Agent',

  'ended.stopped': 'The session is over',
  'ended.duplicateIdentity': 'This session was opened somewhere else, so it ended here.',
  'ended.removed': 'You were removed from the session.',
  'ended.roomDeleted': 'The session was closed by the other side.',
  'ended.agentEnded': 'The agent has ended the session.',
  'ended.agentFailed': 'The agent has stopped working. You can start a new session.',

  'problem.micDenied':
    'The microphone is not allowed. Allow it for this page in your browser’s site settings, then start again.',
  'problem.micDismissed':
    'The microphone question was closed without an answer. Start again and choose “Allow”.',
  'problem.micNotFound': 'No microphone was found. Plug one in or switch it on, then start again.',
  'problem.micInUse': 'The microphone is in use by another program. Close that program, then start again.',
  'problem.micInsecurePage':
    'The microphone works on secure pages only. Open this page with https:// and start again.',
  'problem.micFrameNotAllowed':
    'This page is embedded without permission for the microphone. Open it in a tab of its own, or tell the site’s owner.',
  'problem.micEnded': 'The microphone was switched off or unplugged. Connect it again, then start again.',
  'problem.micFailed':
    'The microphone could not be opened. Check it in your system’s sound settings, then start again.',
  'problem.tokenUnreachable':
    'The service that starts sessions cannot be reached. Check your internet, then start again.',
  'problem.tokenTimeout':
    'The service that starts sessions did not answer in time. Please start again in a moment.',
  'problem.tokenRejected':
    'You are not allowed to start a session here. Sign in again, or ask the site’s owner.',
  'problem.tokenRateLimited':
    'Too many sessions were started in a short time. Please wait a little, then start again.',
  'problem.tokenServerError':
    'The service that starts sessions has a fault. Please try again in a few minutes.',
  'problem.tokenInvalid':
    'The service that starts sessions gave an answer that makes no sense. Please tell the site’s owner.',
  'problem.joinUnauthorized': 'The voice server did not accept this session. Please start a new one.',
  'problem.joinUnreachable': 'The voice server cannot be reached. Check your internet, then start again.',
  'problem.joinTimeout': 'The voice server did not answer in time. Check your internet, then start again.',
  'problem.joinServerError': 'The voice server has a fault. Please try again in a few minutes.',
  'problem.joinRoomNotFound': 'The session is no longer there. Please start a new one.',
  'problem.mediaFailed':
    'Sound cannot get through. A firewall or VPN may block it: try another network, then start again.',
  'problem.roomDisconnected': 'Connection lost. Please check your internet and try starting a new session.',
  'problem.duplicateIdentity':
    'This session was opened somewhere else. Close it there, or start a new one here.',
  'problem.removed': 'You were removed from the session. You can start a new one.',
  'problem.roomDeleted': 'The session was closed by the other side. You can start a new one.',
  'problem.agentMissing': 'No agent has answered. Please start a new session in a moment.',
  'problem.sendFailed': 'A message could not be sent. Please send it again.',
  'problem.budgetExhausted': 'Connection lost. Please check your internet and try starting a new session.',
  'problem.unsupported':
    'This browser cannot run voice sessions. Please use a current Chrome, Edge, Firefox or Safari.',
  'problem.internal': 'Something went wrong on our side. Please start a new session.',
  'problem.loadFailed': 'A part of this page could not be loaded. Check your internet, then start again.',
  'problem.notConfigured': 'This voice session is not set up correctly. Please tell the site’s owner.',
  'problem.retryAfter': 'Try again in {duration}.',
} as const satisfies Record<DerivedKey, string> & Record<string, string>;
