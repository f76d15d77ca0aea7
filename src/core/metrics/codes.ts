/** What the `…Code` columns count: an index into one of these lists. Lists only grow at their end. */
import { AGENT_STATES, LINK_PHASES } from '../session/types.ts';
import type { ColumnName } from './columns.ts';

/** https://www.w3.org/TR/webrtc/#rtcicecandidatetype-enum */
const CANDIDATE_TYPES = ['host', 'srflx', 'prflx', 'relay'] as const;
/** Protocol to the peer or, for a relayed candidate, to the relay. */
const PROTOCOLS = ['udp', 'tcp', 'tls'] as const;
/** https://www.w3.org/TR/webrtc/#dom-rtcicetransportstate */
const ICE_STATES = ['new', 'checking', 'connected', 'completed', 'disconnected', 'failed', 'closed'] as const;
/** https://www.w3.org/TR/webrtc/#dom-rtcdtlstransportstate */
const DTLS_STATES = ['new', 'connecting', 'connected', 'closed', 'failed'] as const;
/** LiveKit's ConnectionState. */
const LIVEKIT_STATES = [
  'disconnected',
  'connecting',
  'connected',
  'reconnecting',
  'signalReconnecting',
] as const;
/** LiveKit's ConnectionQuality. */
const LIVEKIT_QUALITIES = ['unknown', 'lost', 'poor', 'good', 'excellent'] as const;

/** The list behind each coded column. */
export const CODE_LISTS = {
  pathLocalCandidateCode: CANDIDATE_TYPES,
  pathRemoteCandidateCode: CANDIDATE_TYPES,
  pathProtocolCode: PROTOCOLS,
  pathIceStateCode: ICE_STATES,
  pathDtlsStateCode: DTLS_STATES,
  signalPhaseCode: LINK_PHASES,
  signalLiveKitStateCode: LIVEKIT_STATES,
  signalLiveKitQualityCode: LIVEKIT_QUALITIES,
  agentStateCode: AGENT_STATES,
} as const satisfies { readonly [name in ColumnName]?: readonly string[] };

/** A column that counts into a list. */
export type CodedColumn = keyof typeof CODE_LISTS;

/** The code of `word` in a column; NaN for a word the list does not have. */
export function codeOf(column: CodedColumn, word: string | undefined): number {
  const index = word === undefined ? -1 : (CODE_LISTS[column] as readonly string[]).indexOf(word);
  return index < 0 ? NaN : index;
}

/** The word behind a value; undefined for no value, and for a code of a later version. */
export function wordOf(column: CodedColumn, code: number | undefined): string | undefined {
  return code === undefined ? undefined : (CODE_LISTS[column] as readonly string[])[code];
}

/** Whether a column counts into a list. */
export function isCodedColumn(name: string): name is CodedColumn {
  return Object.hasOwn(CODE_LISTS, name);
}
