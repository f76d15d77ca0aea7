import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Background } from '../../../src/core/session/background.ts';
import { PathProbes } from '../../../src/core/session/path-probes.ts';
import { FakeWorld, fakePorts } from '../../support/core/fake-ports.ts';

const ADDRESS = 'wss://server.test';

function bench(address: () => string | undefined = () => ADDRESS) {
  const world = new FakeWorld();
  const ports = fakePorts(world);
  const probes = new PathProbes(ports, new Background(ports.log));
  const told: boolean[] = [];
  const stay = new AbortController();
  const start = (): void => {
    probes.run(address, (answered) => told.push(answered), stay.signal).catch(() => {}); // its stay ended
  };
  return { world, ports, probes, told, stay, start };
}

test('an up path is asked twice a second, and each answer is told', async () => {
  const { world, ports, told, start, stay } = bench();
  start();
  await world.clock.advance(2100);
  assert.equal(ports.probe.count, 5);
  assert.deepEqual(told, [true, true, true, true, true]);
  stay.abort();
  await world.clock.advance(0);
  assert.equal(world.clock.timerCount, 0);
});

test('a path that refuses is asked twice a second too', async () => {
  const { world, ports, told, start } = bench();
  world.pathUp = false;
  ports.probe.refuses = true;
  start();
  await world.clock.advance(2100);
  assert.deepEqual(told, [false, false, false, false, false]);
});

test('a silent path is told of after 2.5 s and then all the time, although little is asked', async () => {
  const { world, ports, told, start } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(2499);
  assert.deepEqual(told, []);
  await world.clock.advance(1001);
  assert.deepEqual(told, [false, false, false]);
  assert.equal(ports.probe.count, 2);
});

test('a question that hangs outlives its stay, and its late answer is told in the next one, once', async () => {
  const { world, probes, told, start, stay, ports } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(6900);
  stay.abort();
  world.pathUp = true;
  const next = new AbortController();
  const heard: boolean[] = [];
  probes
    .run(
      () => ADDRESS,
      (answered) => heard.push(answered),
      next.signal,
    )
    .catch(() => {}); // ends with next
  await world.clock.advance(100);
  assert.deepEqual(heard.filter(Boolean), [true], 'the SYN that is sent again after 7 s');
  assert.ok(!told.includes(true));
  assert.equal(ports.probe.pendingCount, 0, 'the other one is given up');
  await world.clock.advance(900);
  assert.ok(!heard.slice(heard.indexOf(true)).includes(false), 'no silence after an answer');
  next.abort();
});

test('a join is told of an answer to an older question', async () => {
  const { world, probes, start, stay } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(6000);
  stay.abort();
  world.pathUp = true;
  const answered = probes.answers(ADDRESS, new AbortController().signal);
  await world.clock.advance(1000);
  assert.equal(await answered, true);
});

test('a join gives up after 2.5 s of silence, and the question goes on', async () => {
  const { world, probes, ports } = bench();
  world.pathUp = false;
  const answered = probes.answers(ADDRESS, new AbortController().signal);
  await world.clock.advance(2500);
  assert.equal(await answered, false);
  assert.equal(ports.probe.pendingCount, 1);
  probes.end();
  await world.clock.advance(0);
  assert.equal(ports.probe.pendingCount, 0);
  assert.equal(world.clock.timerCount, 0);
});

test('an aborted join rejects with the reason, and leaves no timer of its own', async () => {
  const { world, probes } = bench();
  world.pathUp = false;
  const controller = new AbortController();
  const answers = probes.answers(ADDRESS, controller.signal).catch((reason: unknown) => reason);
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await answers, reason);
  probes.end();
  await world.clock.advance(0);
  assert.equal(world.clock.timerCount, 0);
});

test('a reason to hope makes the next question due at once', async () => {
  const { world, probes, ports, start } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(20_000);
  assert.equal(ports.probe.count, 3);
  world.pathUp = true;
  probes.askAnew();
  const answered = probes.answers(ADDRESS, new AbortController().signal);
  await world.clock.advance(10);
  assert.equal(await answered, true);
});

