import { ClaraVoiceElement } from '../../../src/ui/clara-voice-element.ts';
import { FakeSession } from './fake-session.ts';

const TAG = 'clara-voice-under-test';
if (customElements.get(TAG) === undefined) customElements.define(TAG, class extends ClaraVoiceElement {});

/** An element in the document with a fake session, and short ways to what a person sees. */
export class Mounted {
  readonly element: ClaraVoiceElement;
  readonly session: FakeSession;

  constructor(element: ClaraVoiceElement, session: FakeSession) {
    this.element = element;
    this.session = session;
  }

  get root(): ShadowRoot {
    const { shadowRoot } = this.element;
    if (shadowRoot === null) throw new Error('not rendered yet');
    return shadowRoot;
  }

  /** Waits until what was set is drawn. */
  async drawn(): Promise<void> {
    while (!(await this.element.updateComplete)) continue;
  }

  /** The text of the first match, without space at its ends; undefined when there is none. */
  text(selector: string): string | undefined {
    return this.root.querySelector(selector)?.textContent?.trim();
  }

  /** The names of all buttons, in order. */
  get buttons(): string[] {
    return [...this.root.querySelectorAll('button')].map(nameOf);
  }

  /** The button with this name. Throws when there is none. */
  button(name: string): HTMLButtonElement {
    const found = [...this.root.querySelectorAll('button')].find((button) => nameOf(button) === name);
    if (found === undefined) throw new Error(`no button "${name}" among ${this.buttons.join(', ')}`);
    return found;
  }
}

function nameOf(button: HTMLButtonElement): string {
  return button.getAttribute('aria-label') ?? button.textContent?.trim() ?? '';
}

const mounted: Element[] = [];

/** Puts an element with a fake session into the document. */
export async function mount(attributes: Readonly<Record<string, string>> = {}): Promise<Mounted> {
  const element = document.createElement(TAG) as ClaraVoiceElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  const session = new FakeSession();
  element.session = session;
  document.body.append(element);
  mounted.push(element);
  const page = new Mounted(element, session);
  await page.drawn();
  return page;
}

/** Takes all of this file's elements out of the document; for `afterEach`. */
export function unmountAll(): void {
  for (const element of mounted.splice(0)) element.remove();
}
