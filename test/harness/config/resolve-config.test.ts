import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPTIONS, OPTION_NAMES, environmentNamesOf, flagOf } from '../../../harness/config/options.ts';
import type { OptionName } from '../../../harness/config/options.ts';
import { describeConfig, readConfigFile, resolveConfig } from '../../../harness/config/resolve-config.ts';
import type { ConfigSources } from '../../../harness/config/resolve-config.ts';
import { UsageError } from '../../../harness/config/usage-error.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

function resolve(sources: Partial<ConfigSources>) {
  return resolveConfig({ flags: {}, env: {}, ...sources });
}

/** The message that a wrong configuration is refused with. */
function refusal(sources: Partial<ConfigSources>): string {
  try {
    resolve(sources);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  return assert.fail('was accepted');
}

test('flags win over environment, environment over the file, the file over defaults', () => {
  const all = { flags: { port: '1' }, env: { CLARA_PORT: '2' }, file: { port: 3 } };
  const picked = [all, { ...all, flags: {} }, { file: all.file }, {}].map((sources) => {
    const { values, origins } = resolve(sources);
    return [values.port, origins.port];
  });
  assert.deepEqual(picked, [
    [1, '--port'],
    [2, 'CLARA_PORT'],
    [3, 'clara.config.json'],
    [7890, 'default'],
  ]);
});

test("a command's own default is weaker than everything else", () => {
  assert.equal(resolve({ defaults: { port: 0 } }).values.port, 0);
  assert.equal(resolve({ defaults: { port: 0 }, file: { port: 3 } }).values.port, 3);
});

test('every default is within its own range', () => {
  assert.deepEqual(Object.keys(resolve({}).values), OPTION_NAMES);
});

test('names of flags and variables follow from the name', () => {
  assert.equal(flagOf('joinTokenTtlS'), '--join-token-ttl-s');
  assert.deepEqual(environmentNamesOf('livekitApiKey'), ['CLARA_LIVEKIT_API_KEY', 'LIVEKIT_API_KEY']);
});

const wrong: readonly [OptionName, unknown][] = [
  ['claudeCommand', 'two\nlines'],
  ['sessionTimeout', '-1'],
  ['maxRetries', '101'],
  ['healthCheckInterval', '0'],
  ['cleanupInterval', '2147483648'],
  ['enableRecovery', 'sometimes'],
  ['host', 'a b'],
  ['host', '..:::'],
  ['host', '127.0.0.256'],
  ['host', 'fe80::1%lo'],
  ['host', '-a'],
  ['contextTtlS', '-1'],
  ['resumeTtlS', '604801'],
  ['allowedHosts', 'a b'],
  ['allowedHosts', 'a:99999'],
  ['allowedHosts', 'a,,b'],
  ['allowedOrigins', 'example.org'],
  ['allowedOrigins', 'https://example.org/'],
  ['allowedOrigins', 'https://example.org:443'],
  ['allowedOrigins', 'https://a:99999'],
  ['trustProxy', 'perhaps'],
  ['port', '65536'],
  ['port', '80.5'],
  ['port', '-1'],
  ['port', 'abc'],
  ['livekitUrl', 'http://x'],
  ['livekitUrl', 'ws://user:pass@x'],
  ['livekitUrl', 'ws://a:99999'],
  ['livekitUrl', 'ws://a:0'],
  ['livekitUrl', 'ws://a:'],
  ['livekitUrl', 'ws://[zz]'],
  ['livekitUrl', 'ws://;script-src'],
  ['livekitUrl', 'wss://host?x=1#y'],
  ['livekitUrl', 'wss://host/path'],
  ['livekitUrl', 'wss://host?'],
  ['livekitUrl', 'wss://host\\'],
  ['livekitUrl', 'wss://1.2.3.256'],
  ['livekitApiKey', 'a key'],
  ['livekitPort', '70000'],
  ['udpPort', '70000'],
  ['agentName', 'a/b'],
  ['pipeline', 'nothing'],
  ['responder', 'nobody'],
  ['voice', 'loud'],
  ['graceS', '0'],
  ['emptyTimeoutS', '0'],
  ['joinTokenTtlS', '5'],
  ['tokenRateMax', '0'],
  ['tokenRateWindowS', '0'],
  ['maxSessions', '0'],
  ['maxSessionsPerUser', '-1'],
  ['whenUserIsFull', 'both'],
  ['warnS', '1.5'],
  ['maxSessionS', 'never'],
  ['idleS', '90000'],
  ['maxErrors', '1001'],
  ['maxRssMb', '512MB'],
  ['maxCpuS', '-5'],
  ['drainS', '86401'],
  ['logLevel', 'loud'],
  ['pretty', 'perhaps'],
];

test('every wrong value is refused, naming option, value, origin and range', () => {
  for (const [name, value] of wrong) {
    const { range } = OPTIONS[name];
    assert.equal(
      refusal({ flags: { [name]: value } }),
      `${name}: ${JSON.stringify(value)} from ${flagOf(name)} is not ${range}`,
    );
  }
  const covered = new Set(wrong.map(([name]) => name));
  assert.deepEqual(
    OPTION_NAMES.filter((name) => !covered.has(name)),
    ['livekitApiSecret', 'redisUrl', 'webhookUrl', 'webhookSecret', 'operatorToken'], // secrets: below
  );
});

test('a wrong secret is refused by name and range, and never shown', () => {
  const secrets: [OptionName, string, string][] = [
    ['redisUrl', 'CLARA_REDIS_URL', 'http://u:hunter2@h'],
    ['redisUrl', 'CLARA_REDIS_URL', 'redis://u:hunter2@h:99999'],
    ['redisUrl', 'CLARA_REDIS_URL', 'redis://u:hunter2@h/x'],
    ['webhookUrl', 'CLARA_WEBHOOK_URL', 'ftp://hunter2'],
    ['webhookUrl', 'CLARA_WEBHOOK_URL', 'https://u:hunter2@h/'],
    ['webhookSecret', 'CLARA_WEBHOOK_SECRET', 'hunter2'],
    ['operatorToken', 'CLARA_OPERATOR_TOKEN', 'hunter2 hunter2 hunter2'],
  ];
  for (const [name, variable, value] of secrets)
    assert.equal(
      refusal({ env: { [variable]: value } }),
      `${name}: the value from ${variable} is not ${OPTIONS[name].range}`,
    );
});

test('alerts are not sent unsigned', () => {
  assert.match(refusal({ env: { CLARA_WEBHOOK_URL: 'https://h/x' } }), /CLARA_WEBHOOK_SECRET is needed/);
  const env = { CLARA_WEBHOOK_URL: 'https://h/x?y=1', CLARA_WEBHOOK_SECRET: 'x'.repeat(16) };
  assert.equal(resolve({ env }).values.webhookUrl, 'https://h/x?y=1');
});

test('addresses as people have them are accepted', () => {
  const env = { LIVEKIT_API_KEY: 'k', LIVEKIT_API_SECRET: 's' };
  const good: Partial<Record<OptionName, readonly string[]>> = {
    host: ['127.0.0.2', 'localhost', '::1', '::', '0.0.0.0', 'my_box.local', 'example.org.'],
    redisUrl: ['redis://127.0.0.1:6379', 'rediss://u:p@cache.example.org:6380/2', 'redis://:p@h'],
    livekitUrl: ['ws://127.0.0.1:7880', 'wss://x.livekit.cloud/', 'ws://[::1]:7880', 'ws://live_kit:7880'],
    allowedHosts: ['example.org', 'a.example.org:8443 , b', '[::1]:80'],
    allowedOrigins: [
      'https://example.org',
      'http://localhost:3000, https://a.example.org:8443',
      'http://[::1]',
    ],
  };
  for (const [name, values] of Object.entries(good))
    for (const value of values)
      assert.equal(resolve({ flags: { [name]: value }, env }).values[name as OptionName], value);
});

test('all problems are told at once', () => {
  const message = refusal({ flags: { port: 'x' }, env: { CLARA_GRACE_S: 'y' }, file: { prot: 1, voice: 7 } });
  assert.deepEqual(
    message.split('\n').map((line) => line.split(' from ')[0]),
    ['clara.config.json: there is no option "prot"', 'port: "x"', 'voice: 7', 'graceS: "y"'],
  );
});

test('a number as text in the file is refused: JSON has numbers', () => {
  assert.match(refusal({ file: { port: '80' } }), /^port: "80" from clara\.config\.json/);
});

test('switches are read from words', () => {
  assert.equal(resolve({ env: { CLARA_PRETTY: 'yes' } }).values.pretty, true);
  assert.equal(resolve({ env: { CLARA_PRETTY: '0' } }).values.pretty, false);
  assert.equal(resolve({ flags: { pretty: true } }).values.pretty, true);
});

test('a secret is never shown, neither in a refusal nor in the description', () => {
  assert.match(
    refusal({ env: { LIVEKIT_API_SECRET: 'my secret' } }),
    /^livekitApiSecret: the value from LIVEKIT_API_SECRET is not/,
  );
  const resolved = resolve({ env: { LIVEKIT_API_SECRET: 'shh' } });
  assert.equal(resolved.values.livekitApiSecret, 'shh');
  assert.deepEqual(describeConfig(resolved).livekitApiSecret, { value: '***', from: 'LIVEKIT_API_SECRET' });
  assert.ok(!JSON.stringify(describeConfig(resolved)).includes('shh'));
});

test('your own server needs key and secret, and no ports of ours', () => {
  const flags = { livekitUrl: 'wss://example.org' };
  assert.match(refusal({ flags }), /LIVEKIT_API_KEY and LIVEKIT_API_SECRET are needed/);
  const env = { LIVEKIT_API_KEY: 'k', LIVEKIT_API_SECRET: 's' };
  assert.equal(resolve({ flags, env }).values.livekitUrl, 'wss://example.org');
  assert.match(refusal({ flags: { ...flags, udpPort: '5000' }, env }), /belong to a server started here/);
});

test('keys in the environment without an address are not used and do no harm', () => {
  assert.equal(resolve({ env: { LIVEKIT_API_KEY: 'k', LIVEKIT_API_SECRET: 's' } }).values.livekitUrl, '');
});

test('the file is optional, and told when it is no JSON, without its content', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(readConfigFile(folder), undefined);
  writeFileSync(join(folder, 'clara.config.json'), '{ "livekitApiSecret": "shh" ');
  assert.throws(
    () => readConfigFile(folder),
    (error: unknown) => error instanceof UsageError && !error.message.includes('shh'),
  );
  assert.match(refusal({ file: [1] }), /is not an object/);
});
