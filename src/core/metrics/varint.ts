/** Whole numbers in few bytes: LEB128, seven bits a byte, low ones first; signed ones zigzag. Safe integers only. */

/** A buffer that grows while numbers are written. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** @param value 0 to 2^53 - 1 */
  unsigned(value: number): void {
    if (value < 0x80) return this.byte(value); // nearly all differences
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** @param value -2^52 to 2^52 - 1: zigzag takes one bit. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float64(value: number): void {
    this.#grow(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(values: Uint8Array): void {
    this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** A copy of what was written. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what {@link ByteWriter} wrote. Throws RangeError that names the byte where the data is cut or too large. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Index of the next byte. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new RangeError(`data is cut at byte ${this.#at}`);
    this.#at++;
    return value;
  }

  unsigned(): number {
    let value = this.byte();
    if (value < 0x80) return value; // nearly all differences
    value -= 0x80;
    let scale = 0x80;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER)
        throw new RangeError(`number before byte ${this.#at} is too large`);
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** The next signed numbers into `values`, as many as it holds. One loop without calls: reviews read millions. */
  signedInto(values: Float64Array): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < values.length; index++) {
      const byte = bytes[at] ?? 0x80; // the end is found by signed()
      if (byte < 0x80) {
        at++;
        values[index] = (byte & 1) === 1 ? -((byte + 1) >> 1) : byte >> 1;
      } else {
        this.#at = at;
        values[index] = this.signed();
        at = this.#at;
      }
    }
    this.#at = at;
  }

  float64(): number {
    const bytes = this.bytes(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  /** A view into the data, not a copy. */
  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length)
      throw new RangeError(`data is cut at byte ${this.#bytes.length}`);
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}
