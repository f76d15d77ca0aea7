/** The kinds of values that options have: how each is read from text, checked, and told to people. */
import { z } from 'zod';

/** One option: where it can be set, what it may be, what it is when nobody sets it. */
export interface Option<T> {
  readonly schema: z.ZodType<T>;
  /** Its range in words: `a whole number from 0 to 65535`. */
  readonly range: string;
  readonly default: T;
  readonly about: string;
  /** Flags and environment give texts: this makes a number or boolean of one, or leaves it for the schema to refuse. */
  readonly fromText: (text: string) => unknown;
  /** Its value is never shown. */
  readonly secret: boolean;
  /** Environment names beside CLARA_<NAME>, later ones weaker. */
  readonly otherEnv: readonly string[];
  /** Set on the command line without a value. */
  readonly isSwitch: boolean;
}

type Extra = Partial<Pick<Option<unknown>, 'secret' | 'otherEnv'>>;

function option<T>(base: Omit<Option<T>, 'secret' | 'otherEnv' | 'isSwitch'>, extra: Extra = {}): Option<T> {
  return { secret: false, otherEnv: [], isSwitch: false, ...base, ...extra };
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number, fallback: number, about: string): Option<number> {
  return option({
    schema: z.number().int().min(min).max(max),
    range: `a whole number from ${min} to ${max}`,
    default: fallback,
    about,
    fromText: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
  });
}

/** One of some words. */
export function oneOf<const T extends string>(values: readonly T[], fallback: T, about: string): Option<T> {
  const schema = z.custom<T>((value) => (values as readonly unknown[]).includes(value));
  return option({
    schema,
    range: `one of ${values.join(', ')}`,
    default: fallback,
    about,
    fromText: (text) => text,
  });
}

/** A text of a shape; empty when not set. */
export function text(
  shape: RegExp | ((value: string) => boolean),
  range: string,
  fallback: string,
  about: string,
  extra: Extra = {},
): Option<string> {
  const fits = shape instanceof RegExp ? (value: string) => shape.test(value) : shape;
  const schema = z.string().refine((value) => value === fallback || fits(value));
  return option({ schema, range, default: fallback, about, fromText: (value) => value }, extra);
}

/** Yes or no; on the command line a switch. */
export function yesOrNo(fallback: boolean, about: string): Option<boolean> {
  const words: Record<string, boolean> = {
    true: true,
    '1': true,
    yes: true,
    false: false,
    '0': false,
    no: false,
  };
  return {
    ...option({
      schema: z.boolean(),
      range: 'true or false',
      default: fallback,
      about,
      fromText: (value) => words[value.toLowerCase()] ?? value,
    }),
    isSwitch: true,
  };
}
