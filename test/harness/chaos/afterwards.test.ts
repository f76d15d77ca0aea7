import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { PageEar } from '../../../harness/call/page-ear.ts';
import { lookAfterwards, type AfterwardsView } from '../../../harness/chaos/afterwards.ts';
import type { ProbeHappening } from '../../../src/shared/probe-report.ts';

/** A page that is connected at once after its Start button is pressed; `then` is what its agent does. */
function restarted(
  then: (view: { readonly voiceSessions: string[]; readonly speak: () => void }) => void,
): AfterwardsView {
  const ear = new PageEar();
  const hear = (happening: ProbeHappening): void =>
    ear.hear({ ...happening, at: { monoMs: performance.now(), wallMs: Date.now() } });
  const voiceSessions = ['first'];
  const click = (): Promise<void> => {
    hear({ kind: 'phase', phase: 'connected' });
    // The agent comes a moment after its user, and is heard a moment after it came.
    setImmediate(() =>
      setImmediate(() =>
        then({ voiceSessions, speak: () => hear({ kind: 'word', side: 'agent', index: 0 }) }),
      ),
    );
    return Promise.resolve();
  };
  return {
    control: { secondTabText: () => '' } as AfterwardsView['control'],
    page: { getByRole: () => ({ click }) } as unknown as Page,
    ear,
    voiceSessions,
    sessionsAtMark: ['first'],
    tokensAsked: () => 1,
  };
}

test('a conversation is resumed when the agent that then speaks is of the same session', async () => {
  const same = restarted(({ speak }) => speak());
  const { signal } = new AbortController();
  assert.deepEqual(await lookAfterwards(same, ['startWorks', 'resumeWorks'], signal), {
    startWorks: true,
    resumeWorks: true,
  });
  const other = restarted(({ voiceSessions, speak }) => {
    voiceSessions.push('second');
    speak();
  });
  assert.deepEqual(await lookAfterwards(other, ['startWorks', 'resumeWorks'], signal), {
    startWorks: true,
    resumeWorks: false,
  });
});
