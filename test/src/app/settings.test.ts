import { expect } from 'chai';
import { parseSettings, SettingsStore } from '../../../src/app/settings-store.ts';
import { parseUrlParameters } from '../../../src/app/url-parameters.ts';

describe('the settings', () => {
  it('are the defaults when nothing, nonsense or something else was kept', () => {
    const defaults = { theme: 'auto', pipeline: undefined };
    for (const text of [
      null,
      '',
      'nonsense',
      'null',
      '[]',
      '{"theme":"pink","pipeline":"<b>"}',
      '{"theme":1}',
    ])
      expect(parseSettings(text), String(text)).to.deep.equal(defaults);
  });

  it('are kept and read again', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    new SettingsStore(storage).change({ theme: 'dark', pipeline: 'count' });
    expect(new SettingsStore(storage).settings.value).to.deep.equal({ theme: 'dark', pipeline: 'count' });
  });

  it('last as long as the page where the storage is shut', () => {
    const shut = (): never => {
      throw new DOMException('shut', 'SecurityError');
    };
    const store = new SettingsStore({ getItem: shut, setItem: shut });
    store.change({ theme: 'light' });
    expect(store.settings.value.theme).to.equal('light');
  });
});

const NOTHING = {
  pipeline: undefined,
  audioProcessing: undefined,
  policy: undefined,
  budgetSeconds: undefined,
  resumeWhenBack: false,
  textOnly: false,
};

describe('the address', () => {
  it('may choose the pipeline and turn audio processing off', () => {
    expect(parseUrlParameters('?pipeline=count&audioProcessing=off')).to.deep.equal({
      ...NOTHING,
      pipeline: 'count',
      audioProcessing: 'off',
    });
  });

  it('may choose how stubborn reconnecting is', () => {
    expect(parseUrlParameters('?policy=classic&budget=20&resumeWhenBack=on&textOnly=on')).to.deep.equal({
      ...NOTHING,
      policy: 'classic',
      budgetSeconds: 20,
      resumeWhenBack: true,
      textOnly: true,
    });
  });

  it('is ignored where it makes no sense', () => {
    for (const search of [
      '',
      '?pipeline=',
      '?pipeline=<b>&audioProcessing=on',
      `?pipeline=${'x'.repeat(41)}`,
      '?policy=stubborn&budget=4&resumeWhenBack=1&textOnly=yes',
      '?budget=3601',
      '?budget=1e2',
    ])
      expect(parseUrlParameters(search), search).to.deep.equal(NOTHING);
  });
});
