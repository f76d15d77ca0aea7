import { expect } from 'chai';
import { roomMetricsOf, type RoomMetricsFacts } from '../../../src/livekit/room-metrics.ts';
import { RoomBench } from '../../support/browser/room-bench.ts';

const facts: RoomMetricsFacts = {
  monoMs: 5,
  agentTrackIds: new Set(['agent-track']),
  signalRttMs: 12,
  connectionState: 'connected',
  connectionQuality: 'good',
};
const report = (...entries: { id: string; type: string; [name: string]: unknown }[]) =>
  new Map(entries.map((entry) => [entry.id, { timestamp: 1000, ...entry }]));

describe('a reading of a room', () => {
  it('has each value in its column, from the object that it belongs to', () => {
    const { values, keys, tracks } = roomMetricsOf(
      [
        report(
          {
            id: 'T1',
            type: 'transport',
            selectedCandidatePairId: 'CP1',
            iceState: 'connected',
            dtlsState: 'connected',
            selectedCandidatePairChanges: 2,
          },
          {
            id: 'CP1',
            type: 'candidate-pair',
            bytesSent: 10,
            bytesReceived: 20,
            currentRoundTripTime: 0.05,
            localCandidateId: 'L',
            remoteCandidateId: 'R',
          },
          { id: 'L', type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' },
          { id: 'R', type: 'remote-candidate', candidateType: 'prflx', protocol: 'udp' },
          {
            id: 'O',
            type: 'outbound-rtp',
            kind: 'audio',
            ssrc: 7,
            packetsSent: 100,
            remoteId: 'RI',
            mediaSourceId: 'S',
          },
          { id: 'RI', type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.25, roundTripTime: 0.1 },
          { id: 'S', type: 'media-source', kind: 'audio', audioLevel: 0.3 },
        ),
        report(
          { id: 'T2', type: 'transport', selectedCandidatePairId: 'CP9' },
          { id: 'CP9', type: 'candidate-pair', bytesSent: 1, bytesReceived: 200, currentRoundTripTime: 9 },
          {
            id: 'I0',
            type: 'inbound-rtp',
            kind: 'audio',
            ssrc: 8,
            trackIdentifier: 'stranger',
            packetsReceived: 1,
          },
          {
            id: 'I1',
            type: 'inbound-rtp',
            kind: 'audio',
            ssrc: 9,
            trackIdentifier: 'agent-track',
            packetsReceived: 50,
            jitter: NaN,
            playoutId: 'P',
          },
          { id: 'P', type: 'media-playout', kind: 'audio', totalPlayoutDelay: 4 },
        ),
      ],
      facts,
    );
    expect(values).to.deep.equal({
      upPacketsSent: 100,
      upFractionLostRatio: 0.25,
      upRoundTripTimeS: 0.1,
      upAudioLevelRatio: 0.3,
      pathRttS: 0.05,
      pathBytesSent: 11,
      pathBytesReceived: 220,
      pathPairSwitches: 2,
      pathLocalCandidateCode: 3,
      pathRemoteCandidateCode: 2,
      pathProtocolCode: 2,
      pathIceStateCode: 2,
      pathDtlsStateCode: 2,
      downPacketsReceived: 50,
      downTotalPlayoutDelayS: 4,
      signalPingRttMs: 12,
      signalLiveKitStateCode: 2,
      signalLiveKitQualityCode: 3,
    });
    expect(keys).to.deep.equal({ up: '0/O/7', path: '0/CP1+1/CP9', down: '1/I1/9' });
    expect(tracks).to.deep.equal([{ key: '1/I0/8', values: { downPacketsReceived: 1 } }]);
  });

  it('is empty but for the signal connection while nothing is measured', () => {
    expect(roomMetricsOf([], { ...facts, signalRttMs: 0, connectionState: 'reconnecting' })).to.deep.equal({
      monoMs: 5,
      values: { signalLiveKitStateCode: 3, signalLiveKitQualityCode: 3 },
      keys: {},
      tracks: [],
    });
  });

  describe('of a real connection', () => {
    let bench: RoomBench;
    beforeEach(() => (bench = new RoomBench()));
    afterEach(() => bench.tearDown());

    it('comes from the same reports as the sample before it, and from new ones when that is old', async () => {
      const { room } = await bench.joinWithAgent();
      const { signal } = new AbortController();
      const sample = await room.sample(signal);
      const first = await room.metrics!(signal);
      expect(first.monoMs).to.equal(sample.monoMs);
      expect(first.keys.up).to.be.a('string');
      expect(first.values.upPacketsSent).to.be.a('number');
      expect(first.values.signalLiveKitStateCode).to.equal(2);
      await new Promise((resolve) => setTimeout(resolve, 800));
      const second = await room.metrics!(signal);
      expect(second.monoMs).to.be.greaterThan(first.monoMs + 700);
      await room.close();
      await new Promise((resolve) => setTimeout(resolve, 800));
      const gone = await room.metrics!(signal).catch(() => 'nothing to be had');
      expect(gone).to.equal('nothing to be had');
    });
  });
});
