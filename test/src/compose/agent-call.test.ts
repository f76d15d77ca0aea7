import { expect } from 'chai';
import { agentEndpointOf, gatewayAgentCalls } from '../../../src/compose/agent-call.ts';

const never = (): AbortSignal => new AbortController().signal;

describe('asking the gateway for an agent', () => {
  it('sends the resume value and nothing else, to the folder of the token endpoint', async () => {
    const asked: { url: unknown; method: unknown; body: unknown }[] = [];
    const endpoint = agentEndpointOf('/api/token', 'https://example.org/app/') ?? '';
    const calls = gatewayAgentCalls(endpoint, (url, init) => {
      asked.push({ url, method: init?.method, body: init?.body });
      return Promise.resolve(new Response(null, { status: 204 }));
    });
    await calls.request({ resume: 'signed', roomName: 'r' }, never());
    expect(asked).to.deep.equal([
      { url: 'https://example.org/api/agent', method: 'POST', body: '{"resume":"signed"}' },
    ]);
  });

  it('asks nobody without a resume value', async () => {
    let asked = 0;
    const calls = gatewayAgentCalls('/api/agent', () => {
      asked += 1;
      return Promise.reject(new Error('asked'));
    });
    await calls.request({ roomName: 'r' }, never());
    expect(asked).to.equal(0);
  });

  it('bears a refusal and a way that is cut, and rejects only when it is aborted', async () => {
    const refused = gatewayAgentCalls('/api/agent', () =>
      Promise.resolve(new Response('no', { status: 503 })),
    );
    await refused.request({ resume: 'signed' }, never());
    const cut = gatewayAgentCalls('/api/agent', () => Promise.reject(new TypeError('failed to fetch')));
    await cut.request({ resume: 'signed' }, never());
    const stop = new AbortController();
    const reason = new Error('stopped');
    const hangs = gatewayAgentCalls(
      '/api/agent',
      (_url, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
        }),
    );
    const asking = hangs.request({ resume: 'signed' }, stop.signal);
    stop.abort(reason);
    const thrown = await asking.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).to.equal(reason);
  });
});
