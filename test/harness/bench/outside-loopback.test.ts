import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countDestinations, networkCallOf } from '../../../harness/bench/outside-loopback.ts';

const LINES: readonly (readonly [string, string | undefined])[] = [
  [
    '12 connect(18<TCP:[41]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("93.184.216.34")}, 16) = -1',
    '93.184.216.34',
  ],
  [
    '12 connect(18<TCPv6:[41]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1',
    '2001:db8::1',
  ],
  [
    '12 connect(18<UDP:[41]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.4.4")}, 16) = 0',
    '8.8.4.4',
  ],
  ['12 sendmsg(18<UDP:[41]>, {msg_name=NULL, msg_namelen=0, msg_iov=[...]}, 0) = 1', undefined],
  ['12 sendto(18<UDP:[10.0.0.2:5000->8.8.8.8:53]>, ""..., 40, 0, NULL, 0) = 40', '8.8.8.8'],
  ['12 sendto(18<UDPv6:[[::1]:5000->[2001:db8::2]:53]>, ""..., 40, 0, NULL, 0) = 40', '2001:db8::2'],
  [
    '12 sendmsg(18<UDP:[0.0.0.0:5000]>, {msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("10.1.2.3")}, msg_namelen=16, msg_iov=[], msg_iovlen=1}, 0) = 4',
    '10.1.2.3',
  ],
  ['12 sendto(9<TCP:[127.0.0.1:33->127.0.0.1:7880]>, ""..., 9, 0, NULL, 0) = 9', '127.0.0.1'],
  ['12 sendmsg(5<UNIX-STREAM:[1->2]>, {msg_name=NULL}, 0) = 1', undefined],
  [
    '12 sendto(3<NETLINK:[ROUTE:1]>, [{nlmsg_len=20}], 20, 0, {sa_family=AF_NETLINK, nl_pid=0}, 12) = 20',
    undefined,
  ],
  ['12 +++ exited with 0 +++', undefined],
];

test('where a call of the kernel goes to is read from its address or from its socket', () => {
  for (const [line, to] of LINES) assert.equal(networkCallOf(line)?.to, to, line);
});

test('what goes beyond loopback is counted by destination, what stays here is not, a UDP connect only once something is sent', async () => {
  const { all, outside } = await countDestinations(
    LINES.map(([line]) => line),
    new Set(['10.1.2.3']), // ours: it goes through loopback
  );
  assert.equal(all, 7);
  assert.deepEqual([...outside.keys()].sort(), [
    '2001:db8::1',
    '2001:db8::2',
    '8.8.4.4',
    '8.8.8.8',
    '93.184.216.34',
  ]);
});
