/** Makes what keeps the text and the sound of a session; loaded when its user switches the first of them on. */
import { SessionKeeper, type KeeperParts } from '../core/keeping/keeper.ts';
import type { PageAudio } from '../livekit/page-audio.ts';
import { soundRecorder } from '../livekit/sound-recorder.ts';

/** A keeper over the page's audio. */
export function keeperOf(audio: PageAudio, parts: Omit<KeeperParts, 'sound'>): SessionKeeper {
  return new SessionKeeper({ ...parts, sound: soundRecorder(audio) });
}
