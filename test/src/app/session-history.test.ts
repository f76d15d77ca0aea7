import { expect } from 'chai';
import {
  lengthMs,
  outcomeOf,
  phaseSpans,
  readPastSessions,
  type SessionHistory,
} from '../../../src/app/session-history.ts';
import type { RecordedEvent, SessionRecord } from '../../../src/shared/records.ts';

const record: SessionRecord = {
  id: 'one',
  startedWallMs: 1_000_000,
  endedWallMs: 1_060_000,
  outcome: { phase: 'ended', reason: 'stopped' },
  pinned: false,
};
const open: SessionRecord = { id: 'two', startedWallMs: 5, pinned: false };
const phase = (atMs: number, name: string): RecordedEvent => ({ kind: 'phase', atMs, phase: name });

describe('a recorded session', () => {
  it('tells how it ended', () => {
    expect(outcomeOf(record)).to.equal('good');
    expect(outcomeOf({ ...record, outcome: { phase: 'failed', reason: 'micDenied' } })).to.equal('failed');
    expect(outcomeOf(open)).to.equal('open');
    expect(outcomeOf(open, true)).to.equal('running');
    expect(outcomeOf(record, true)).to.equal('good');
  });

  it('tells how long it was, never less than nothing', () => {
    expect(lengthMs(record)).to.equal(60_000);
    expect(lengthMs(open)).to.equal(undefined);
    expect(lengthMs({ ...record, endedWallMs: 0 })).to.equal(0); // the wall clock was set back
  });

  it('tells how long each phase lasted, without the final one and without other events', () => {
    const events: RecordedEvent[] = [
      phase(0, 'connecting'),
      phase(500, 'connected'),
      { kind: 'mute', atMs: 700, muted: true },
      phase(9_500, 'reconnecting'),
      phase(12_000, 'connected'),
      phase(60_000, 'ended'),
    ];
    expect(phaseSpans(events, 60_000)).to.deep.equal([
      { phase: 'connecting', durationMs: 500 },
      { phase: 'connected', durationMs: 9_000 },
      { phase: 'reconnecting', durationMs: 2_500 },
      { phase: 'connected', durationMs: 48_000 },
    ]);
  });

  it('leaves the last phase without a length when nobody saw its end', () => {
    expect(phaseSpans([phase(0, 'connected')], undefined)).to.deep.equal([
      { phase: 'connected', durationMs: undefined },
    ]);
  });
});

describe('reading the list', () => {
  it('lists a session whose events are damaged, without phases', async () => {
    const history: SessionHistory = {
      isPersistent: true,
      delete: async () => {},
      sessions: async () => [record, open],
      events: async (id) => {
        if (id === 'one') throw new Error('damaged');
        return [phase(0, 'connected')];
      },
    };
    const past = await readPastSessions(history, 10);
    expect(past.map(({ record: { id }, phases }) => [id, phases.length])).to.deep.equal([
      ['one', 0],
      ['two', 1],
    ]);
  });

  it('reads no more than asked', async () => {
    const read: string[] = [];
    const history: SessionHistory = {
      isPersistent: true,
      delete: async () => {},
      sessions: async () => [record, open],
      events: async (id) => {
        read.push(id);
        return [];
      },
    };
    await readPastSessions(history, 1);
    expect(read).to.deep.equal(['one']);
  });
});
