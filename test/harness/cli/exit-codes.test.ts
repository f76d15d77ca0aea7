import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { exitCodeOf, messageOf } from '../../../harness/cli/exit-codes.ts';
import { UsageError } from '../../../harness/config/usage-error.ts';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';

test('each kind of error has its exit code', () => {
  assert.equal(exitCodeOf(new CommanderError(0, 'commander.helpDisplayed', '')), 0);
  assert.equal(exitCodeOf(new CommanderError(1, 'commander.unknownOption', '')), 2);
  assert.equal(exitCodeOf(new UsageError('x')), 2);
  assert.equal(exitCodeOf(new PartMissingError('a', 'b', [], 'c')), 3);
  assert.equal(exitCodeOf(new Error('x')), 1);
  assert.equal(exitCodeOf('thrown text'), 1);
});

test('the message has the causes, no stack and no token', () => {
  const error = new Error('cannot join', { cause: new Error('401 eyJhbGciOi.eyJleHAiOjE.c2lnbmF0dXJl') });
  assert.equal(messageOf(error), 'clara: cannot join: 401 <token>');
});

test('nothing is said where commander has spoken already', () => {
  assert.equal(messageOf(new CommanderError(1, 'commander.unknownOption', 'x')), '');
});
