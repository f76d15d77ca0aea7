import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellsOfProblem } from '../../../harness/chaos/telling-lines.ts';
import { en } from '../../../src/ui/messages/en.ts';

/** Told by the phase itself, part of another line, or asked for by the user. */
const NOT_ALONE = ['problem.retryAfter', 'note.muted', 'note.copied', 'note.copyFailed'];
/** Only ever stands behind `note.recovered`, in the same line. */
const BEHIND = ['note.recoveredNewRoom'];

test('every note, side and problem that the element can show tells of a problem, with or without what follows', () => {
  const telling = Object.entries(en).filter(
    ([key]) =>
      (/^(side|quality|handover|ended|problem|note)\./.test(key) || key === 'agent.absent') &&
      ![...NOT_ALONE, ...BEHIND].includes(key),
  );
  assert.ok(telling.length > 40);
  for (const [key, text] of telling) {
    const line = text.replace('{duration}', '5 sec');
    assert.ok(tellsOfProblem(line), key);
    assert.ok(tellsOfProblem(`${line} Try again in 5 sec.`), key);
  }
});

test('what the agent does, buttons, labels and time that passes tell of none', () => {
  const activity = Object.entries(en).filter(
    ([key]) =>
      /^(label|action|transcript|message|level|fact)\./.test(key) ||
      (/^agent\./.test(key) && key !== 'agent.absent') ||
      NOT_ALONE.includes(key) ||
      ['status.connected', 'status.connecting', 'headline.idle', 'headline.connecting'].includes(key),
  );
  assert.ok(activity.length > 25);
  for (const [key, text] of activity) assert.ok(!tellsOfProblem(text), key);
  assert.ok(!tellsOfProblem('0:12'));
});
