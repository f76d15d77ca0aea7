/**
 * Makes hostile input from a seed: bytes, texts, JSON and whole protobuf messages. The same seed makes the same
 * input on every machine. Names that the client knows are mixed in, so that much of it gets past the first check.
 */

/** What is needed of a message class of @livekit/protocol: its list of fields. */
export interface MessageClass<T = unknown> {
  new (fields?: never): T;
  readonly fields: { list(): readonly FieldFacts[] };
}

interface FieldFacts {
  readonly no: number;
  readonly localName: string;
  readonly kind: string;
  readonly repeated?: boolean;
  readonly oneof?:
    { readonly localName: string; readonly fields: readonly { readonly no: number }[] } | undefined;
  readonly T?: unknown;
  readonly K?: unknown;
  readonly V?: { readonly kind: string; readonly T: unknown };
}

/** Numbers of the scalar types in a descriptor: google/protobuf/descriptor.proto, FieldDescriptorProto.Type. */
const SCALAR = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  bool: 8,
  string: 9,
  bytes: 12,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};

/** Set by any script that made it out of a text. */
export const PWNED = '__claraPwned';

const MARKUP = [
  `<img src=x onerror="window.${PWNED}=1">`,
  `<script>window.${PWNED}=1</script>`,
  `<x-hostile-element onclick="window.${PWNED}=1">x</x-hostile-element>`,
  `"><svg onload=window.${PWNED}=1>`,
  `<iframe srcdoc="<script>parent.${PWNED}=1</script>"></iframe>`,
  `</p></div></template><style>*{display:none}</style>`,
  `javascript:window.${PWNED}=1`,
  '<!--',
  '${globalThis}',
  '{{constructor.constructor("1")()}}',
  '<!--?lit$123$-->',
  '?lit$000000000$',
];

const ODD = [
  '',
  ' ',
  '\0',
  '\uFEFF',
  '\u202E',
  '\u2028',
  '\uD800',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '-1',
  'NaN',
  '1e309',
  'null',
  'true',
  '[]',
  '{}',
  '%00',
  '../../etc/passwd',
  'مرحبا',
  '👩‍👩‍👧‍👦',
  'ﷺ',
  'A\u0300'.repeat(60),
];

/** Numbers at the edges of what 32 and 64 bits hold. */
const EDGES = [0, 1, 2, 3, 7, 127, 128, 255, 256, 65_535, 65_536, 0x7fff_ffff];

/** See the file's head. */
export class HostileMutator {
  #state: number;
  readonly #known: readonly string[];

  /** @param known names that make input look like the real thing. */
  constructor(seed: number, known: readonly string[]) {
    this.#state = seed >>> 0;
    this.#known = known;
  }

  /** In [0, 1). Mulberry32. */
  chance(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    return Math.floor(this.chance() * end);
  }

  pick<T>(values: readonly [T, ...T[]]): T;
  pick<T>(values: readonly T[]): T | undefined;
  pick<T>(values: readonly T[]): T | undefined {
    return values[this.below(values.length)];
  }

