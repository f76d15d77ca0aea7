import { expect } from 'chai';
import type { RemoteTrack } from 'livekit-client';
import { PageAudio } from '../../../src/livekit/page-audio.ts';
import { RemoteAudio } from '../../../src/livekit/remote-audio.ts';

describe('the sound of agents that come and go', () => {
  const shown = (): HTMLAudioElement[] => [...document.querySelectorAll('audio')];
  const contexts: AudioContext[] = [];
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  function agentTrack(sid: string): RemoteTrack {
    const context = new AudioContext();
    contexts.push(context);
    const [mediaStreamTrack] = context.createMediaStreamDestination().stream.getAudioTracks();
    return { sid, kind: 'audio', mediaStreamTrack } as unknown as RemoteTrack;
  }

  function playing(element: HTMLAudioElement | undefined): MediaStreamTrack[] {
    return (element?.srcObject as MediaStream | null)?.getTracks() ?? [];
  }

  it('comes from one element, over as many agents and rooms as there are', () => {
    const page = new PageAudio();
    const used = new Set<HTMLAudioElement>();
    for (const room of ['one', 'two']) {
      const audio = new RemoteAudio(page, () => {});
      for (const sid of [`TR_1${room}`, `TR_2${room}`]) {
        const track = agentTrack(sid);
        audio.add(track, true);
        const [element, ...more] = shown();
        expect(more).to.deep.equal([]);
        expect(playing(element)).to.deep.equal([track.mediaStreamTrack]);
        if (element !== undefined) used.add(element);
        if (room === 'one') audio.remove(track);
        else audio.close();
        expect(shown()).to.deep.equal([]);
        expect(playing(element)).to.deep.equal([]);
        if (room === 'two') break;
      }
    }
    expect(used.size).to.equal(1);
    expect(page.meterCount).to.equal(0);
  });

  it('comes from two elements while two agents speak, and neither is lent twice', () => {
    const page = new PageAudio();
    const audio = new RemoteAudio(page, () => {});
    const [one, two, three] = [agentTrack('TR_1'), agentTrack('TR_2'), agentTrack('TR_3')];
    audio.add(one, true);
    audio.add(two, false);
    expect(shown().map((element) => playing(element)[0])).to.deep.equal([
      one.mediaStreamTrack,
      two.mediaStreamTrack,
    ]);
    audio.remove(one);
    audio.remove(one);
    audio.add(three, true);
    expect(new Set(shown().map((element) => playing(element)[0]))).to.deep.equal(
      new Set([two.mediaStreamTrack, three.mediaStreamTrack]),
    );
    audio.close();
    audio.close();
    expect(shown()).to.deep.equal([]);
    expect(page.lendElement()).to.not.equal(page.lendElement());
  });
});
