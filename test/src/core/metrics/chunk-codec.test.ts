import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ChunkError, CODEC, packTable, unpackTable } from '../../../../src/core/metrics/chunk-codec.ts';
import { COLUMN_NAMES, COLUMNS } from '../../../../src/core/metrics/columns.ts';
import {
  chunkOf,
  compactChunks,
  SampleBuffer,
  tableOfChunks,
} from '../../../../src/core/metrics/sample-buffer.ts';
import { columnOf, samplesOf, tableOf } from '../../../../src/core/metrics/sample-table.ts';
import type { SampleTable } from '../../../../src/core/metrics/sample-table.ts';
import { callSamples } from '../../../support/core/recordings.ts';

test('no two columns share a code, and every code fits a byte', () => {
  const codes = COLUMN_NAMES.map((name) => COLUMNS[name].code);
  assert.equal(new Set(codes).size, codes.length);
  assert.ok(codes.every((code) => code >= 1 && code <= 255));
});

test('any doubles come back with the same bits, whatever the column', () => {
  const values = fc.oneof(
    fc.double(),
    fc.constantFrom(NaN, 0, -0, 1e-7, 2 ** 53, -(2 ** 53), Number.MAX_VALUE, Infinity),
    fc.maxSafeInteger(),
    fc.integer().map((value) => value / 1000),
  );
  const tables = fc.integer({ min: 0, max: 40 }).chain((rows) =>
    fc
      .uniqueArray(
        fc.tuple(fc.integer({ min: 1, max: 255 }), fc.array(values, { minLength: rows, maxLength: rows })),
        {
          selector: ([code]) => code,
          maxLength: 5,
        },
      )
      .map((columns): SampleTable => ({
        rows,
        columns: new Map(columns.map(([code, column]) => [code, Float64Array.from(column)])),
      })),
  );
  fc.assert(
    fc.property(tables, (table) => {
      const back = unpackTable(CODEC, packTable(table));
      assert.equal(back.rows, table.rows);
      assert.deepEqual([...back.columns.keys()], [...table.columns.keys()]);
      for (const [code, column] of table.columns)
        column.forEach((value, row) => assert.ok(Object.is(back.columns.get(code)?.[row], value)));
    }),
  );
});

test('broken chunks are a ChunkError and nothing else', () => {
  const data = packTable(tableOf(callSamples(30)));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(data.length - 1), (noise, cut) => {
      for (const bytes of [noise, data.slice(0, cut), Uint8Array.of(...data, 0)]) {
        try {
          unpackTable(CODEC, bytes);
          assert.notEqual(bytes.length, data.length + 1, 'data that goes on is told');
        } catch (error) {
          assert.ok(error instanceof ChunkError, String(error));
        }
      }
    }),
  );
  assert.throws(() => unpackTable(99, data), {
    name: 'ChunkError',
    message: 'codec 99 is not known, only 1',
  });
  assert.throws(() => unpackTable(CODEC, Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0)), /samples, limit 10000/);
});

test('live chunks of ten compact to chunks of 300 with the same values', () => {
  const buffer = new SampleBuffer('main');
  const live = [];
  for (const sample of callSamples(725)) {
    const chunk = buffer.add(sample);
    if (chunk !== undefined) live.push(chunk);
  }
  const rest = buffer.take();
  assert.ok(rest !== undefined);
  live.push(rest);
  assert.equal(live.length, 73);
  assert.equal(buffer.take(), undefined);
  const compact = compactChunks('main', [...live].reverse());
  assert.deepEqual(
    compact.map(({ seq, codec }) => [seq, codec]),
    [0, 1, 2].map((seq) => [seq, CODEC]),
  );
  assert.deepEqual([...samplesOf(tableOfChunks(compact))], [...samplesOf(tableOfChunks(live))]);
  assert.deepEqual([...samplesOf(tableOfChunks(live))], [...samplesOf(tableOf(callSamples(725)))]);
});

test('a column of a later version is kept through compaction', () => {
  const known = tableOf(callSamples(4));
  const later: SampleTable = {
    rows: 4,
    columns: new Map([...known.columns, [200, Float64Array.of(1, NaN, 3.5, 4)]]),
  };
  const [chunk] = compactChunks('main', [chunkOf('main', 0, later)]);
  assert.ok(chunk !== undefined);
  assert.deepEqual(tableOfChunks([chunk]).columns.get(200), Float64Array.of(1, NaN, 3.5, 4));
});

test('counters stay exact far above what a Float32 holds', () => {
  const table = tableOf([
    { atMs: 0, downTotalSamplesReceived: 172_800_001 },
    { atMs: 1000, downTotalSamplesReceived: 172_848_002 },
  ]);
  const back = unpackTable(CODEC, packTable(table));
  assert.deepEqual(columnOf(back, 'downTotalSamplesReceived'), Float64Array.of(172_800_001, 172_848_002));
});

test('a sample of a whole call takes at most 60 bytes live and 30 archived', () => {
  const samples = callSamples(600);
  let live = 0;
  for (let from = 0; from < samples.length; from += 10)
    live += packTable(tableOf(samples.slice(from, from + 10))).length;
  const archived = [0, 300].map((from) => packTable(tableOf(samples.slice(from, from + 300))));
  assert.ok(live / samples.length <= 60, `live ${live / samples.length} B`);
  const bytes = gzipSync(Buffer.concat(archived)).length;
  assert.ok(bytes / samples.length <= 30, `archived ${bytes / samples.length} B`);
});
