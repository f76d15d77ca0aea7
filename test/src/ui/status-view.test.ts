import { expect } from 'chai';
import { SESSION_ERROR_CODES } from '../../../src/core/errors.ts';
import {
  AGENT_STATES,
  type CutSide,
  END_REASONS,
  type Link,
  NETWORK_QUALITIES,
} from '../../../src/core/session/types.ts';
import { wordsOf } from '../../../src/ui/messages/words.ts';
import { needsClock, problemText, statusView, type StatusInput } from '../../../src/ui/status-view.ts';
import { LINKS } from '../../support/browser/fake-session.ts';

const words = wordsOf('en');
const CUT_SIDES: readonly CutSide[] = ['up', 'down', 'both', 'signal'];
const input = (change: Partial<StatusInput> = {}): StatusInput => ({
  link: { phase: 'idle' },
  agentState: 'listening',
  microphone: { status: 'live', muted: false },
  audioBlocked: false,
  quality: 'good',
  weakAs: 'good',
  handover: undefined,
  muted: false,
  loading: false,
  localProblem: undefined,
  nowMonoMs: 100_000,
  ...change,
});
const viewOf = (link: Link, change: Partial<StatusInput> = {}) =>
  statusView(input({ link, ...change }), words);

describe('the words of a phase', () => {
  const expected: Record<string, { status: string; headline: string }> = {
    idle: { status: 'Ready', headline: 'Ready when you are' },
    requestingMic: { status: 'Waiting for the microphone', headline: 'Please allow the microphone' },
    connecting: { status: 'Connecting...', headline: 'One moment, please' },
    connected: { status: 'Connected', headline: 'Listening' },
    'connected, recovered': { status: 'Connected', headline: 'Listening' },
    'unstable, up': { status: 'Unstable', headline: 'They can’t hear you at the moment.' },
    'unstable, down': { status: 'Unstable', headline: 'You can’t hear them at the moment.' },
    'unstable, agent': { status: 'Unstable', headline: 'No agent answers at the moment.' },
    'unstable, signal': { status: 'Connected', headline: 'Listening' },
    'reconnecting, waiting': { status: 'Reconnecting...', headline: 'Your conversation is kept' },
    'reconnecting, trying': { status: 'Reconnecting...', headline: 'Your conversation is kept' },
    'reconnecting, offline': {
      status: 'Reconnecting...',
      headline: 'Your device is offline. It goes on by itself when the network is back.',
    },
    failed: {
      status: 'Failed',
      headline: 'Connection lost. Please check your internet and try starting a new session.',
    },
    ended: { status: 'Ended', headline: 'The session is over' },
  };
  for (const { name, link } of LINKS)
    it(`says what "${name}" means`, () => {
      const { status, headline } = viewOf(link);
      expect({ status, headline }).to.deep.equal(expected[name]);
    });

  it('shows attempt, elapsed time and countdown as facts of their own while reconnecting', () => {
    const link = LINKS.find(({ name }) => name === 'reconnecting, waiting')!.link;
    expect(viewOf(link).facts).to.deep.equal(['Attempt 3', '12 sec so far', 'Next try in 4 sec']);
    expect(viewOf(link, { nowMonoMs: 103_000 }).facts).to.deep.equal([
      'Attempt 3',
      '15 sec so far',
      'Next try in 1 sec',
    ]);
  });

  it('never lets what ticks into the status or the announcement', () => {
    for (const { link } of LINKS) {
      const [now, later] = [viewOf(link), viewOf(link, { nowMonoMs: 101_000 })];
      expect([later.status, later.announcement]).to.deep.equal([now.status, now.announcement]);
    }
  });

  it('says that a try is under way instead of a countdown, and never counts to zero', () => {
    const link = LINKS.find(({ name }) => name === 'reconnecting, trying')!.link;
    expect(viewOf(link).facts[2]).to.equal('Trying now');
    const waiting = LINKS.find(({ name }) => name === 'reconnecting, waiting')!.link;
    expect(viewOf(waiting, { nowMonoMs: 103_500 }).facts[2]).to.equal('Next try in 1 sec');
    expect(viewOf(waiting, { nowMonoMs: 103_700 }).facts[2]).to.equal('Trying now');
  });

  it('counts the tries of a first join from the second on', () => {
    const connecting = (attempt: number): Link => ({ phase: 'connecting', sinceMonoMs: 99_000, attempt });
    expect([viewOf(connecting(1)).facts, viewOf(connecting(2)).facts]).to.deep.equal([
      [],
      ['Attempt 2', '1 sec so far'],
    ]);
  });

  it('has no countdown while the device is offline, because nothing is tried', () => {
    const link = LINKS.find(({ name }) => name === 'reconnecting, offline')!.link;
    expect(viewOf(link).facts).to.deep.equal(['Attempt 4', '1 min 15 sec so far']);
  });

  it('alarms nobody when only the control connection is gone', () => {
    const view = viewOf({ phase: 'unstable', sinceMonoMs: 99_000, side: 'signal' });
    expect([view.tone, view.status, view.announcement]).to.deep.equal(['live', 'Connected', '']);
    expect(view.notes).to.deep.equal(['Checking the connection in the background.']);
    // Nobody knows yet whether sound is whole: a server that died takes it along.
    expect(view.notes.join()).not.to.match(/sound|fine/i);
  });

  it('tells how long the outage was and what may be lost, for a while', () => {
    const link = LINKS.find(({ name }) => name === 'connected, recovered')!.link;
    const note = 'Back after 42 sec. What was said meanwhile may not have been heard.';
    expect(viewOf(link).notes).to.deep.equal([note]);
    expect(viewOf(link).announcement).to.equal(note);
    expect(viewOf(link, { nowMonoMs: 111_001 }).notes).to.deep.equal([]);
  });

  it('tells when the conversation goes on in a new room', () => {
    const back = (outageMs: number): Link => ({
      phase: 'connected',
      sinceMonoMs: 99_000,
      recovered: { outageMs, sameRoom: false },
    });
    expect(viewOf(back(5000)).notes).to.deep.equal([
      'Back after 5 sec. What was said meanwhile may not have been heard. The conversation goes on in a new room.',
    ]);
    expect(viewOf(back(400)).notes).to.deep.equal(['The conversation goes on in a new room.']);
  });

  it('says what may be lost, by what was cut', () => {
    const losses = (['up', 'down', 'both', 'agent'] as const).map((side) => {
      const recovered = { outageMs: 5000, sameRoom: true, side };
      return viewOf({ phase: 'connected', sinceMonoMs: 99_000, recovered }).notes[0];
    });
    expect(losses).to.deep.equal([
      'Back after 5 sec. What you said meanwhile may not have been heard.',
      'Back after 5 sec. You may have missed what was said meanwhile.',
      'Back after 5 sec. What was said meanwhile may not have been heard.',
      'Back after 5 sec. The agent was away, and did not hear what you said meanwhile.',
    ]);
  });

  it('tells of a weak network as a note, calmly, and only while sound is not cut', () => {
    const connected: Link = { phase: 'connected', sinceMonoMs: 0 };
    const views = NETWORK_QUALITIES.map((quality) => viewOf(connected, { quality }));
    expect(views.map(({ notes }) => notes)).to.deep.equal([
      [],
      ['The network is weak. They may not hear you well.'],
      ['The network is weak. You may not hear them well.'],
      ['The network is weak. Sound may break up.'],
    ]);
    expect(views.map(({ tone, status }) => [tone, status])).to.deep.equal(
      NETWORK_QUALITIES.map(() => ['live', 'Connected']),
    );
    for (const name of ['unstable, up', 'unstable, down', 'reconnecting, trying']) {
      const link = LINKS.find((entry) => entry.name === name)!.link;
      expect(viewOf(link, { quality: 'weakBoth' }).notes, name).to.deep.equal(viewOf(link).notes);
    }
  });

  it('says a weak network in a node of its own, in the words with which its spell began', () => {
    const connected: Link = { phase: 'connected', sinceMonoMs: 0 };
    const text = 'The network is weak. You may not hear them well.';
    const told = viewOf(connected, { quality: 'weakBoth', weakAs: 'weakDown', muted: true });
    expect(told.qualityAnnouncement).to.equal(text);
    expect(told.announcement).to.equal(viewOf(connected, { muted: true }).announcement);
    for (const { name, link } of LINKS)
      expect(viewOf(link, { weakAs: 'good' }).qualityAnnouncement, name).to.equal('');
  });

  it('says that a microphone gives nothing, and says it to a screen reader too', () => {
    const note = 'We can’t hear you. Check that your microphone is switched on and is the right one.';
    const view = viewOf(
      { phase: 'connected', sinceMonoMs: 0 },
      { microphone: { status: 'live', muted: false, silent: true } },
    );
    expect([view.notes, view.announcement]).to.deep.equal([[note], note]);
  });

  it('says for a while that another agent goes on with the conversation', () => {
    const link: Link = { phase: 'connected', sinceMonoMs: 0 };
    const told = (origin: 'handedOver' | 'earlier', nowMonoMs = 100_000) =>
      viewOf(link, { handover: { origin, atMonoMs: 99_000 }, nowMonoMs });
    expect(told('handedOver').notes).to.deep.equal([
      'Another agent has taken over. It knows your conversation.',
    ]);
    expect(told('earlier').notes).to.deep.equal([
      'A new session has begun. The agent knows your conversation.',
    ]);
    expect(told('earlier').announcement).to.equal(told('earlier').notes[0]);
    expect(told('handedOver', 111_001).notes).to.deep.equal([]);
  });

  it('says to a screen reader that nobody answers, once', () => {
    const link: Link = { phase: 'unstable', sinceMonoMs: 95_000, side: 'agent' };
    const view = viewOf(link, { agentState: 'absent' });
    expect([view.announcement, view.facts]).to.deep.equal([
      'No agent answers at the moment.',
      ['5 sec so far'],
    ]);
  });

  it('says which side is cut while reconnecting, unless the device is offline or only the signal was gone', () => {
    const reconnecting = (side: CutSide, offline = false): Link => ({
      phase: 'reconnecting',
      sinceMonoMs: 88_000,
      side,
      by: 'rejoin',
      attempt: 1,
      offline,
    });
    const notes = CUT_SIDES.map((side) => viewOf(reconnecting(side)).notes);
    expect(notes).to.deep.equal([
      ['They can’t hear you at the moment.'],
      ['You can’t hear them at the moment.'],
      ['No sound either way at the moment.'],
      [],
    ]);
    expect(viewOf(reconnecting('both')).announcement).to.equal(
      'No sound either way at the moment. Your conversation is kept',
    );
    expect(viewOf(reconnecting('both', true)).notes).to.deep.equal([]);
  });

  it('tells how long one side has been cut, without saying it again each second', () => {
    const link: Link = { phase: 'unstable', sinceMonoMs: 95_000, side: 'up' };
    expect(viewOf(link).facts).to.deep.equal(['5 sec so far']);
    expect(viewOf(link).announcement).to.equal('They can’t hear you at the moment.');
  });

  it('tells how long a first join takes once that is long', () => {
    const link: Link = { phase: 'connecting', sinceMonoMs: 95_000, attempt: 1 };
    expect(viewOf(link).facts).to.deep.equal(['5 sec so far']);
    expect(viewOf(link, { nowMonoMs: 97_000 }).facts).to.deep.equal([]);
  });

  it('asks a screen reader’s user for the microphone too, and says when the agent is gone', () => {
    expect(viewOf({ phase: 'requestingMic', sinceMonoMs: 0 }).announcement).to.equal(
      'Please allow the microphone',
    );
    const connected: Link = { phase: 'connected', sinceMonoMs: 0 };
    expect(viewOf(connected, { agentState: 'absent' }).announcement).to.equal('Waiting for the agent');
    expect(viewOf(connected, { agentState: 'thinking' }).announcement).to.equal('');
  });

  it('has words for every agent state, all different', () => {
    const link: Link = { phase: 'connected', sinceMonoMs: 0 };
    const headlines = AGENT_STATES.map((agentState) => viewOf(link, { agentState }).headline);
    expect(new Set(headlines).size).to.equal(AGENT_STATES.length);
  });

  it('has words for every reason of an end, all different', () => {
    const headlines = END_REASONS.map((reason) => viewOf({ phase: 'ended', reason }).headline);
    expect(new Set(headlines).size).to.equal(END_REASONS.length);
  });

  it('notes a microphone that was lost in the middle of a call', () => {
    const view = viewOf(
      { phase: 'connected', sinceMonoMs: 0 },
      { microphone: { status: 'failed', code: 'micEnded' } },
    );
    expect(view.notes).to.deep.equal([
      'The microphone was switched off or unplugged. Connect it again, then start again.',
    ]);
  });

  it('shows a fault of the element itself only while no session runs', () => {
    expect(viewOf({ phase: 'idle' }, { localProblem: 'loadFailed' }).status).to.equal('Failed');
    expect(
      viewOf({ phase: 'connecting', sinceMonoMs: 0, attempt: 1 }, { localProblem: 'loadFailed' }).status,
    ).to.equal('Connecting...');
  });
});

