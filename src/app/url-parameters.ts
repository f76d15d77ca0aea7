/**
 * What the address may ask for: `?pipeline=NAME` (sent with the token request, over the setting) and
 * `?audioProcessing=off` (no echo cancellation, noise suppression and gain control; measuring needs it).
 */

/** The parameters, each undefined when it is missing or makes no sense. */
export interface UrlParameters {
  readonly pipeline: string | undefined;
  readonly audioProcessing: 'off' | undefined;
}

/** Reads them from a query. A pipeline's name is letters, digits and dashes, at most 40. */
export function parseUrlParameters(search: string): UrlParameters {
  const query = new URLSearchParams(search);
  const pipeline = query.get('pipeline');
  return {
    pipeline: pipeline !== null && /^[\w-]{1,40}$/.test(pipeline) ? pipeline : undefined,
    audioProcessing: query.get('audioProcessing') === 'off' ? 'off' : undefined,
  };
}
