/** Which CLARA_* names of an environment mean nothing to anybody: most are misspelt. Pure. */
import { OPTION_NAMES, environmentNamesOf } from './options.ts';

/** Names beside the options' own that the harness, its parts and its tests read. */
const OTHER_NAMES = [
  'CLARA_DISABLE',
  'CLARA_LIVEKIT_RELEASE_URL',
  'CLARA_RUN_ID',
  'CLARA_SESSION_MARK',
  'CLARA_TEST_COUNTS',
  'CLARA_DEV_GATEWAY',
  'CLARA_WRITE_SCREENSHOTS',
];

/** The unknown names, sorted. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = new Set([...OTHER_NAMES, ...OPTION_NAMES.flatMap((name) => environmentNamesOf(name))]);
  return Object.keys(env)
    .filter((name) => name.startsWith('CLARA_') && !known.has(name))
    .sort();
}