test('each address has questions of its own, and only the one that matters is told of', async () => {
  let address = 'wss://one.test';
  const { world, told, start, ports } = bench(() => address);
  world.pathUp = false;
  start();
  await world.clock.advance(1900);
  address = 'wss://two.test';
  await world.clock.advance(2000);
  assert.equal(ports.probe.count, 2);
  assert.deepEqual(told, [], 'the second is not silent yet');
});

test('an answered knock makes the next question due, whose answer alone is told', async () => {
  const { world, ports, told, start } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(32_600);
  assert.equal(ports.probe.knockCount, 2);
  const asked = ports.probe.count;
  world.pathUp = true;
  ports.probe.isSomebodyElse = true;
  await world.clock.advance(950);
  assert.ok(
    ports.probe.count > asked,
    'the knock of 30.5 s is sent again after 3 s, and no question before 33.5 s',
  );
  assert.ok(!told.includes(true));
  ports.probe.isSomebodyElse = false;
  await world.clock.advance(500);
  assert.ok(told.includes(true));
});

test('a button that is pressed again and again leaves questions for the rest of the outage', async () => {
  const { world, ports, probes, start } = bench();
  world.pathUp = false;
  start();
  for (let pressed = 0; pressed < 15; pressed += 1) {
    await world.clock.advance(2000);
    probes.askAnew();
  }
  assert.equal(ports.probe.count, 6, 'four by the schedule, and two');
  assert.equal(ports.probe.knockCount, 3);
  await world.clock.advance(80_000);
  assert.equal(ports.probe.count, 10);
  assert.equal(ports.probe.knockCount, 3 + 5);
});

test('all addresses together have seven knocks, one of them under way, which ends with any answer', async () => {
  let address = 'wss://one.test';
  const { world, ports, start } = bench(() => address);
  world.pathUp = false;
  start();
  for (let at = 0; at < 16; at += 1) {
    await world.clock.advance(9500);
    address = at % 2 === 0 ? 'wss://two.test' : 'wss://one.test';
  }
  assert.equal(ports.probe.knockCount, 7);
  assert.equal(ports.probe.pendingCount, ports.probe.count + 1);
});

test('a browser that drops all at once has not reached anybody, although a knock ends first', async () => {
  const { world, ports, told, start } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(114_000);
  assert.equal(ports.probe.count, 10);
  ports.probe.dropAll();
  await world.clock.advance(400);
  assert.ok(!told.includes(true));
});

test('a join waits on when an older question fails', async () => {
  const { world, probes, ports, start, stay } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(12_000);
  stay.abort();
  probes.askAnew();
  const answered = probes.answers(ADDRESS, new AbortController().signal);
  await world.clock.advance(0);
  ports.probe.dropOldest();
  await world.clock.advance(500);
  world.pathUp = true;
  await world.clock.advance(2000);
  assert.equal(await answered, true, 'the SYN that is sent again after 1 s');
});

test('an answered knock is told when every question is under way', async () => {
  const { world, ports, told, start } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(115_600);
  assert.equal(ports.probe.count, 10);
  assert.ok(!told.includes(true));
  world.pathUp = true;
  await world.clock.advance(500);
  assert.ok(told.includes(true), 'the knock of 113 s is sent again after 3 s');
});

test('knocks end with the outage, and each with the next one', async () => {
  const { world, ports, probes, start, stay } = bench();
  world.pathUp = false;
  start();
  await world.clock.advance(60_000);
  assert.equal(ports.probe.knockCount, 3);
  assert.equal(ports.probe.pendingCount, ports.probe.count + 1, 'one knock beside all questions');
  probes.end();
  stay.abort();
  await world.clock.advance(0);
  assert.equal(ports.probe.pendingCount, 0);
  assert.equal(world.clock.timerCount, 0);
});
