/** rtc-node ignores loopback when it gathers addresses: with `lo` alone it fails after 30 s, so this is asked first. */
import { networkInterfaces } from 'node:os';
import { PartMissingError } from '../parts/part-missing-error.ts';

/** Name of an interface that is up, has an address, and is not loopback; undefined when there is none. */
export function outsideInterface(
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string | undefined {
  return Object.entries(interfaces).find(([, addresses]) =>
    addresses?.some(({ internal }) => !internal),
  )?.[0];
}

/** Advice for a machine without one. */
export const INTERFACE_ADVICE =
  'connect to any network; without one, as root: ip link add clara0 type dummy && ip addr add 192.0.2.1/32 dev clara0 && ip link set clara0 up';

/** Throws PartMissingError when loopback is all there is. */
export function requireOutsideInterface(interfaces?: ReturnType<typeof networkInterfaces>): void {
  if (outsideInterface(interfaces) !== undefined) return;
  const reason =
    'only loopback is up; nothing leaves this machine, but the agent connects only when another interface exists';
  throw new PartMissingError(
    'A network interface',
    "the agent's connection",
    [{ id: 'network', what: 'interfaces that are up', reason }],
    INTERFACE_ADVICE,
  );
}
