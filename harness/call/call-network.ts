/** Where a call's page meets its servers when that is not loopback. */
import type { Running } from '../contracts.ts';

/** A network for one call; the call's rig owns it and stops it when server and browser are gone. */
export interface CallNetwork extends Running {
  /** IPv4 address at which the page reaches server and gateway. */
  readonly address: string;
  /** The interface that has it. */
  readonly interfaceName: string;
  /** Ports of our page and of the stock page, known beforehand: the browser is told that these pages are secure. */
  readonly ports: { readonly app: number; readonly stock: number };
  /** A program that starts this one where the page is. @param folder of the run */
  launcher(executablePath: string, folder: string): Promise<string>;
}

/** What Chromium must be told so that a page there may use a microphone, as one on loopback may. */
export function pageFlags({ address, ports }: Pick<CallNetwork, 'address' | 'ports'>): readonly string[] {
  const origins = Object.values(ports).map((port) => `http://${address}:${port}`);
  return [`--unsafely-treat-insecure-origin-as-secure=${origins.join(',')}`];
}
