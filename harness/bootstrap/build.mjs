/** `npm run build`: everything that is run or published, in dist/. */
import { fileURLToPath } from 'node:url';
import { PACKAGE_STEPS, RUN_STEPS } from './build-steps.mjs';
import { endWith, setUp } from './set-up.mjs';

await setUp(fileURLToPath(new URL('../..', import.meta.url)), [...RUN_STEPS, ...PACKAGE_STEPS]).catch(
  endWith,
);
