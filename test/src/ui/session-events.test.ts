import { expect } from 'chai';
import type { Link, TranscriptEntry } from '../../../src/core/session/types.ts';
import { eventsForLink, eventsForTranscript, newFinalLines } from '../../../src/ui/session-events.ts';
import { transcriptLine } from '../../support/browser/fake-session.ts';

const idle: Link = { phase: 'idle' };
const connecting: Link = { phase: 'connecting', sinceMonoMs: 0, attempt: 1 };
const connected: Link = { phase: 'connected', sinceMonoMs: 1 };
const reconnecting = (attempt: number): Link => ({
  phase: 'reconnecting',
  sinceMonoMs: 2,
  side: 'both',
  by: 'sdk',
  attempt,
  offline: false,
});
const failed: Link = { phase: 'failed', problem: { code: 'budgetExhausted', detail: 'spent' } };

/** Type and own data of each event. */
const told = (events: Event[]) =>
  events.map((event) => ({ type: event.type, ...Object.fromEntries(Object.entries(event)) }));
const types = (events: Event[]) => events.map((event) => event.type);

describe('the events of a link', () => {
  it('tell a new phase with the one before', () => {
    const [event] = told(eventsForLink(connecting, idle, false));
    expect(event).to.include({ type: 'clara-phase-change', phase: 'connecting', previous: 'idle' });
  });

  it('name an agent that is missing as the reason', () => {
    const missing: Link = { phase: 'unstable', sinceMonoMs: 3, side: 'agent' };
    const [event] = told(eventsForLink(missing, connected, true));
    expect(event).to.include({ phase: 'unstable', reason: 'agentMissing' });
  });

  it('are none for a further attempt in the same phase', () => {
    expect(eventsForLink(reconnecting(2), reconnecting(1), true)).to.deep.equal([]);
  });

  it('tell the start of a session once, not after each outage', () => {
    expect(types(eventsForLink(connected, connecting, false))).to.deep.equal([
      'clara-phase-change',
      'clara-session-start',
    ]);
    expect(types(eventsForLink(connected, reconnecting(1), true))).to.deep.equal(['clara-phase-change']);
  });

  it('tell a recovery once, with how long sound was cut', () => {
    const back: Link = { ...connected, recovered: { outageMs: 5000, sameRoom: true, side: 'agent' } };
    const events = told(eventsForLink(back, reconnecting(1), true));
    expect(events.at(-1)).to.include({
      type: 'clara-recovered',
      outageMs: 5000,
      sameRoom: true,
      side: 'agent',
    });
    expect(eventsForLink({ ...back }, back, true)).to.deep.equal([]);
  });

  it('tell a failed session with its code as reason, error and end', () => {
    const events = told(eventsForLink(failed, reconnecting(9), true));
    expect(events.map(({ type }) => type)).to.deep.equal([
      'clara-phase-change',
      'clara-error',
      'clara-session-end',
    ]);
    expect(events[0]).to.include({ reason: 'budgetExhausted' });
    expect(events[1]).to.include({ code: 'budgetExhausted', fatal: true });
    expect(events[2]).to.include({ phase: 'failed', reason: 'budgetExhausted' });
  });

  it('tell no end of a session that never was connected', () => {
    expect(types(eventsForLink(failed, connecting, false))).to.deep.equal([
      'clara-phase-change',
      'clara-error',
    ]);
  });

  it('bubble and leave the shadow root', () => {
    const [event] = eventsForLink(connecting, idle, false);
    expect([event!.bubbles, event!.composed]).to.deep.equal([true, true]);
  });
});

describe('the events of a transcript', () => {
  it('tell only the lines that changed', () => {
    const [kept, before] = [
      transcriptLine({ id: 'a' }),
      transcriptLine({ id: 'b', text: 'He', final: false }),
    ];
    const after = { ...before, text: 'Hello' };
    const events = told(eventsForTranscript([kept, after], [kept, before]));
    expect(events).to.have.length(1);
    expect(events[0]).to.deep.include({ type: 'clara-transcript', entry: after });
  });

  it('tell a message of the agent once, when it is whole', () => {
    const part = transcriptLine({ kind: 'text', final: false, text: 'He' });
    const whole = { ...part, final: true, text: 'Hello' };
    expect(types(eventsForTranscript([part], []))).to.deep.equal(['clara-transcript']);
    expect(types(eventsForTranscript([whole], [part]))).to.deep.equal(['clara-transcript', 'clara-message']);
    expect(types(eventsForTranscript([{ ...whole }], [whole]))).to.deep.equal(['clara-transcript']);
  });

  it('tell the user’s own message when it was handed over', () => {
    const sending = transcriptLine({ kind: 'text', from: 'user', delivery: 'sending' });
    const sent: TranscriptEntry = { ...sending, delivery: 'sent' };
    expect(types(eventsForTranscript([sending], []))).to.deep.equal(['clara-transcript']);
    expect(types(eventsForTranscript([sent], [sending]))).to.deep.equal([
      'clara-transcript',
      'clara-message',
    ]);
  });
});

describe('the lines to announce', () => {
  it('are those that became final, without what the user typed', () => {
    const entries = [
      transcriptLine({ id: 'old' }),
      transcriptLine({ id: 'partial', final: false }),
      transcriptLine({ id: 'agent' }),
      transcriptLine({ id: 'speech', from: 'user' }),
      transcriptLine({ id: 'typed', from: 'user', kind: 'text', delivery: 'sent' }),
    ];
    expect(newFinalLines(entries, [entries[0]!]).map(({ id }) => id)).to.deep.equal(['agent', 'speech']);
  });
});
