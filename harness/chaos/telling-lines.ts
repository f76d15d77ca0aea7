/**
 * What the pages under test say when something is wrong: the status and notes of `<clara-voice>` in English. Data.
 * Whatever else can be read (what the agent does, the transcript, time that passes) tells nobody of a fault.
 * Stock tells by its phase alone. A test holds this list to the element's own words.
 */

/** How lines begin that tell of a problem, or of one that is over. */
const TELLING: readonly string[] = [
  'Your conversation is kept',
  'Your device is offline. It goes on by itself when the network is back.',
  'Waiting for the agent',
  'They can’t hear you at the moment.',
  'You can’t hear them at the moment.',
  'No sound either way at the moment.',
  'Checking the connection in the background.',
  'No agent answers at the moment.',
  'The network is weak. They may not hear you well.',
  'The network is weak. You may not hear them well.',
  'The network is weak. Sound may break up.',
  'Another agent has taken over. It knows your conversation.',
  'A new session has begun. The agent knows your conversation.',
  'Back after',
  'Your browser holds the sound back until you press a button.',
  'We can’t hear you. Check that your microphone is switched on and is the right one.',
  'The session is over',
  'This session was opened somewhere else, so it ended here.',
  'You were removed from the session.',
  'The session was closed by the other side.',
  'The agent has ended the session.',
  'The agent has stopped working. You can start a new session.',
  'The microphone is not allowed. Allow it for this page in your browser’s site settings, then start again.',
  'The microphone question was closed without an answer. Start again and choose “Allow”.',
  'No microphone was found. Plug one in or switch it on, then start again.',
  'The microphone is in use by another program. Close that program, then start again.',
  'The microphone works on secure pages only. Open this page with https:// and start again.',
  'This page is embedded without permission for the microphone. Open it in a tab of its own, or tell the site’s owner.',
  'The microphone was switched off or unplugged. Connect it again, then start again.',
  'The microphone could not be opened. Check it in your system’s sound settings, then start again.',
  'The service that starts sessions cannot be reached. Check your internet, then start again.',
  'The service that starts sessions did not answer in time. Please start again in a moment.',
  'You are not allowed to start a session here. Sign in again, or ask the site’s owner.',
  'Too many sessions were started in a short time. Please wait a little, then start again.',
  'The service that starts sessions has a fault. Please try again in a few minutes.',
  'The service that starts sessions gave an answer that makes no sense. Please tell the site’s owner.',
  'The voice server did not accept this session. Please start a new one.',
  'The voice server cannot be reached. Check your internet, then start again.',
  'The voice server did not answer in time. Check your internet, then start again.',
  'The voice server has a fault. Please try again in a few minutes.',
  'The session is no longer there. Please start a new one.',
  'Sound cannot get through. A firewall or VPN may block it: try another network, then start again.',
  'Connection lost. Please check your internet and try starting a new session.',
  'This session was opened somewhere else. Close it there, or start a new one here.',
  'You were removed from the session. You can start a new one.',
  'The session was closed by the other side. You can start a new one.',
  'No agent has answered. Please start a new session in a moment.',
  'A message could not be sent. Please send it again.',
  'This browser cannot run voice sessions. Please use a current Chrome, Edge, Firefox or Safari.',
  'Something went wrong on our side. Please start a new session.',
  'A part of this page could not be loaded. Check your internet, then start again.',
  'This voice session is not set up correctly. Please tell the site’s owner.',
];

/** Whether `line` tells the user of a problem. */
export function tellsOfProblem(line: string): boolean {
  return TELLING.some((text) => line.startsWith(text));
}