describe('the words of a problem', () => {
  it('exist for every code and say what to do', () => {
    for (const code of SESSION_ERROR_CODES) {
      const text = problemText({ code, detail: '' }, words);
      // A reason and an advice are at least two sentences.
      expect(text.match(/[.:] \S/), `${code}: ${text}`).not.to.equal(null);
    }
  });

  it('differ for every code but those of a lost connection', () => {
    const texts = SESSION_ERROR_CODES.map((code) => problemText({ code, detail: '' }, words));
    const same = SESSION_ERROR_CODES.filter((_code, index) => texts.indexOf(texts[index]!) !== index);
    expect(same).to.deep.equal(['budgetExhausted']); // the same as roomDisconnected, by the product's word
  });

  it('never show the developers’ detail', () => {
    expect(problemText({ code: 'internal', detail: 'secret detail' }, words)).not.to.contain('secret');
  });

  it('say when to try again where the other side told', () => {
    const text = problemText({ code: 'tokenRateLimited', detail: '', retryAfterMs: 30_000 }, words);
    expect(text).to.match(/Try again in 30 sec\.$/);
  });
});

describe('the need for a clock', () => {
  it('is there while something that is shown ticks, else not', () => {
    const needed = LINKS.filter(({ link }) => needsClock(link, undefined, 100_000)).map(({ name }) => name);
    expect(needed).to.deep.equal([
      'connecting',
      'connected, recovered',
      'unstable, up',
      'unstable, down',
      'unstable, agent',
      'reconnecting, waiting',
      'reconnecting, trying',
      'reconnecting, offline',
    ]);
    const connected: Link = { phase: 'connected', sinceMonoMs: 0 };
    const handover = { origin: 'handedOver', atMonoMs: 99_000 } as const;
    expect(needsClock(connected, handover, 100_000)).to.equal(true);
    expect(needsClock(connected, handover, 111_001)).to.equal(false);
  });
});