  /** A text: known, markup, odd, or long. */
  text(): string {
    const lot = this.chance();
    if (lot < 0.4) return this.pick(this.#known) ?? '';
    if (lot < 0.65) return this.pick(MARKUP) ?? '';
    if (lot < 0.9) return this.pick(ODD) ?? '';
    if (lot < 0.98) return `${this.text()}${this.text()}`;
    return (this.pick(MARKUP) ?? '').repeat(1 + this.below(200));
  }

  bytes(maxLength = 64): Uint8Array<ArrayBuffer> {
    if (this.chance() < 0.5) return Uint8Array.from(new TextEncoder().encode(this.text()));
    return Uint8Array.from({ length: this.below(maxLength) }, () => this.below(256));
  }

  /** `bytes` with some of them changed, cut out, doubled, or put in. */
  mutated(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    let list = [...bytes];
    for (let rounds = 1 + this.below(4); rounds > 0; rounds--) {
      const at = this.below(list.length + 1);
      const length = this.below(16);
      const lot = this.below(5);
      if (lot === 0) list = list.slice(0, at);
      else if (lot === 1) list.splice(at, length);
      else if (lot === 2) list.splice(at, 0, ...list.slice(at, at + length));
      else if (lot === 3) list.splice(at, 0, ...this.bytes(16));
      else for (let flips = 0; flips < 3; flips++) list[this.below(list.length + 1)] = this.below(256);
    }
    return Uint8Array.from(list);
  }

  /** Any JSON value, with depth up to `depth`. */
  json(depth = 3): unknown {
    const lot = this.below(depth > 0 ? 9 : 6);
    if (lot <= 2) return this.text();
    if (lot === 3) return this.pick([...EDGES, -1, 0.5, 1e300]);
    if (lot === 4) return this.pick([true, false, null]);
    if (lot === 5) return undefined;
    if (lot === 6) return Array.from({ length: this.below(4) }, () => this.json(depth - 1));
    return Object.fromEntries(
      Array.from({ length: this.below(5) }, () => [this.text(), this.json(depth - 1)]),
    );
  }

  /** An ICE candidate, or something else in its place. */
  candidate(): unknown {
    if (this.chance() < 0.4) return this.json() ?? null;
    return {
      candidate:
        this.chance() < 0.5
          ? this.text()
          : `candidate:1 1 udp 1 ${this.text()} ${this.below(70_000)} typ host`,
      sdpMid: this.pick(['0', '1', this.text(), null]),
      sdpMLineIndex: this.pick([0, 1, 99, -1, null]),
    };
  }

  /** A message of `type` whose fields hold anything that the wire can carry; with `only`, that case of its oneof. */
  message<T>(type: MessageClass<T>, only?: string, depth = 4): T {
    const fields: Record<string, unknown> = {};
    for (const field of type.fields.list()) {
      const { oneof, localName } = field;
      if (oneof !== undefined) {
        if (only === undefined ? this.chance() >= 1 / oneof.fields.length : localName !== only) continue;
      } else if (this.chance() < 0.3) continue;
      const value = this.#field(field, depth);
      if (value === undefined) continue;
      if (oneof === undefined) fields[localName] = value;
      else fields[oneof.localName] = { case: localName, value };
    }
    return new type(fields as never);
  }

  #field(field: FieldFacts, depth: number): unknown {
    const make = (): unknown => this.#value(field.kind, field.T, depth);
    if (field.kind === 'map') {
      const { V } = field;
      const entries = Array.from({ length: this.below(5) }, () => [
        field.K === SCALAR.string ? this.text() : this.pick(EDGES),
        V === undefined ? undefined : this.#value(V.kind, V.T, depth),
      ]);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown;
    }
    if (field.repeated !== true) return make();
    return Array.from({ length: this.below(4) }, make).filter((value) => value !== undefined);
  }

  #value(kind: string, type: unknown, depth: number): unknown {
    if (kind === 'message')
      return depth > 0 ? this.message(type as MessageClass, undefined, depth - 1) : undefined;
    if (kind === 'enum') return this.pick([0, 1, 2, 3, 4, 5, 9, 4711]);
    switch (type) {
      case SCALAR.string:
        return this.text();
      case SCALAR.bytes:
        return this.bytes();
      case SCALAR.bool:
        return this.chance() < 0.5;
      case SCALAR.double:
      case SCALAR.float:
        return this.pick([0, 1, -1, NaN, Infinity, -0.5]);
      case SCALAR.int64:
      case SCALAR.sint64:
      case SCALAR.sfixed64:
        return this.pick([0n, 1n, -1n, 2n ** 62n, BigInt(this.pick(EDGES) ?? 0)]);
      case SCALAR.uint64:
      case SCALAR.fixed64:
        return this.pick([0n, 1n, 2n ** 63n, BigInt(this.pick(EDGES) ?? 0)]);
      case SCALAR.int32:
      case SCALAR.sint32:
      case SCALAR.sfixed32:
        return this.pick([...EDGES, -1, -0x8000_0000]);
      default:
        return this.pick([...EDGES, 0xffff_ffff]);
    }
  }
}
