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
    people: () => Promise.resolve({ userTracks: [1], agentTracks: [1] }),
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

/** A page that has opened so many microphones and has so many open. */
function withMicrophones(opened: number, open: number): AfterwardsView {
  const evaluate = (code: string): Promise<number> =>
    Promise.resolve(code.includes('openedMicrophones') ? opened : open);
  return { ...restarted(() => undefined), page: { evaluate } as unknown as Page };
}

test('the microphone is the same when the page has opened one, and still has it', async () => {
  const { signal } = new AbortController();
  const look = async (opened: number, open: number): Promise<boolean | undefined> =>
    (await lookAfterwards(withMicrophones(opened, open), ['sameMicrophone'], signal)).sameMicrophone;
  assert.equal(await look(1, 1), true);
  assert.equal(await look(2, 1), false, 'a second one was opened');
  assert.equal(await look(1, 0), false, 'it has ended');
});

test('one user and one agent with one track each are one publication; a server that says nothing has none', async () => {
  const { signal } = new AbortController();
  const look = async (people: AfterwardsView['people']): Promise<boolean | undefined> => {
    const view = { ...restarted(() => undefined), people };
    return (await lookAfterwards(view, ['onePublication'], signal)).onePublication;
  };
  assert.equal(await look(() => Promise.resolve({ userTracks: [1], agentTracks: [1] })), true);
  for (const people of [
    { userTracks: [2], agentTracks: [1] },
    { userTracks: [1, 1], agentTracks: [1] },
    { userTracks: [1], agentTracks: [1, 1] },
    { userTracks: [1], agentTracks: [0] },
    { userTracks: [], agentTracks: [1] },
  ])
    assert.equal(await look(() => Promise.resolve(people)), false, JSON.stringify(people));
  assert.equal(await look(() => Promise.reject(new Error('no answer'))), false);
});
