import { expect } from 'chai';
import { trustedScriptUrl } from '../../../src/app/trusted-types.ts';

describe('the Trusted Types policy', () => {
  it('lets the service worker’s address through as a trusted one', () => {
    const url: unknown = trustedScriptUrl('/sw.js');
    expect(String(url)).to.equal('/sw.js');
    expect(Object.prototype.toString.call(url)).to.equal('[object TrustedScriptURL]');
  });

  it('lets nothing else through', () => {
    for (const url of ['https://example.test/sw.js', '/other.js', 'data:text/javascript,1', ''])
      expect(() => trustedScriptUrl(url), url).to.throw(TypeError);
  });
});
