import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelCounts } from '../../../harness/namespaces/kernel-counts.ts';
import { layOut, rulesOf, type BatchStep } from '../../../harness/namespaces/network-plan.ts';

const steps = layOut({ router: 11, client: 12, refuser: 13 });
const linesOf = (where: BatchStep['where']): readonly string[] =>
  steps.flatMap((step) => (step.where === where ? step.lines : []));

test('every link is made from a namespace that is ours into one that a holder keeps', () => {
  assert.deepEqual(
    steps.flatMap(({ where, lines }) =>
      lines.filter((line) => line.startsWith('link add')).map((line) => `${where}: ${line}`),
    ),
    [
      'server: link add clara0 type veth peer name toserver netns 11',
      'router: link add toclient type veth peer name clara0 netns 12',
      'router: link add torefuser type veth peer name clara0 netns 13',
    ],
  );
});

test('both ends of a link are in one net, and each end but the router sends all to the router', () => {
  assert.deepEqual(
    linesOf('router').filter((line) => line.startsWith('addr')),
    [
      'addr add 198.18.0.2/30 dev toserver',
      'addr add 198.18.1.2/30 dev toclient',
      'addr add 198.18.2.2/30 dev torefuser',
    ],
  );
  for (const [where, address, router] of [
    ['server', '198.18.0.1', '198.18.0.2'],
    ['client', '198.18.1.1', '198.18.1.2'],
    ['refuser', '198.18.2.1', '198.18.2.2'],
  ] as const) {
    assert.ok(linesOf(where).includes(`addr add ${address}/30 dev clara0`), where);
    assert.ok(linesOf(where).includes(`route add default via ${router}`), where);
    assert.ok(linesOf(where).includes('link set lo up'), where);
  }
});

test('no interface has an IPv6 address of its own, by which it could go round the rules', () => {
  const ups = steps.flatMap(({ lines }) => lines.filter((line) => / up$/.test(line) && !/ lo /.test(line)));
  assert.equal(ups.length, 6);
  for (const up of ups)
    assert.ok(
      steps.some(({ lines }) => lines.includes(up.replace(/ up$/, ' addrgenmode none'))),
      up,
    );
});

test('the refuser has the address of the server, and only the rule of a refusal leads to it', () => {
  assert.ok(linesOf('refuser').includes('addr add 198.18.0.1/32 dev lo'));
  assert.ok(linesOf('router').includes('route add default via 198.18.2.1 dev torefuser table 100'));
  const leading = (['silent', 'refused', 'signal'] as const).filter((kind) =>
    rulesOf({ kind }, 1).some((rule) => rule.includes('lookup 100')),
  );
  assert.deepEqual(leading, ['refused']);
});

test('each cut is its rules, by where a packet comes from', () => {
  const up = 'iif toclient ipproto udp blackhole';
  const down = 'iif toserver ipproto udp blackhole';
  assert.deepEqual(rulesOf({ kind: 'silent' }, 1), ['iif toclient blackhole', 'iif toserver blackhole']);
  assert.deepEqual(rulesOf({ kind: 'udp', side: 'up' }, 1), [up]);
  assert.deepEqual(rulesOf({ kind: 'udp', side: 'down' }, 1), [down]);
  assert.deepEqual(rulesOf({ kind: 'udp', side: 'both' }, 1), [up, down]);
  assert.deepEqual(rulesOf({ kind: 'refused' }, 1), [up, down, 'iif toclient ipproto tcp lookup 100']);
  assert.deepEqual(rulesOf({ kind: 'signal' }, 7880), [
    'iif toclient ipproto tcp dport 7880 blackhole',
    'iif toserver ipproto tcp sport 7880 blackhole',
  ]);
});

test('what came in and was neither sent on nor taken in was lost', () => {
  const router =
    'Ip: Forwarding DefaultTTL InReceives ForwDatagrams InDelivers\nIp: 1 64 100 70 4\nTcp: OutRsts\nTcp: 9\n';
  const refuser = 'Ip: InReceives\nIp: 1\nTcp: InSegs OutRsts\nTcp: 3 2\n';
  assert.deepEqual(kernelCounts(router, refuser), { passed: 70, lost: 26, refused: 2 });
  assert.throws(() => kernelCounts('Ip: InReceives\nIp: 1\n', refuser), /no Ip ForwDatagrams/);
});
