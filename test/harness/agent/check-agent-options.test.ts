import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaraVoiceAgentOptions } from '../../../harness/agent/agent-options.ts';
import { checkAgentOptions } from '../../../harness/agent/check-agent-options.ts';
import { ClaraVoiceAgent } from '../../../harness/agent/clara-voice-agent.ts';
import { UsageError } from '../../../harness/config/usage-error.ts';
import { silentLog } from '../../support/node/silent-log.ts';

const GOOD: ClaraVoiceAgentOptions = {
  livekit: { url: 'ws://127.0.0.1:9', publicUrl: 'ws://127.0.0.1:9', apiKey: 'k', apiSecret: 'the-secret' },
  agentName: 'clara',
  log: silentLog,
};
const wrong = (more: Record<string, unknown>): string => {
  try {
    checkAgentOptions({ ...GOOD, ...more });
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  return '';
};

test('good options pass', () => {
  assert.equal(wrong({}), '');
  assert.equal(wrong({ graceMs: 1000, maxErrors: 0, whenUserIsFull: 'refuse', voice: undefined }), '');
});

test('each number out of range, broken or of another type is told with its name, value and range', () => {
  const names = [
    'graceMs',
    'leftMs',
    'contextTtlMs',
    'warmChildren',
    'maxSessions',
    'maxPerUser',
    'warnMs',
    'maxSessionMs',
    'idleMs',
    'maxErrors',
    'maxRssBytes',
    'maxCpuMs',
  ];
  for (const name of names)
    for (const [value, shown] of [
      [-1, '-1'],
      [1.5, '1.5'],
      [Number.NaN, 'NaN'],
      [2 ** 60, String(2 ** 60)],
      ['5', '"5"'],
      [null, 'null'],
    ] as const)
      assert.match(
        wrong({ [name]: value }),
        new RegExp(`^${name}: ${shown.replace('.', '\\.')} is not a whole number from \\d+ to \\d+$`),
      );
});

test('all that is wrong is in one error, an unknown name too, and no secret', () => {
  const message = wrong({
    livekit: { url: 'http://127.0.0.1', apiKey: 'k', apiSecret: 'the-secret' },
    agentName: 'two words',
    voice: 'loud',
    grace: 5,
    store: {},
    random: 3,
    clock: 'now',
  });
  assert.deepEqual(
    message.split('\n').map((line) => line.split(/:| is /)[0]),
    ['livekit', 'agentName', 'voice', 'there', 'store', 'random', 'clock'],
  );
  assert.match(message, /there is no option "grace"/);
  assert.match(message, /voice: "loud" is not one of auto, espeak-ng, flite, none/);
  assert.doesNotMatch(message, /the-secret/);
  assert.match(wrong({ log: undefined }), /log is missing/);
});

test('an agent with a wrong option starts nothing and does not count as the one of its process', async () => {
  assert.throws(() => new ClaraVoiceAgent({ ...GOOD, maxSessions: 0 }), /maxSessions: 0 is not/);
  await new ClaraVoiceAgent({ ...GOOD, warmChildren: 0 }).stop();
});
