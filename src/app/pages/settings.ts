import { html, nothing, type TemplateResult } from 'lit';
import { PIPELINE_CHOICES, THEMES, type Settings, type Theme } from '../settings-store.ts';

/** What the page may do. */
export interface SettingsActions {
  readonly change: (change: Partial<Settings>) => void;
  readonly install: () => void;
}

const THEME_NAMES: Readonly<Record<Theme, string>> = { auto: 'As the system', light: 'Light', dark: 'Dark' };
const PIPELINE_NAMES: Readonly<Record<(typeof PIPELINE_CHOICES)[number], string>> = {
  parrot: 'Parrot: says back what you said',
  count: 'Count: numbered tones, for measuring',
};

/** What can be set in this browser. */
export function settingsPage(
  settings: Settings,
  installable: boolean,
  actions: SettingsActions,
): TemplateResult {
  return html`<h1 tabindex="-1">Settings</h1>
    <p class="lead">Kept in this browser only.</p>
    <fieldset class="panel choices">
      <legend>Colours</legend>
      ${THEMES.map((theme) => choice('theme', THEME_NAMES[theme], settings.theme === theme, () => actions.change({ theme })))}
    </fieldset>
    <fieldset class="panel choices">
      <legend>Agent</legend>
      ${choice('pipeline', 'As the server says', settings.pipeline === undefined, () => actions.change({ pipeline: undefined }))}
      ${PIPELINE_CHOICES.map((pipeline) =>
        choice('pipeline', PIPELINE_NAMES[pipeline], settings.pipeline === pipeline, () =>
          actions.change({ pipeline }),
        ),
      )}
      <p class="quiet">Counts from the next session on.</p>
    </fieldset>
    ${
      installable
        ? html`<div class="panel">
            <h2>App</h2>
            <p>Install Clara Voice to open it like any other app, also offline.</p>
            <button class="action" @click=${actions.install}>Install</button>
          </div>`
        : nothing
    }`;
}

function choice(group: string, name: string, checked: boolean, choose: () => void): TemplateResult {
  return html`<label class="choice">
    <input type="radio" name=${group} .checked=${checked} @change=${choose} /><span>${name}</span>
  </label>`;
}
