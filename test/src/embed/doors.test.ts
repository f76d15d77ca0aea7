import { expect } from 'chai';
import { ClaraVoice, type LinkPhase } from '../../../src/embed/element.ts';
import { createSession } from '../../../src/embed/session.ts';

const resources = (): string[] => performance.getEntriesByType('resource').map(({ name }) => name);

describe('the doors of the package', () => {
  it('give the class without registering a tag', () => {
    expect(customElements.get('clara-voice')).to.equal(undefined);
    expect(ClaraVoice).to.be.a('function');
  });

  it('register the tag once, and leave one that is there alone', async () => {
    await import('../../../src/embed/register.ts');
    expect(customElements.get('clara-voice')).to.equal(ClaraVoice);
    expect(document.createElement('clara-voice')).to.be.instanceOf(ClaraVoice);
  });

  it('give a session without a face, which is idle and asks nobody for anything', async () => {
    const before = resources().length;
    const session = createSession({ tokenEndpoint: '/no/token', record: false });
    expect(session.link.value).to.deep.equal({ phase: 'idle' });
    expect(
      resources()
        .slice(before)
        .filter((name) => name.includes('/no/token')),
    ).to.deep.equal([]);
    await session.dispose();
  });

  it('refuse a session without a source of tokens', () => {
    expect(() => createSession({})).to.throw(TypeError, 'tokenEndpoint');
  });
});

describe('the registered tag', () => {
  let element: ClaraVoice;
  before(() => import('../../../src/embed/register.ts'));
  beforeEach(() => {
    element = document.createElement('clara-voice');
  });
  afterEach(() => element.remove());

  it('builds its session at the first intent and starts nothing by itself', async () => {
    element.setAttribute('token-endpoint', '/no/token');
    document.body.append(element);
    expect(element.session).to.equal(undefined);
    element.dispatchEvent(new PointerEvent('pointerenter'));
    await import('../../../src/compose/compose-session.ts');
    await new Promise((resolve) => setTimeout(resolve)); // what follows the import is promises only
    expect(element.session?.link.value).to.deep.equal({ phase: 'idle' });
    expect(element.phase).to.equal('idle');
  });

  it('tells in plain words when the token endpoint is not there', async () => {
    element.setAttribute('token-endpoint', '/no/token');
    element.setAttribute('text-only', '');
    document.body.append(element);
    const phases: LinkPhase[] = [];
    element.addEventListener('clara-phase-change', (event) => phases.push(event.phase));
    await element.start();
    await element.updateComplete;
    expect(phases.at(-1)).to.equal('failed');
    expect(element.shadowRoot!.querySelector('[role=status]')!.textContent).to.equal('Failed');
    expect(element.shadowRoot!.querySelector('.headline')!.textContent).to.contain(
      'The service that starts sessions',
    );
  });

  it('says which setting is wrong', async () => {
    element.setAttribute('token-endpoint', '/no/token');
    element.setAttribute('budget', '1');
    document.body.append(element);
    const told = new Promise<string>((resolve) =>
      element.addEventListener('clara-error', (event) => resolve(`${event.code}: ${event.detail}`)),
    );
    await element.start();
    expect(await told).to.match(/^notConfigured: budgetMs is 1000; allowed/);
  });
});
