import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverEnvironment, serverYaml } from '../../../harness/server/server-yaml.ts';

const settings = { httpPort: 17880, udpPort: 17882, apiKey: 'key', apiSecret: 's'.repeat(32) };

test('the server is told to stay on loopback, with one media port and no public STUN server', () => {
  const { rtc, ...rest } = JSON.parse(serverYaml(settings, 'linux')) as { rtc: Record<string, unknown> };
  assert.deepEqual(rest, {
    port: 17880,
    bind_addresses: ['127.0.0.1'],
    keys: { key: 's'.repeat(32) },
    logging: { level: 'info', json: true },
    room: { empty_timeout: 30, departure_timeout: 20 },
  });
  assert.deepEqual(rtc, {
    udp_port: 17882,
    tcp_port: 0,
    use_external_ip: false,
    node_ip: '127.0.0.1',
    enable_loopback_candidate: true,
    interfaces: { includes: ['lo'] },
    ips: { includes: ['127.0.0.1/32'] },
    use_ice_lite: true,
    stun_servers: ['127.0.0.1:17883'],
  });
});

test('a relay address and other STUN servers take the place of the defaults', () => {
  const yaml = serverYaml({ ...settings, nodeIp: '127.0.0.2', stunServers: ['127.0.0.1:17883'] }, 'darwin');
  const { rtc } = JSON.parse(yaml) as { rtc: Record<string, unknown> };
  assert.equal(rtc['node_ip'], '127.0.0.2');
  assert.deepEqual(rtc['stun_servers'], ['127.0.0.1:17883']);
  assert.deepEqual(rtc['interfaces'], { includes: ['lo0'] });
});

test('with an interface beside loopback HTTP is on both, and media on that one only', () => {
  const outside = { address: '198.18.0.1', interfaceName: 'clara0' };
  const { bind_addresses, rtc } = JSON.parse(serverYaml({ ...settings, outside }, 'linux')) as {
    bind_addresses: string[];
    rtc: Record<string, unknown>;
  };
  assert.deepEqual(bind_addresses, ['127.0.0.1', '198.18.0.1']);
  assert.deepEqual(
    [rtc['node_ip'], rtc['interfaces'], rtc['ips']],
    ['198.18.0.1', { includes: ['clara0'] }, { includes: ['198.18.0.1/32'] }],
  );
});

test('the environment of a server has nothing that would override its configuration', () => {
  const env = {
    PATH: '/bin',
    LIVEKIT_CONFIG: 'x',
    LIVEKIT_KEYS: 'x',
    NODE_IP: 'x',
    UDP_PORT: '1',
    REDIS_HOST: 'x',
  };
  assert.deepEqual(serverEnvironment(env), { PATH: '/bin' });
});
