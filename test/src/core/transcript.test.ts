import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_LINE_CHARS, withDelivery, withLine } from '../../../src/core/session/transcript.ts';
import type { TranscriptEntry } from '../../../src/core/session/types.ts';

function line(change: Partial<TranscriptEntry> = {}): TranscriptEntry {
  return { id: 's1', from: 'agent', kind: 'speech', text: 'hello', final: false, wallMs: 1000, ...change };
}

test('a segment grows in place and keeps the time at which it began', () => {
  let lines = withLine([], line({ text: 'hel' }));
  lines = withLine(lines, line({ text: 'hello', wallMs: 2000 }));
  lines = withLine(lines, line({ text: 'hello there', final: true, wallMs: 3000 }));
  assert.deepEqual(lines, [line({ text: 'hello there', final: true })]);
});

test('a late part of a segment does not undo its final text, a later final does replace it', () => {
  const final = withLine([], line({ text: 'all of it', final: true }));
  assert.equal(withLine(final, line({ text: 'all' })), final);
  assert.equal(withLine(final, line({ text: 'all of it.', final: true }))[0]?.text, 'all of it.');
});

test('an empty final confirms what was said', () => {
  const lines = withLine(withLine([], line({ text: 'said' })), line({ text: '', final: true }));
  assert.deepEqual(lines, [line({ text: 'said', final: true })]);
});

test('a stream that never says anything is no line', () => {
  assert.deepEqual(withLine([], line({ text: '', final: true })), []);
});

test('an agent cannot overwrite what the user said by using the same id', () => {
  const lines = withLine(withLine([], line({ from: 'user', text: 'mine' })), line({ text: 'theirs' }));
  assert.deepEqual(
    lines.map((each) => each.text),
    ['mine', 'theirs'],
  );
});

test('the same line again changes nothing', () => {
  const lines = withLine([], line());
  assert.equal(withLine(lines, line({ wallMs: 9999 })), lines);
});

test('a megabyte of text is cut, never through the middle of a character', () => {
  const long = withLine([], line({ text: '😀'.repeat(500_000) }))[0]?.text ?? '';
  assert.ok(long.length <= MAX_LINE_CHARS);
  assert.ok(long.endsWith('😀…'));
});

test('older lines go when there are too many', () => {
  let lines: readonly TranscriptEntry[] = [];
  for (let index = 0; index < 2100; index += 1) lines = withLine(lines, line({ id: `s${index}` }));
  assert.equal(lines.length, 2000);
  assert.equal(lines[0]?.id, 's100');
});

test('delivery is set on the own message only, and an echo of it does not lose it', () => {
  const own = line({ id: 'm1', from: 'user', kind: 'text', final: true, delivery: 'sending' });
  let lines = withLine([], own);
  assert.equal(withDelivery(lines, 'other', 'sent'), lines);
  lines = withDelivery(lines, 'm1', 'sent');
  assert.equal(lines[0]?.delivery, 'sent');
  const { delivery: _delivery, ...echo } = own;
  assert.equal(withLine(lines, echo), lines);
  assert.equal(withLine(lines, { ...echo, text: 'hello!' })[0]?.delivery, 'sent');
});

test('whatever comes in, the list stays short, its ids unique, and what was final stays final', () => {
  const anyLine = fc.record({
    id: fc.oneof(
      fc.constantFrom('a', 'b', 'c'),
      fc.string({ unit: 'binary' }),
      fc.constant('x'.repeat(10_000)),
    ),
    from: fc.constantFrom('user' as const, 'agent' as const),
    kind: fc.constantFrom('speech' as const, 'text' as const),
    text: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('<img src=x onerror=alert(1)>'.repeat(2000))),
    final: fc.boolean(),
    wallMs: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 60 }), (incoming) => {
      let lines: readonly TranscriptEntry[] = [];
      for (const each of incoming) {
        const before = lines;
        lines = withLine(lines, each, 20);
        const keys = lines.map((one) => JSON.stringify([one.id, one.from, one.kind]));
        assert.equal(new Set(keys).size, keys.length);
        assert.ok(lines.length <= 20);
        for (const one of lines) assert.ok(one.text.length <= MAX_LINE_CHARS && one.id.length <= 200);
        for (const [index, one] of before.entries())
          if (one.final && lines.length === before.length && lines[index]?.id === one.id)
            assert.ok(lines[index].final);
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});
