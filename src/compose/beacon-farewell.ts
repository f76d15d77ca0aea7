import type { FarewellPort } from '../core/ports.ts';

/**
 * Says bye to our gateway by a beacon, which outlives the page. Only a session that our gateway began has a resume
 * value; without one there is nobody to tell.
 */
export function beaconFarewell(
  byeEndpoint: string,
  navigator: Pick<Navigator, 'sendBeacon'> = window.navigator,
): FarewellPort {
  return {
    bye({ resume }) {
      if (resume === undefined) return;
      try {
        navigator.sendBeacon(byeEndpoint, JSON.stringify({ resume }));
      } catch {
        // an address that is none, or a page that may not: the agent then waits out its grace time
      }
    },
  };
}

/** The bye address beside a token endpoint: the same folder, `bye`. Undefined for an endpoint that is no address. */
export function byeEndpointOf(tokenEndpoint: string, baseUrl: string): string | undefined {
  try {
    return new URL('bye', new URL(tokenEndpoint, baseUrl)).href;
  } catch {
    return undefined;
  }
}
