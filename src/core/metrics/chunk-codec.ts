/**
 * Packs columns into bytes and back, without loss: every double comes back with the same bits, NaN as the one NaN.
 * Owns codec 1. A column is kept as whole numbers of its decimal step, as differences of first or second order,
 * whichever is shorter: a counter that grows evenly and a gauge that stands still take a byte a sample, where
 * Float32 takes four and loses counters above 2^24 (totalSamplesReceived gets there after 350 s at 48 kHz). What
 * does not fit a decimal step is kept as doubles. A column that the reader does not know is read all the same.
 *
 * Layout: rows, number of columns; for each: code, mode, [presence bits], values. All numbers are varints.
 * Mode: bits 0-1 how (0 constant, 1 first, 2 second order, 3 doubles), bit 2 presence bits follow, bits 4-7 decimals.
 */
import { columnFacts, columnNameOf } from './columns.ts';
import type { SampleTable } from './sample-table.ts';
import { ByteReader, ByteWriter } from './varint.ts';

/** The codec that {@link packTable} writes. */
export const CODEC = 1;
/** Samples in a record that is appended during a call. */
export const LIVE_SAMPLES = 10;
/** Samples in a chunk of a session that is over. */
export const CHUNK_SAMPLES = 300;
/** Most samples that a chunk may hold; more is a broken or hostile file. */
export const MAX_CHUNK_SAMPLES = 10_000;

/** Data that is no chunk of a codec we know. `message` says what and at which byte. */
export class ChunkError extends Error {
  override readonly name = 'ChunkError';
}

const CONSTANT = 0;
const FIRST_ORDER = 1;
const SECOND_ORDER = 2;
const DOUBLES = 3;
const HAS_GAPS = 4;
/** Steps up to this keep differences of second order within what a varint holds. */
const MAX_STEPS = 2 ** 49;
/** Where an unknown column's decimal step is looked for. */
const DECIMALS_TRIED = [0, 1, 2, 3, 4, 5, 6];

/** Packs a table. Throws RangeError for more than {@link MAX_CHUNK_SAMPLES} rows. */
export function packTable(table: SampleTable): Uint8Array<ArrayBuffer> {
  if (table.rows > MAX_CHUNK_SAMPLES)
    throw new RangeError(`${table.rows} samples, limit ${MAX_CHUNK_SAMPLES}`);
  const out = new ByteWriter();
  out.unsigned(table.rows);
  out.unsigned(table.columns.size);
  for (const [code, column] of table.columns) {
    out.unsigned(code);
    packColumn(out, code, column);
  }
  return out.taken();
}

/** Loops without calls and without copies: a session that ends packs all of its samples at once. */
function packColumn(out: ByteWriter, code: number, column: Float64Array): void {
  let present = column;
  let count = 0;
  for (let row = 0; row < column.length; row++) if (!Number.isNaN(column[row])) count++;
  const gaps = count < column.length ? HAS_GAPS : 0;
  if (gaps) present = column.filter((value) => !Number.isNaN(value));
  const found = stepsOf(code, present);
  if (found === undefined) {
    out.byte(DOUBLES | gaps);
    if (gaps) packPresence(out, column);
    for (const value of present) out.float64(value);
    return;
  }
  const { decimals, steps } = found;
  let firstBytes = 0;
  let secondBytes = 0;
  let isConstant = true;
  let before = 0;
  let differenceBefore = 0;
  for (let at = 0; at < count; at++) {
    const step = steps[at] ?? 0;
    const difference = at === 0 ? step : step - before;
    if (at > 0 && difference !== 0) isConstant = false;
    firstBytes += bytesOf(difference);
    secondBytes += bytesOf(at > 1 ? difference - differenceBefore : difference);
    before = step;
    differenceBefore = difference;
  }
  const order = secondBytes < firstBytes ? SECOND_ORDER : FIRST_ORDER;
  out.byte((isConstant ? CONSTANT : order) | gaps | (decimals << 4));
  if (gaps) packPresence(out, column);
  if (isConstant) {
    if (count > 0) out.signed(steps[0] ?? 0);
    return;
  }
  before = 0;
  differenceBefore = 0;
  for (let at = 0; at < count; at++) {
    const step = steps[at] ?? 0;
    const difference = at === 0 ? step : step - before;
    out.signed(order === SECOND_ORDER && at > 1 ? difference - differenceBefore : difference);
    before = step;
    differenceBefore = difference;
  }
}

