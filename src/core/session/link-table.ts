/**
 * The link machine's table: state × event -> where it may lead; a dash is "means nothing here". The test goes
 * through it cell by cell, over examples of every state and event, and wants each listed outcome to occur and no other.
 * Events carry a generation where they belong to a room or a join; those of an older one are always a dash.
 */
import type { LinkEventType, LinkStateName } from './link-state.ts';

/** What an event may lead to. */
export type LinkOutcome = LinkStateName | '-';

type Row = Readonly<Record<LinkEventType, readonly LinkOutcome[]>>;

const NOTHING: Row = {
  start: ['-'],
  stop: ['-'],
  retryNow: ['-'],
  micOpened: ['-'],
  micFailed: ['-'],
  joined: ['-'],
  joinFailed: ['-'],
  repairing: ['-'],
  repaired: ['-'],
  roomDisconnected: ['-'],
  agentEnded: ['-'],
  media: ['-'],
  hint: ['-'],
  probed: ['-'],
  woke: ['-'],
  takenOver: ['-'],
  timeUp: ['-'],
};

/** Every cell that is more than a dash. */
export const LINK_TABLE: Readonly<Record<LinkStateName, Row>> = {
  idle: {
    ...NOTHING,
    start: ['connecting.joining', 'requestingMic'],
  },
  requestingMic: {
    ...NOTHING,
    stop: ['ended'],
    micOpened: ['connecting.joining'],
    micFailed: ['failed'],
    takenOver: ['ended'],
  },
  'connecting.joining': {
    ...NOTHING,
    stop: ['ended'],
    woke: ['connecting.joining'],
    takenOver: ['ended'],
    timeUp: ['-', 'failed'],
    joined: ['-', 'connected'],
    joinFailed: ['-', 'connecting.joining', 'connecting.waiting', 'failed'],
  },
  'connecting.waiting': {
    ...NOTHING,
    stop: ['ended'],
    retryNow: ['-', 'connecting.joining'],
    woke: ['connecting.joining'],
    takenOver: ['ended'],
    timeUp: ['-', 'connecting.joining', 'failed'],
    hint: ['-', 'connecting.joining'],
  },
  connected: {
    ...NOTHING,
    stop: ['ended'],
    woke: ['reconnecting.joining'],
    takenOver: ['ended'],
    hint: ['-', 'reconnecting.sdk'],
    repairing: ['-', 'reconnecting.sdk', 'unstable'],
    roomDisconnected: ['-', 'ended', 'failed', 'reconnecting.waiting'],
    agentEnded: ['-', 'ended'],
    media: ['-', 'reconnecting.sdk', 'unstable'],
  },
  unstable: {
    ...NOTHING,
    stop: ['ended'],
    woke: ['reconnecting.joining'],
    takenOver: ['ended'],
    timeUp: ['-', 'connected', 'reconnecting.joining', 'reconnecting.sdk'],
    hint: ['-', 'reconnecting.sdk'],
    repairing: ['-', 'reconnecting.sdk', 'unstable'],
    repaired: ['-', 'connected', 'unstable'],
    roomDisconnected: ['-', 'ended', 'reconnecting.waiting'],
    agentEnded: ['-', 'ended'],
    media: ['-', 'connected', 'reconnecting.sdk', 'unstable'],
  },
  'reconnecting.sdk': {
    ...NOTHING,
    stop: ['ended'],
    retryNow: ['reconnecting.sdk'],
    woke: ['reconnecting.joining', 'reconnecting.waiting'],
    takenOver: ['ended'],
    timeUp: ['-', 'failed', 'reconnecting.joining'],
    probed: ['-', 'reconnecting.joining', 'reconnecting.sdk'],
    hint: ['-', 'reconnecting.sdk'],
    repairing: ['-', 'reconnecting.sdk'],
    repaired: ['-', 'reconnecting.sdk'],
    roomDisconnected: ['-', 'ended', 'failed', 'reconnecting.waiting'],
    agentEnded: ['-', 'ended'],
    media: ['-', 'connected', 'reconnecting.sdk', 'unstable'],
  },
  'reconnecting.waiting': {
    ...NOTHING,
    stop: ['ended'],
    retryNow: ['-', 'reconnecting.joining', 'reconnecting.waiting'],
    woke: ['reconnecting.joining', 'reconnecting.waiting'],
    takenOver: ['ended'],
    timeUp: ['-', 'failed', 'reconnecting.joining'],
    probed: ['-', 'reconnecting.joining', 'reconnecting.waiting'],
    hint: ['-', 'reconnecting.joining', 'reconnecting.waiting'],
  },
  'reconnecting.joining': {
    ...NOTHING,
    stop: ['ended'],
    woke: ['reconnecting.joining', 'reconnecting.waiting'],
    takenOver: ['ended'],
    timeUp: ['-', 'failed', 'reconnecting.waiting'],
    hint: ['-', 'reconnecting.joining'],
    joined: ['-', 'reconnecting.proving'],
    joinFailed: ['-', 'failed', 'reconnecting.joining', 'reconnecting.waiting'],
  },
  'reconnecting.proving': {
    ...NOTHING,
    stop: ['ended'],
    woke: ['reconnecting.joining', 'reconnecting.waiting'],
    takenOver: ['ended'],
    timeUp: ['-', 'failed', 'reconnecting.waiting'],
    hint: ['-', 'reconnecting.proving'],
    roomDisconnected: ['-', 'ended', 'failed', 'reconnecting.waiting'],
    agentEnded: ['-', 'ended'],
    media: ['-', 'connected'],
  },
  failed: {
    ...NOTHING,
    start: ['connecting.joining', 'requestingMic'],
    stop: ['-', 'ended'],
    hint: ['-', 'connecting.joining', 'requestingMic'],
  },
  ended: {
    ...NOTHING,
    start: ['connecting.joining', 'requestingMic'],
  },
};
