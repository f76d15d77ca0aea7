/** JSON of strangers: counted before it is parsed, and read field by field with errors that name the field. */
import { ImportError } from './import-error.ts';
import type { ImportPlace } from './import-error.ts';
import { MAX_DEPTH, MAX_JSON_VALUES } from './limits.ts';

/** A JSON object. Has no prototype tricks: a key `__proto__` is a key like any other, and nobody copies it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses `text`. Throws ImportError `tooDeep`, `tooLarge` or `badJson`; its message quotes nothing. */
export function parseGuarded(text: string, place: ImportPlace = {}): unknown {
  checkShape(text, place);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = /position (\d+)/.exec(error.message)?.[1];
    // No cause: V8 quotes the text in its message.
    throw new ImportError('badJson', `not JSON${at === undefined ? '' : `, character ${at}`}`, place);
  }
}

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

function checkShape(text: string, place: ImportPlace): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        values++;
        if (++depth > MAX_DEPTH)
          throw new ImportError('tooDeep', `nested more than ${MAX_DEPTH} deep, character ${at}`, place);
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
        values++;
        break;
    }
    if (values > MAX_JSON_VALUES)
      throw new ImportError('tooLarge', `more than ${MAX_JSON_VALUES} values`, place);
  }
}

function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  for (; end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** `value` as an object; ImportError `wrongType` or `missing`. */
export function objectOf(value: unknown, place: ImportPlace): JsonObject {
  if (value === undefined) throw new ImportError('missing', 'is missing', place);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ImportError('wrongType', `is ${kindOf(value)}, not an object`, place);
  return value as JsonObject;
}

/** `value` as a list of at most `limit`; ImportError. */
export function listOf(value: unknown, limit: number, place: ImportPlace): readonly unknown[] {
  if (value === undefined) throw new ImportError('missing', 'is missing', place);
  if (!Array.isArray(value)) throw new ImportError('wrongType', `is ${kindOf(value)}, not a list`, place);
  if (value.length > limit)
    throw new ImportError('tooLarge', `has ${value.length} entries, limit ${limit}`, place);
  return value;
}

/** `value` as a number from `min` to `max`; ImportError. */
export function numberOf(value: unknown, min: number, max: number, place: ImportPlace): number {
  if (value === undefined) throw new ImportError('missing', 'is missing', place);
  if (typeof value !== 'number')
    throw new ImportError('wrongType', `is ${kindOf(value)}, not a number`, place);
  if (!(value >= min && value <= max)) throw new ImportError('badValue', `is not ${min} to ${max}`, place);
  return value;
}

/** The same, without a fraction. */
export function wholeOf(value: unknown, min: number, max: number, place: ImportPlace): number {
  const number = numberOf(value, min, max, place);
  if (!Number.isInteger(number)) throw new ImportError('badValue', 'is not a whole number', place);
  return number;
}

/** `value` as true or false; ImportError. */
export function flagOf(value: unknown, place: ImportPlace): boolean {
  if (value === undefined) throw new ImportError('missing', 'is missing', place);
  if (typeof value !== 'boolean')
    throw new ImportError('wrongType', `is ${kindOf(value)}, not true or false`, place);
  return value;
}

/** `value` as a text of at most `limit` characters, without control characters; ImportError. */
export function textOf(value: unknown, limit: number, place: ImportPlace): string {
  const text = anyTextOf(value, limit, place);
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new ImportError('badValue', 'has control characters', place);
  return text;
}

/** The same for what people have said or written, which may have line ends. Shown as text only. */
export function anyTextOf(value: unknown, limit: number, place: ImportPlace): string {
  if (value === undefined) throw new ImportError('missing', 'is missing', place);
  if (typeof value !== 'string') throw new ImportError('wrongType', `is ${kindOf(value)}, not a text`, place);
  if (value.length > limit)
    throw new ImportError('tooLarge', `has ${value.length} characters, limit ${limit}`, place);
  return value;
}

/** `value` as an id or code: letters, digits and `._:/-`, at most 128; ImportError `badName`. */
export function nameOf(value: unknown, place: ImportPlace): string {
  const name = textOf(value, 128, place);
  if (!/^[\w.:/-]+$/.test(name)) throw new ImportError('badName', 'has characters that no name has', place);
  return name;
}

/** `value` as one of `words`; ImportError. */
export function wordIn<T extends string>(value: unknown, words: readonly T[], place: ImportPlace): T {
  const name = nameOf(value, place);
  const word = words.find((one) => one === name);
  if (word === undefined)
    throw new ImportError('badValue', 'is none of the words that may stand here', place);
  return word;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}
