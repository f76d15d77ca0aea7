import { expect } from 'chai';
import { NEVER_CACHED } from '../../../src/sw/never-cached.ts';

const isNeverCached = (path: string): boolean => NEVER_CACHED.some((pattern) => pattern.test(path));

describe('the service worker', () => {
  for (const path of [
    '/api/token',
    '/api',
    '/api/bye',
    '/rtc/validate',
    '/rtc/v1/validate',
    '/config',
    '/healthz',
    '/readyz',
    '/metrics',
  ])
    it(`leaves ${path} to the network`, () => {
      expect(isNeverCached(path)).to.equal(true);
    });
  for (const path of ['/', '/sessions', '/settings', '/about', '/apiary', '/configure'])
    it(`answers a page load of ${path} itself`, () => {
      expect(isNeverCached(path)).to.equal(false);
    });
});
