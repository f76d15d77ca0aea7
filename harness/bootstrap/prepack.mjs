/** `prepack` of clara-voice-harness: builds, and copies what the package holds from the clone's dist/ into harness/dist/. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RUN_STEPS } from './build-steps.mjs';
import { endWith, setUp } from './set-up.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
await setUp(root, RUN_STEPS).catch(endWith);
const target = join(root, 'harness/dist');
rmSync(target, { recursive: true, force: true });
for (const folder of ['harness', 'src/shared', 'app']) {
  cpSync(join(root, 'dist', folder), join(target, folder), {
    recursive: true,
    filter: (file) => !file.endsWith('.map'),
  });
}
