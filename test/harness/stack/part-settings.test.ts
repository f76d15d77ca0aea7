import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveConfig } from '../../../harness/config/resolve-config.ts';
import { agentSettings, gatewaySettings } from '../../../harness/stack/part-settings.ts';

const valuesOf = (env: NodeJS.ProcessEnv) => resolveConfig({ flags: {}, env }).values;

test('agent and gateway make rooms with the same timeouts', () => {
  const values = valuesOf({ CLARA_GRACE_S: '20', CLARA_EMPTY_TIMEOUT_S: '40', CLARA_CONTEXT_TTL_S: '60' });
  const timeouts = { emptyTimeoutS: 40, departureTimeoutS: 20 };
  assert.deepEqual(gatewaySettings(values).roomTimeouts, timeouts);
  const agent = agentSettings(values);
  assert.deepEqual([agent.roomTimeouts, agent.graceMs, agent.contextTtlMs], [timeouts, 20_000, 60_000]);
});

test('the limits of a session reach the agent in its units', () => {
  const agent = agentSettings(valuesOf({ CLARA_MAX_CPU_S: '90', CLARA_MAX_RSS_MB: '300' }));
  assert.deepEqual([agent.maxCpuMs, agent.maxRssBytes], [90_000, 300 * 1024 * 1024]);
  assert.equal(agentSettings(valuesOf({})).maxCpuMs, 0);
});

test('a resume value outlives the longest session, the grace time and the conversation, unless it is set', () => {
  assert.equal(gatewaySettings(valuesOf({})).resumeTtlS, 7200 + 150 + 1800);
  assert.equal(gatewaySettings(valuesOf({ CLARA_RESUME_TTL_S: '90' })).resumeTtlS, 90);
});

test('lists of hosts and origins reach the gateway, and what is none is refused', () => {
  const settings = gatewaySettings(
    valuesOf({
      CLARA_ALLOWED_HOSTS: 'voice.example.org, other.example.org:8443',
      CLARA_ALLOWED_ORIGINS: 'https://example.org',
      CLARA_TRUST_PROXY: 'true',
    }),
  );
  assert.deepEqual(settings.allowedHosts, ['voice.example.org', 'other.example.org:8443']);
  assert.deepEqual(settings.extraAllowedOrigins, ['https://example.org']);
  assert.equal(settings.trustProxy, true);
  assert.deepEqual(gatewaySettings(valuesOf({})).allowedHosts, []);
  assert.throws(() => valuesOf({ CLARA_ALLOWED_ORIGINS: 'example.org' }), /allowedOrigins|ALLOWED_ORIGINS/);
});
