import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cliSessions from '../../../harness/cli-sessions.ts';
import * as main from '../../../harness/index.ts';

test('the package’s main door gives the same manager and responder as the door of command-line sessions', () => {
  for (const name of ['ClaudeCliManager', 'CliResponder', 'ResponderHost'] as const) {
    assert.equal(typeof main[name], 'function');
    assert.equal(main[name], cliSessions[name]);
  }
});
