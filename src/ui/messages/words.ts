/**
 * Gives the element its words: a catalogue, the page's own overrides over it, and values put into places. Owns no
 * state; another language is another catalogue of the same keys.
 */
import { en } from './en.ts';

/** The key of one text of the element. */
export type MessageKey = keyof typeof en;

/** A whole catalogue. */
export type Messages = Readonly<Record<MessageKey, string>>;

/** What a page may put over a catalogue. */
export type MessageOverrides = Readonly<Partial<Record<MessageKey, string>>>;

/** Words in one language. */
export interface Words {
  /** BCP 47 tag that numbers are written for. */
  readonly lang: string;
  /** The text of `key` with `{name}` places filled from `values`; a place without a value stays as it is. */
  readonly text: (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;
  /** `durationMs` in words, whole seconds up to a minute, then minutes and seconds. Negative counts as 0. */
  readonly duration: (durationMs: number) => string;
}

/** Words of `catalogue` with `overrides` over it. A `lang` that the browser does not know falls back to English numbers. */
export function wordsOf(lang: string, overrides: MessageOverrides = {}, catalogue: Messages = en): Words {
  const seconds = unitFormat(lang, 'second');
  const minutes = unitFormat(lang, 'minute');
  return {
    lang,
    text(key, values) {
      const text = overrides[key] ?? catalogue[key];
      return values === undefined
        ? text
        : text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
    },
    duration(durationMs) {
      const wholeS = Math.max(0, Math.round(durationMs / 1000));
      if (wholeS < 60) return seconds.format(wholeS);
      const rest = wholeS % 60;
      const whole = minutes.format(Math.floor(wholeS / 60));
      return rest === 0 ? whole : `${whole} ${seconds.format(rest)}`;
    },
  };
}

function unitFormat(lang: string, unit: 'second' | 'minute'): Intl.NumberFormat {
  const options: Intl.NumberFormatOptions = { style: 'unit', unit, unitDisplay: 'short' };
  try {
    return new Intl.NumberFormat(lang, options);
  } catch {
    return new Intl.NumberFormat('en', options); // RangeError: the page's lang is not a BCP 47 tag
  }
}
