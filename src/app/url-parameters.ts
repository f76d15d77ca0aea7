/**
 * What the address may ask for: `?pipeline=NAME` (sent with the token request, over the setting),
 * `?audioProcessing=off` (no echo cancellation, noise suppression and gain control; measuring needs it), and the
 * element's session policy: `?policy=classic`, `?budget=SECONDS`, `?resumeWhenBack=on`; `?textOnly=on` wants no microphone.
 */

/** The parameters, each undefined when it is missing or makes no sense. */
export interface UrlParameters {
  readonly pipeline: string | undefined;
  readonly audioProcessing: 'off' | undefined;
  readonly policy: 'resilient' | 'classic' | undefined;
  /** 5 to 3600, the element's own range. */
  readonly budgetSeconds: number | undefined;
  readonly resumeWhenBack: boolean;
  readonly textOnly: boolean;
}

/** Reads them from a query. A pipeline's name is letters, digits and dashes, at most 40. */
export function parseUrlParameters(search: string): UrlParameters {
  const query = new URLSearchParams(search);
  const pipeline = query.get('pipeline');
  const policy = query.get('policy');
  const budget = query.get('budget') ?? '';
  const budgetSeconds = /^\d{1,4}$/.test(budget) ? Number(budget) : 0;
  return {
    pipeline: pipeline !== null && /^[\w-]{1,40}$/.test(pipeline) ? pipeline : undefined,
    audioProcessing: query.get('audioProcessing') === 'off' ? 'off' : undefined,
    policy: policy === 'resilient' || policy === 'classic' ? policy : undefined,
    budgetSeconds: budgetSeconds >= 5 && budgetSeconds <= 3600 ? budgetSeconds : undefined,
    resumeWhenBack: query.get('resumeWhenBack') === 'on',
    textOnly: query.get('textOnly') === 'on',
  };
}
