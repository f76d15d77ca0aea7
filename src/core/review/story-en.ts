/** The story in English, and durations as people say them. What is told is decided in story.ts. */
import type { OutageCause } from './causes.ts';
import type { StoryLine } from './story.ts';

const CAUSES: Readonly<Record<OutageCause, string>> = {
  deviceOffline: 'this device had no network',
  pageSlept: 'the page or the computer was asleep',
  serverRestarted: 'the server restarted',
  accessRefused: 'the server refused access',
  agentGone: 'the agent had left or did not answer',
  networkChanged: 'this device changed its network',
  serverUnreachable: 'the server could not be reached',
  signalLost: 'only the control connection broke',
  oneWay: 'sound went one way only',
  pathLost: 'nothing came through the network',
};

const ENDS: Readonly<Record<string, string>> = {
  stopped: 'It was stopped by the user.',
  duplicateIdentity: 'It ended because it was opened somewhere else.',
  removed: 'It ended because the user was removed from the room.',
  roomDeleted: 'It ended because the room was closed.',
  agentEnded: 'It was ended by the agent.',
  agentFailed: 'It ended because the agent failed.',
};

/** One line as an English sentence. */
export function storyLineEn(line: StoryLine): string {
  switch (line.key) {
    case 'lasted':
      return `The session lasted ${durationEn(line.durationMs)}.`;
    case 'neverConnected':
      return `The session never connected; it was tried for ${durationEn(line.durationMs)}.`;
    case 'endedBecause':
      return ENDS[line.reason] ?? `It ended (${line.reason}).`;
    case 'failedBecause':
      return `It failed (${line.code}).`;
    case 'interrupted':
      return 'The page went away before the session ended; the last seconds may be missing.';
    case 'neverLost':
      return 'The connection was never lost.';
    case 'lostOnce':
      return `The connection was lost once, for ${durationEn(line.durationMs)}, ${clockEn(line.atMs)} into it.`;
    case 'lostOften':
      return `The connection was lost ${line.count} times, ${durationEn(line.totalMs)} in all; the longest took ${durationEn(line.longestMs)}.`;
    case 'outage':
      return outageEn(line);
    case 'audioLost':
      return `${durationEn(line.lostMs)} of the agent’s sound could not arrive.`;
    case 'audioUnbroken':
      return 'Sound went on all the time.';
    case 'audioUnknown':
      return 'What it did to sound was not measured.';
    case 'mostlyBecause':
      return `Most likely cause${line.of > 1 ? ` (${line.count} of ${line.of})` : ''}: ${CAUSES[line.cause]}${line.isTold ? '' : ', as far as can be concluded'}.`;
    case 'newRoom':
      return line.count === 1
        ? 'The room was gone once, and the conversation went on in a new one.'
        : `The room was gone ${line.count} times, and the conversation went on in a new one.`;
    case 'madeUp':
      return `${percentEn(line.ratio)} of what was heard had to be made up (${durationEn(line.durationMs)} of it audible).`;
    case 'quality':
      return `Estimated quality: MOS ${line.mos.toFixed(1)} of 4.5${partsEn(line)}.`;
    case 'worstMinute':
      return `The worst minute began at ${clockEn(line.atMs)}${line.mos === undefined ? '' : ` (MOS ${line.mos.toFixed(1)})`}.`;
    case 'answered':
      return line.count === 1
        ? `The agent’s one timed answer came after ${secondsEn(line.medianMs)}.`
        : `The agent answered after ${secondsEn(line.medianMs)} in the middle of ${line.count} turns, ${secondsEn(line.slowestMs)} at most.`;
    case 'notMeasured':
      return `Nothing was measured for ${durationEn(line.gapMs)}.`;
    case 'brokenRecords':
      return `${line.count} broken ${line.count === 1 ? 'record was' : 'records were'} left out.`;
  }
}

function outageEn(line: StoryLine & { key: 'outage' }): string {
  const back = {
    recovered: line.isRejoin ? 'came back by joining again' : 'came back',
    failed: 'did not come back',
    ended: 'the session was ended meanwhile',
    open: 'the recording ends there',
  }[line.end];
  const audio = line.audioLostMs === undefined ? '' : `; ${durationEn(line.audioLostMs)} of sound lost`;
  return `${line.number}. At ${clockEn(line.atMs)} for ${durationEn(line.durationMs)}, ${back}${audio}: ${CAUSES[line.cause]}.`;
}

function partsEn({ lossRatio, rttMs }: { readonly lossRatio?: number; readonly rttMs?: number }): string {
  const parts = [
    ...(lossRatio === undefined ? [] : [`${percentEn(lossRatio)} lost`]),
    ...(rttMs === undefined ? [] : [`${Math.round(rttMs)} ms round trip`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** A duration: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 2 min`. */
export function durationEn(durationMs: number): string {
  if (durationMs < 9950) return secondsEn(durationMs);
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}

/** A place in the session: `0:07`, `12:30`, `1:02:03`. */
export function clockEn(atMs: number): string {
  const seconds = Math.floor(Math.max(0, atMs) / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

function secondsEn(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1).replace(/\.0$/, '')} s`;
}

function percentEn(ratio: number): string {
  const percent = ratio * 100;
  return `${percent > 0 && percent < 0.1 ? 'less than 0.1' : percent.toFixed(percent < 10 ? 1 : 0).replace(/\.0$/, '')} %`;
}
