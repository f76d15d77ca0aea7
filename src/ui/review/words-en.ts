/** The words of reviews, English. Keys of lines, panels, phases and facts; sentences of the summary come with the model. */
import type { ComparedFactName } from '../../core/review/compare.ts';
import type { OutageCause } from '../../core/review/causes.ts';
import type { OutageSide } from '../../core/review/outages.ts';
import type { PanelKey, SeriesKey } from '../../core/review/panels.ts';

/** Headings of the charts. */
export const PANEL_NAMES: Readonly<Record<PanelKey, string>> = {
  roundTrip: 'Round trip',
  buffer: 'Jitter and buffer',
  loss: 'Loss and concealment',
  bitrate: 'Bitrate',
  level: 'Levels',
  heard: 'Time to the answer',
};

/** Names of the lines. */
export const SERIES_NAMES: Readonly<Record<SeriesKey, string>> = {
  rtt: 'Media path',
  ping: 'Signal connection',
  jitter: 'Jitter',
  jitterBuffer: 'Jitter buffer',
  lost: 'Packets lost',
  concealed: 'Sound made up',
  down: 'From the agent',
  up: 'To the agent',
  user: 'You',
  agent: 'Agent',
  answer: 'Answer',
};

/** Phases, for the lane. */
export const PHASE_NAMES: Readonly<Record<string, string>> = {
  requestingMic: 'Asking for the microphone',
  connecting: 'Connecting',
  connected: 'Connected',
  unstable: 'Unstable',
  reconnecting: 'Reconnecting',
};

/** Causes, short. */
export const CAUSE_NAMES: Readonly<Record<OutageCause, string>> = {
  deviceOffline: 'No network on this device',
  pageSlept: 'Page or computer asleep',
  serverRestarted: 'Server restarted',
  accessRefused: 'Access refused',
  agentGone: 'Agent gone or silent',
  networkChanged: 'Network changed',
  serverUnreachable: 'Server out of reach',
  signalLost: 'Control connection only',
  oneWay: 'One way only',
  pathLost: 'Nothing came through',
};

/** Which way was cut. */
export const SIDE_NAMES: Readonly<Record<OutageSide, string>> = {
  up: 'from you',
  down: 'to you',
  both: 'both ways',
  signal: 'control only',
  agent: 'no agent',
};

/** How an outage ended. */
export const OUTAGE_ENDS = {
  recovered: 'came back',
  failed: 'did not come back',
  ended: 'session was ended',
  open: 'recording ends',
} as const;

/** Facts of a comparison. */
export const FACT_NAMES: Readonly<Record<ComparedFactName, string>> = {
  durationMs: 'Length',
  outages: 'Outages',
  outageMs: 'Time cut',
  audioLostMs: 'Sound lost',
  mos: 'Quality (MOS, estimated)',
  rttMs: 'Round trip',
  jitterMs: 'Jitter',
  bufferMs: 'Jitter buffer',
  downLossRatio: 'Packets lost',
  concealedRatio: 'Sound made up',
  heardLatencyMs: 'Time to the answer',
};
