import { expect } from 'chai';
import { en } from '../../../src/ui/messages/en.ts';
import { wordsOf } from '../../../src/ui/messages/words.ts';

describe('words', () => {
  it('keep the texts of the product letter for letter', () => {
    expect(en['status.connected']).to.equal('Connected');
    expect(en['status.reconnecting']).to.equal('Reconnecting...');
    expect(en['status.failed']).to.equal('Failed');
    expect(en['action.start']).to.equal('Start Session');
    expect(en['problem.budgetExhausted']).to.equal(
      'Connection lost. Please check your internet and try starting a new session.',
    );
  });

  it('put values into their places and leave a place without a value', () => {
    const words = wordsOf('en', { 'fact.attempt': 'No. {attempt} of {all}' });
    expect(words.text('fact.attempt', { attempt: 3 })).to.equal('No. 3 of {all}');
  });

  it('do not read a value as a pattern', () => {
    expect(wordsOf('en').text('transcript.line', { who: 'You', text: '$& {who}' })).to.equal('You: $& {who}');
  });

  it('prefer the page’s own texts', () => {
    const words = wordsOf('en', { 'action.start': 'Talk to us' });
    expect([words.text('action.start'), words.text('action.stop')]).to.deep.equal(['Talk to us', 'Stop']);
  });

  it('write durations in whole seconds, then minutes, and never below zero', () => {
    const { duration } = wordsOf('en');
    expect([-5, 0, 1499, 1500, 59_400, 60_000, 125_000].map(duration)).to.deep.equal([
      '0 sec',
      '0 sec',
      '1 sec',
      '2 sec',
      '59 sec',
      '1 min',
      '2 min 5 sec',
    ]);
  });

  it('write durations in the language of the words', () => {
    expect(wordsOf('de').duration(5000)).to.equal('5 Sek.');
  });

  it('fall back to English numbers when the language tag is none', () => {
    expect(wordsOf('no such tag').duration(5000)).to.equal('5 sec');
  });
});