/** Whole steps with the decimals with which every value comes back as it was; undefined when there are none. */
function stepsOf(
  code: number,
  present: Float64Array,
): { readonly decimals: number; readonly steps: Float64Array } | undefined {
  const name = columnNameOf(code);
  const tried = name === undefined ? DECIMALS_TRIED : [columnFacts(name).decimals];
  const steps = new Float64Array(present.length);
  for (const decimals of tried) {
    const scale = 10 ** decimals;
    let at = 0;
    for (; at < present.length; at++) {
      const value = present[at] ?? 0;
      const step = Math.round(value * scale);
      // A negative zero has no whole number, and goes to the doubles.
      if (!(step < MAX_STEPS && step > -MAX_STEPS) || step / scale !== value || Object.is(value, -0)) break;
      steps[at] = step;
    }
    if (at === present.length) return { decimals, steps };
  }
  return undefined;
}

/** Bytes of a zigzag varint. */
function bytesOf(value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 64) return 1;
  if (magnitude < 8192) return 2;
  if (magnitude < 1_048_576) return 3;
  if (magnitude < 134_217_728) return 4;
  return 1 + Math.floor(Math.log2(magnitude) / 7 + 1 / 7);
}

function packPresence(out: ByteWriter, column: Float64Array): void {
  for (let row = 0; row < column.length; row += 8) {
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) if (!Number.isNaN(column[row + bit] ?? NaN)) bits |= 1 << bit;
    out.byte(bits);
  }
}

/** Unpacks a chunk. Throws {@link ChunkError} for another codec and for data that is cut, too long or broken. */
export function unpackTable(codec: number, data: Uint8Array): SampleTable {
  if (codec !== CODEC) throw new ChunkError(`codec ${codec} is not known, only ${CODEC}`);
  try {
    return unpack(new ByteReader(data));
  } catch (error) {
    if (error instanceof RangeError) throw new ChunkError(error.message, { cause: error });
    throw error;
  }
}

function unpack(input: ByteReader): SampleTable {
  const rows = input.unsigned();
  if (rows > MAX_CHUNK_SAMPLES) throw new RangeError(`${rows} samples, limit ${MAX_CHUNK_SAMPLES}`);
  const count = input.unsigned();
  if (count > 255) throw new RangeError(`${count} columns, limit 255`);
  const columns = new Map<number, Float64Array<ArrayBuffer>>();
  for (let index = 0; index < count; index++) {
    const code = input.unsigned();
    if (code < 1 || code > 255 || columns.has(code))
      throw new RangeError(`column code ${code} before byte ${input.at} is out of range or there twice`);
    columns.set(code, unpackColumn(input, rows));
  }
  if (!input.isAtEnd) throw new RangeError(`data goes on after its end at byte ${input.at}`);
  return { rows, columns };
}

function unpackColumn(input: ByteReader, rows: number): Float64Array<ArrayBuffer> {
  const mode = input.byte();
  const how = mode & 3;
  const presence = mode & HAS_GAPS ? input.bytes(Math.ceil(rows / 8)) : undefined;
  const values = new Float64Array(presence === undefined ? rows : bitsIn(presence, rows));
  if (how === DOUBLES) for (let at = 0; at < values.length; at++) values[at] = input.float64();
  else if (how !== CONSTANT) input.signedInto(values);
  else if (values.length > 0) values.fill(input.signed());
  if (how === FIRST_ORDER) addUp(values, 1);
  else if (how === SECOND_ORDER) {
    addUp(values, 2);
    addUp(values, 1);
  }
  const scale = 10 ** (mode >> 4);
  if (how !== DOUBLES && scale !== 1)
    for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) / scale;
  return presence === undefined ? values : spread(values, presence, rows);
}

/** Undoes {@link differences}: each value from index `from` on becomes the sum of it and the one before. */
function addUp(values: Float64Array, from: number): void {
  for (let at = from; at < values.length; at++) values[at] = (values[at] ?? 0) + (values[at - 1] ?? 0);
}

function isIn(presence: Uint8Array, row: number): boolean {
  return ((presence[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
}

function bitsIn(presence: Uint8Array, rows: number): number {
  let bits = 0;
  for (let row = 0; row < rows; row++) if (isIn(presence, row)) bits++;
  return bits;
}

function spread(values: Float64Array, presence: Uint8Array, rows: number): Float64Array<ArrayBuffer> {
  const column = new Float64Array(rows).fill(NaN);
  let at = 0;
  for (let row = 0; row < rows; row++) if (isIn(presence, row)) column[row] = values[at++] ?? NaN;
  return column;
}
