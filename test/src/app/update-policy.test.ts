import { expect } from 'chai';
import { isCheckDue, UPDATE_CHECK_EVERY_MS, updateStep } from '../../../src/app/update-policy.ts';

describe('a new version of the app', () => {
  const facts = { waiting: true, inCall: false, accepted: false, dismissed: false, replaced: false };

  it('is offered when it waits', () => {
    expect(updateStep(facts)).to.equal('offer');
  });

  it('is applied after a yes', () => {
    expect(updateStep({ ...facts, accepted: true })).to.equal('apply');
  });

  it('is not offered again after "later", but a yes still counts', () => {
    expect(updateStep({ ...facts, dismissed: true })).to.equal('hold');
    expect(updateStep({ ...facts, dismissed: true, accepted: true })).to.equal('apply');
  });

  it('is neither offered nor applied during a call, whatever else is true', () => {
    const both = [false, true];
    for (const waiting of both)
      for (const accepted of both)
        for (const dismissed of both)
          expect(['none', 'hold']).to.include(
            updateStep({ ...facts, waiting, inCall: true, accepted, dismissed, replaced: !waiting }),
          );
  });

  it('is never applied without a yes', () => {
    const both = [false, true];
    for (const waiting of both)
      for (const inCall of both)
        for (const dismissed of both)
          expect(updateStep({ ...facts, waiting, inCall, dismissed, replaced: !waiting })).not.to.be.oneOf([
            'apply',
            'reload',
          ]);
  });

  it('is offered on where another window has taken it, and a yes loads this one anew', () => {
    const taken = { ...facts, waiting: false, replaced: true };
    expect(updateStep(taken)).to.equal('offer');
    expect(updateStep({ ...taken, dismissed: true })).to.equal('hold');
    expect(updateStep({ ...taken, accepted: true })).to.equal('reload');
    expect(updateStep({ ...taken, accepted: true, inCall: true })).to.equal('hold');
  });

  it('is nothing when none waits', () => {
    expect(updateStep({ ...facts, waiting: false, accepted: true })).to.equal('none');
  });
});

describe('a look for a new version', () => {
  it('is due an hour after the last one and never during a call', () => {
    expect(isCheckDue(UPDATE_CHECK_EVERY_MS, 0, false)).to.equal(true);
    expect(isCheckDue(UPDATE_CHECK_EVERY_MS - 1, 0, false)).to.equal(false);
    expect(isCheckDue(UPDATE_CHECK_EVERY_MS, 0, true)).to.equal(false);
  });
});
