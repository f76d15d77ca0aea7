import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { PAGES, type PageName } from './router.ts';

/** What the frame around the pages shows. */
export interface ShellState {
  readonly page: PageName;
  readonly inCall: boolean;
  /** The call's phase in words, shown while another page is open. */
  readonly callStatus: string;
  readonly offline: boolean;
  readonly updateOffered: boolean;
  /** Files are being dragged over the page. */
  readonly isDraggedOver: boolean;
  /** Something that the call's page has to say; the others say it themselves. */
  readonly told: string | undefined;
}

/** What the frame may do. */
export interface ShellActions {
  readonly acceptUpdate: () => void;
  readonly dismissUpdate: () => void;
}

const ICONS: Readonly<Record<(typeof PAGES)[number]['name'], SVGTemplateResult>> = {
  talk: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>`,
  sessions: svg`<path d="M12 7.5V12l3 2M20 12a8 8 0 1 1-2.3-5.7M20 3.5v4h-4"/>`,
  settings: svg`<path d="M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9"/><circle cx="15" cy="7.5" r="2.2"/><circle cx="9" cy="16.5" r="2.2"/>`,
  about: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 7.8v.1"/>`,
};

/** Header, navigation, notices, and a place for the page. `talk` stays in the document on every page, so that its call goes on. */
export function shellTemplate(
  state: ShellState,
  talk: Element,
  page: TemplateResult | typeof nothing,
  actions: ShellActions,
): TemplateResult {
  const talking = state.page === 'talk';
  return html`<a class="skip" href="#main">Skip to the content</a>
    <header class="top">
      <a class="brand" href="/"><span class="brand-orb" aria-hidden="true"></span>Clara Voice</a>
      <nav aria-label="Pages">
        ${PAGES.map(
          ({ name, path, title }) =>
            html`<a href=${path} aria-current=${placeOf(state.page) === name ? 'page' : nothing}
              ><svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg><span>${title}</span></a
            >`,
        )}
      </nav>
    </header>
    <div class="notices">
      ${
        state.inCall && !talking
          ? html`<a class="notice call" href="/"
              ><span>In a call: ${state.callStatus}</span><span class="go">Back to the call</span></a
            >`
          : nothing
      }
      ${
        state.offline && !state.inCall
          ? html`<p class="notice" role="status">You are offline. Past sessions can still be read.</p>`
          : nothing
      }
      ${state.told === undefined ? nothing : html`<p class="notice" role="status">${state.told}</p>`}
      ${
        state.updateOffered
          ? html`<div class="notice" role="status">
              <span>A new version is ready.</span>
              <button class="action" @click=${actions.acceptUpdate}>Update now</button>
              <button class="action quiet-action" @click=${actions.dismissUpdate}>Later</button>
            </div>`
          : nothing
      }
    </div>
    <main id="main" class=${talking ? 'talk' : WIDE.includes(state.page) ? 'reading wide' : 'reading'}>
      <div class="talk-page" ?hidden=${!talking}>
        <h1 class="unseen" tabindex="-1">Talk</h1>
        ${talk}
      </div>
      ${page}
    </main>
    ${state.isDraggedOver ? html`<div class="drop" aria-hidden="true"><p>Drop a recording to look at it</p></div>` : nothing}`;
}

/** Pages with charts. */
const WIDE: readonly PageName[] = ['session', 'compare'];

/** Where the navigation stands: pages below the sessions belong to them. */
function placeOf(page: PageName): PageName {
  return page === 'session' || page === 'compare' || page === 'storage' ? 'sessions' : page;
}
