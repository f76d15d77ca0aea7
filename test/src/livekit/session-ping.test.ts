import { expect } from 'chai';
import { AgentSession } from '@livekit/protocol';
import { decodePong, encodePing } from '../../../src/livekit/session-ping.ts';

const { AgentSessionMessage } = AgentSession;

describe('the hand-written session ping', () => {
  it("is what LiveKit's own protocol reads", () => {
    for (const requestId of ['', 'a', 'clara-17', 'x'.repeat(100)]) {
      const { message } = AgentSessionMessage.fromBinary(encodePing(requestId));
      expect(message.case).to.equal('request');
      const request = message.value as InstanceType<typeof AgentSession.SessionRequest>;
      expect(request.requestId).to.equal(requestId);
      expect(request.request.case).to.equal('ping');
    }
    expect(() => encodePing('x'.repeat(200))).to.throw(RangeError);
  });

  it("reads a pong that LiveKit's own protocol writes, and nothing else", () => {
    const bytes = (message: ConstructorParameters<typeof AgentSessionMessage>[0]) =>
      new AgentSessionMessage(message).toBinary();
    const response = (value: object) => bytes({ message: { case: 'response', value } });
    expect(decodePong(response({ requestId: 'clara-3', response: { case: 'pong', value: {} } }))).to.equal(
      'clara-3',
    );
    expect(decodePong(response({ requestId: 'clara-3', error: 'busy' }))).to.equal(undefined);
    expect(
      decodePong(response({ requestId: 'clara-3', response: { case: 'getChatHistory', value: {} } })),
    ).to.equal(undefined);
    expect(decodePong(encodePing('clara-3'))).to.equal(undefined);
    expect(decodePong(bytes({ message: { case: 'event', value: {} } }))).to.equal(undefined);
    expect(decodePong(new Uint8Array())).to.equal(undefined);
  });

  it('survives 10,000 mutations of a pong', () => {
    const good = new AgentSessionMessage({
      message: { case: 'response', value: { requestId: 'clara-3', response: { case: 'pong', value: {} } } },
    }).toBinary();
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let round = 0; round < 10_000; round++) {
      const bytes = good.slice(0, 1 + Math.floor(random() * good.length));
      for (let flips = 0; flips < 3; flips++)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const found = decodePong(bytes);
      expect(found === undefined || typeof found === 'string').to.equal(true);
    }
  });
});
