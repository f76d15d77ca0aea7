import { expect } from 'chai';
import { mediaSampleOf, receivedBytesOf, type SampleFacts } from '../../../src/livekit/media-sample.ts';

const facts: SampleFacts = {
  monoMs: 5,
  signalUp: true,
  upConfirmed: false,
  microphone: { muted: false },
  agentTrackIds: new Set(['agent-track']),
};
const report = (...entries: { id: string; type: string; [name: string]: unknown }[]) =>
  new Map(entries.map((entry) => [entry.id, { timestamp: 1000, ...entry }]));

describe('a media sample', () => {
  it('reads the selected pair, our audio and the agent audio of a Chromium report', () => {
    const sample = mediaSampleOf(
      [
        report(
          { id: 'T1', type: 'transport', selectedCandidatePairId: 'CP2' },
          { id: 'CP1', type: 'candidate-pair', bytesSent: 1, bytesReceived: 1 },
          {
            id: 'CP2',
            type: 'candidate-pair',
            bytesSent: 10,
            bytesReceived: 20,
            requestsSent: 3,
            responsesReceived: 2,
            currentRoundTripTime: 0.05,
          },
          { id: 'OT1', type: 'outbound-rtp', kind: 'audio', ssrc: 7, packetsSent: 100, remoteId: 'RI1' },
          { id: 'RI1', type: 'remote-inbound-rtp', kind: 'audio', timestamp: 4242, fractionLost: 0.25 },
          {
            id: 'IT0',
            type: 'inbound-rtp',
            kind: 'audio',
            ssrc: 8,
            trackIdentifier: 'stranger',
            packetsReceived: 1,
          },
          {
            id: 'IT1',
            type: 'inbound-rtp',
            kind: 'audio',
            ssrc: 9,
            trackIdentifier: 'agent-track',
            packetsReceived: 50,
            packetsLost: 2,
            concealedSamples: 480,
            totalSamplesReceived: 48_000,
          },
        ),
      ],
      facts,
    );
    expect(sample).to.deep.equal({
      monoMs: 5,
      pairs: [
        { id: 'CP2', bytesSent: 10, bytesReceived: 20, requestsSent: 3, responsesReceived: 2, rttMs: 50 },
      ],
      up: { id: 'OT1/7', packetsSent: 100, muted: false, remoteReportMs: 4242, fractionLostRatio: 0.25 },
      down: { id: 'IT1/9', packetsReceived: 50, packetsLost: 2, concealedSamples: 480, totalSamples: 48_000 },
      signalUp: true,
    });
  });

  it('finds the pair that Firefox marks itself, and leaves out what is not known', () => {
    const sample = mediaSampleOf([report({ id: 'P', type: 'candidate-pair', selected: true })], {
      ...facts,
      signalUp: false,
    });
    expect(sample).to.deep.equal({
      monoMs: 5,
      pairs: [{ id: 'P', bytesSent: 0, bytesReceived: 0 }],
      signalUp: false,
    });
  });

  it('has the pairs of both connections, and no way up without a published microphone', () => {
    const { microphone: _none, ...withoutMicrophone } = facts;
    const one = report(
      { id: 'T', type: 'transport', selectedCandidatePairId: 'A' },
      { id: 'A', type: 'candidate-pair' },
    );
    const two = report(
      { id: 'T', type: 'transport', selectedCandidatePairId: 'B' },
      { id: 'B', type: 'candidate-pair' },
      { id: 'O', type: 'outbound-rtp', kind: 'audio', packetsSent: 1 },
      { id: 'V', type: 'inbound-rtp', kind: 'video', trackIdentifier: 'agent-track' },
    );
    const sample = mediaSampleOf([one, two], { ...withoutMicrophone, upConfirmed: true });
    expect(sample.pairs.map(({ id }) => id)).to.deep.equal(['A', 'B']);
    expect(sample).to.not.have.any.keys('up', 'down');
    expect(sample.upConfirmed).to.equal(true);
  });
});

describe('what has come over a connection', () => {
  const pairs = [
    { id: 'CP1', type: 'candidate-pair', bytesReceived: 5000 },
    { id: 'CP2', type: 'candidate-pair', selected: true, bytesReceived: 300 },
  ];

  it('counts all pairs that were taken', () => {
    const transport = { id: 'T1', type: 'transport', selectedCandidatePairId: 'CP2', bytesReceived: 5300 };
    expect(receivedBytesOf(report(transport, ...pairs))).to.equal(5300);
  });

  it('is that of the pair in use where the browser counts no more, and nothing without one', () => {
    const transport = { id: 'T1', type: 'transport', selectedCandidatePairId: 'CP2' };
    expect(receivedBytesOf(report(transport, ...pairs))).to.equal(300);
    expect(receivedBytesOf(report(...pairs))).to.equal(300);
    expect(receivedBytesOf(report(transport))).to.equal(0);
    expect(receivedBytesOf(report())).to.equal(0);
  });
});
