import { test } from 'node:test';
import { FakeWorld, fakePorts } from '../../support/core/fake-ports.ts';
import {
  clockContract,
  microphoneContract,
  silentFarSideContract,
  type ContractCase,
} from '../../support/core/port-contracts.ts';

const cases: readonly ContractCase[] = [
  ...clockContract(() => {
    const { clock } = new FakeWorld();
    return { clock, pass: (ms) => clock.advance(ms) };
  }),
  ...silentFarSideContract(() => {
    const world = new FakeWorld();
    world.pathUp = false;
    world.ticketFaults.push('hang');
    return fakePorts(world);
  }),
  ...microphoneContract(() => {
    const { microphone, clock } = fakePorts(new FakeWorld());
    return { microphone, pass: () => clock.advance(100) };
  }),
];
for (const { name, run } of cases) test(`fake: ${name}`, run);
