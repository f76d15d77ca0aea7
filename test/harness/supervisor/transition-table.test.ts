import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cliTransitions, voiceTransitions } from '../../../harness/supervisor/session-states.ts';
import { IllegalTransitionError, TransitionTable } from '../../../harness/supervisor/transition-table.ts';

/** Rows are from, columns are to, in the order of the header; x is legal. Written out by hand, apart from the tables. */
const VOICE = `
               connecting connected reconnecting error closed
  connecting   .          x         x            x     x
  connected    .          .         x            x     x
  reconnecting .          x         .            x     x
  error        .          .         .            .     x
  closed       .          .         .            .     .`;
const CLI = `
             running completed failed cancelled timeout recovering
  running    .       x         x      x         x       x
  completed  .       .         .      .         .       .
  failed     .       .         .      .         .       .
  cancelled  .       .         .      .         .       .
  timeout    .       .         .      .         .       .
  recovering x       .         x      x         x       .`;

function cells<S extends string>(matrix: string): { from: S; to: S; legal: boolean }[] {
  const [head = '', ...rows] = matrix.trim().split('\n');
  const columns = head.trim().split(/\s+/);
  return rows.flatMap((row) => {
    const [from = '', ...marks] = row.trim().split(/\s+/);
    assert.equal(marks.length, columns.length, row);
    return columns.map((to, index) => ({ from: from as S, to: to as S, legal: marks[index] === 'x' }));
  });
}

function checkEveryCell<S extends string>(table: TransitionTable<S>, matrix: string, count: number): void {
  const all = cells<S>(matrix);
  assert.equal(all.length, count);
  assert.deepEqual([...new Set(all.map(({ from }) => from))].sort(), [...table.states].sort());
  for (const { from, to, legal } of all) {
    assert.equal(table.allows(from, to), legal, `${from} -> ${to}`);
    if (legal) assert.equal(table.move(from, to), to);
    else {
      assert.throws(
        () => table.move(from, to, 'session s1'),
        (error: unknown) =>
          error instanceof IllegalTransitionError &&
          error.message === `session s1 cannot go from ${from} to ${to}` &&
          error.from === from &&
          error.to === to,
      );
    }
  }
}

test('voice sessions move as the table says, cell by cell', () => {
  checkEveryCell(voiceTransitions, VOICE, 25);
});

test('command-line sessions move as the table says, cell by cell', () => {
  checkEveryCell(cliTransitions, CLI, 36);
});

test('exactly the states without a way out are final', () => {
  assert.deepEqual(
    voiceTransitions.states.filter((state) => voiceTransitions.isFinal(state)),
    ['closed'],
  );
  assert.deepEqual(cliTransitions.states.filter((state) => cliTransitions.isFinal(state)).sort(), [
    'cancelled',
    'completed',
    'failed',
    'timeout',
  ]);
});

test('a table with a state that nothing leads to is refused', () => {
  assert.throws(() => new TransitionTable<'a' | 'b' | 'lost'>('a', { a: ['b'], b: [], lost: ['b'] }), /lost/);
});
