/** Reads what a router's kernel counted. Pure. */
import type { KernelCounts } from '../faults/kernel-path.ts';

/**
 * From the text of a router's `/proc/PID/net/snmp`. ARP is not in these counters, so what came in and was neither sent
 * on nor taken in was lost by a rule, but for a few: multicast that nobody has joined, and what is on its way just now. @param refused the same file of the refuser. Throws for another format.
 */
export function kernelCounts(router: string, refuser: string): KernelCounts {
  const ip = counters(router, 'Ip');
  const passed = ip('ForwDatagrams');
  return {
    passed,
    lost: ip('InReceives') - passed - ip('InDelivers'),
    refused: counters(refuser, 'Tcp')('OutRsts'),
  };
}

/** `Ip: InReceives …` and below it `Ip: 17 …`. */
function counters(text: string, group: string): (name: string) => number {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.trim().split(' '));
  return (name) => {
    const at = names.indexOf(name);
    const value = Number(values[at]);
    if (at < 1 || !Number.isFinite(value)) throw new Error(`the kernel counts no ${group} ${name}`);
    return value;
  };
}
