/**
 * The base of every comparison: a page with livekit-client as its own documentation shows it, every setting at its
 * default, and nothing of Clara Voice. It shows the SDK's connection state in words and tells each change by the same
 * DOM event as `<clara-voice>`, so that one probe measures both. It repairs nothing by itself.
 */
import { ConnectionState, DisconnectReason, Room, RoomEvent, type RemoteTrack } from 'livekit-client';
import { PHASE_EVENT } from '../../../src/shared/probe-report.ts';
import { parseTokenAnswer } from '../../../src/shared/token-endpoint.ts';

class PhaseEvent extends Event {
  readonly phase: string;
  readonly reason: string | undefined;

  constructor(phase: string, reason: string | undefined) {
    super(PHASE_EVENT, { bubbles: true });
    this.phase = phase;
    this.reason = reason;
  }
}

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
};
const [status, startButton, stopButton, sound] = ['status', 'start', 'stop', 'sound'].map(element) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
];
const query = new URLSearchParams(location.search);

function show(phase: string, reason?: string): void {
  status.textContent = reason === undefined ? phase : `${phase} (${reason})`;
  startButton.hidden = !['idle', 'ended', 'failed'].includes(phase);
  stopButton.hidden = !startButton.hidden;
  document.dispatchEvent(new PhaseEvent(phase, reason));
}

/** `connected` is shown once the microphone is published too, as joined means for Clara Voice; later ones as the SDK says. */
function watch(room: Room): void {
  let published = false;
  room.on(RoomEvent.LocalTrackPublished, () => {
    if (!published) show('connected');
    published = true;
  });
  room.on(RoomEvent.ConnectionStateChanged, (state) => {
    if (state === ConnectionState.Connected && published) show('connected');
    if (state === ConnectionState.Reconnecting) show('reconnecting');
    // A state of its own, of which the SDK says that users mostly do not notice it: an app that shows it shows a note.
    if (state === ConnectionState.SignalReconnecting) show('unstable', state);
  });
  room.on(RoomEvent.Disconnected, (reason) => {
    const name = reason === undefined ? 'NONE' : DisconnectReason[reason];
    if (reason === DisconnectReason.CLIENT_INITIATED) show('ended', name);
    else show('failed', name);
  });
  room.on(RoomEvent.TrackSubscribed, (track: RemoteTrack) => sound.append(track.attach()));
  room.on(RoomEvent.TrackUnsubscribed, (track: RemoteTrack) =>
    track.detach().forEach((player) => player.remove()),
  );
}

async function start(): Promise<Room | undefined> {
  const room = new Room();
  watch(room);
  show('connecting');
  try {
    const body = JSON.stringify({ ...(query.has('pipeline') && { pipeline: query.get('pipeline') }) });
    const answer = await fetch('/api/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}`);
    const { serverUrl, participantToken } = parseTokenAnswer(await answer.json());
    await room.connect(serverUrl, participantToken);
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    await room.localParticipant.setMicrophoneEnabled(
      true,
      query.get('audioProcessing') === 'off' ? plain : undefined,
    );
    return room;
  } catch (error) {
    // The SDK's message of a refused token holds the token: its name alone is shown.
    show('failed', error instanceof Error ? error.name : 'unknown');
    await room.disconnect();
    return undefined;
  }
}

let running: Promise<Room | undefined> | undefined;
startButton.addEventListener('click', () => {
  running = start();
});
stopButton.addEventListener('click', () => {
  running?.then((room) => room?.disconnect()).catch(reportError);
});
