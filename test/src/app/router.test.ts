import { expect } from 'chai';
import { isOwnClick, pageOf, Router, routeOf } from '../../../src/app/router.ts';

describe('the page of an address', () => {
  const cases = {
    '/': 'talk',
    '/index.html': 'talk',
    '/sessions': 'sessions',
    '/sessions/': 'sessions',
    '/settings': 'settings',
    '/about': 'about',
    '/compare': 'notFound',
    '/compare/a/b': 'compare',
    '/compare/a': 'notFound',
    '/storage': 'storage',
    '/storage/x': 'notFound',
    '/sessions/%3Cb%3E': 'notFound',
    '/sessions/a/b': 'notFound',
    '/Sessions': 'notFound',
    '/sessions/42': 'session',
  };
  for (const [path, page] of Object.entries(cases))
    it(`is ${page} for ${path}`, () => {
      expect(pageOf(path)).to.equal(page);
    });
});

describe('the sessions of an address', () => {
  it('are those that it names', () => {
    expect(routeOf('/sessions/a-1').ids).to.deep.equal(['a-1']);
    expect(routeOf('/compare/a/b').ids).to.deep.equal(['a', 'b']);
    expect(routeOf('/sessions').ids).to.deep.equal([]);
  });
});

describe('a click on a link', () => {
  const link = (attributes: Record<string, string>): HTMLAnchorElement => {
    const anchor = document.createElement('a');
    for (const [name, value] of Object.entries(attributes)) anchor.setAttribute(name, value);
    return anchor;
  };
  const click = (init: MouseEventInit = {}) => new MouseEvent('click', init);
  const { origin } = location;

  it('is the router’s when it is plain and leads to a page', () => {
    expect(isOwnClick(click(), link({ href: '/about' }), origin)).to.equal(true);
  });

  it('is the browser’s with a key, another button, a target, a download, another origin or no page', () => {
    const plain = link({ href: '/about' });
    const foreign: [MouseEvent, HTMLAnchorElement][] = [
      [click({ ctrlKey: true }), plain],
      [click({ metaKey: true }), plain],
      [click({ shiftKey: true }), plain],
      [click({ altKey: true }), plain],
      [click({ button: 1 }), plain],
      [click(), link({ href: '/about', target: '_blank' })],
      [click(), link({ href: '/about', download: '' })],
      [click(), link({ href: 'https://example.test/about' })],
      [click(), link({ href: '/healthz' })],
    ];
    for (const [event, anchor] of foreign)
      expect(isOwnClick(event, anchor, origin), anchor.outerHTML).to.equal(false);
  });
});

describe('the router', () => {
  const start = location.href;
  let life: AbortController;
  beforeEach(() => {
    life = new AbortController();
    history.replaceState(null, '', '/?pipeline=count');
  });
  afterEach(() => {
    life.abort();
    history.replaceState(null, '', start);
  });

  it('goes to a page, tells it, and keeps the query', () => {
    const router = new Router(window, life.signal);
    const seen: string[] = [];
    router.route.watch(({ page }) => seen.push(page));
    router.go('/sessions');
    expect(seen).to.deep.equal(['sessions']);
    expect(location.pathname + location.search).to.equal('/sessions?pipeline=count');
  });

  it('makes no history entry for the page that is shown', () => {
    const router = new Router(window, life.signal);
    const { length } = history;
    router.go('/');
    expect(history.length).to.equal(length);
  });

  it('follows the back button', async () => {
    const router = new Router(window, life.signal);
    router.go('/about');
    const told = new Promise((resolve) => router.route.watch(({ page }) => resolve(page)));
    history.back();
    expect(await told).to.equal('talk');
  });

  it('follows a click on a link and stops when it is ended', () => {
    const router = new Router(window, life.signal);
    const anchor = document.createElement('a');
    anchor.href = '/settings';
    document.body.append(anchor);
    anchor.click();
    expect(router.route.value.page).to.equal('settings');
    life.abort();
    anchor.addEventListener('click', (event) => event.preventDefault());
    anchor.href = '/about';
    anchor.click();
    expect(router.route.value.page).to.equal('settings');
    anchor.remove();
  });
});
