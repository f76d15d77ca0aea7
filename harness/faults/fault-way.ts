/** By what the faults of a client's path are made. */
import type { RelayWay } from './client-path.ts';

/** A and B: relay and proxies in userspace, see client-path.ts. N: the kernel, see namespaces/. */
export type FaultWay = RelayWay | 'N';

/** All of them, for the command line. */
export const FAULT_WAYS = ['A', 'B', 'N'] as const satisfies readonly FaultWay[];
