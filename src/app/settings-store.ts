/**
 * What the user chose for this browser. Kept in localStorage; where that is shut (private windows, blocked cookies) the
 * choice lasts as long as the page.
 */
import { Writable, type Readable } from '../core/readable.ts';

/** The colour scheme. */
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Which pipeline the agent runs; the gateway's default when it is not set. */
export const PIPELINE_CHOICES = ['parrot', 'count'] as const;

/** The settings as kept. */
export interface Settings {
  readonly theme: Theme;
  readonly pipeline: string | undefined;
}

const KEY = 'clara-voice.settings';
const DEFAULTS: Settings = { theme: 'auto', pipeline: undefined };

/** Reads what was kept; anything that is not a setting counts as its default. */
export function parseSettings(text: string | null): Settings {
  if (text === null) return DEFAULTS;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return DEFAULTS;
    const { theme, pipeline } = value as { theme?: unknown; pipeline?: unknown };
    return {
      theme: THEMES.find((known) => known === theme) ?? DEFAULTS.theme,
      pipeline: PIPELINE_CHOICES.find((known) => known === pipeline),
    };
  } catch {
    return DEFAULTS; // not JSON: written by something else
  }
}

/** The settings of this browser. */
export class SettingsStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  readonly #settings: Writable<Settings>;

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'> | undefined) {
    this.#storage = storage;
    this.#settings = new Writable(parseSettings(read(storage)));
  }

  get settings(): Readable<Settings> {
    return this.#settings;
  }

  /** Changes and keeps them. */
  change(change: Partial<Settings>): void {
    this.#settings.set({ ...this.#settings.value, ...change });
    try {
      this.#storage?.setItem(KEY, JSON.stringify(this.#settings.value));
    } catch {
      // Full or shut: the choice lasts as long as the page.
    }
  }
}

function read(storage: Pick<Storage, 'getItem'> | undefined): string | null {
  try {
    return storage?.getItem(KEY) ?? null;
  } catch {
    return null; // shut by the browser's settings
  }
}

/** This browser's storage; undefined where even asking for it is forbidden. */
export function browserStorage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}
