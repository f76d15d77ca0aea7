/** Addresses that live: tokens, validation, configuration, health and figures. No cache of ours ever holds or answers them. */
export const NEVER_CACHED: readonly RegExp[] = [
  /^\/api(\/|$)/,
  /^\/rtc(\/|$)/,
  /^\/config$/,
  /^\/healthz$/,
  /^\/readyz$/,
  /^\/metrics$/,
  /^\/dashboard(\/|$)/,
];
