/**
 * `prepack` of clara-voice: what is published is built anew from the sources, and checked. `npm test` runs it without
 * `--clean` as its group `package`, together with the bars of the bundle size.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_STEPS } from './build-steps.mjs';
import { StepError, runTool, tell } from './command.mjs';
import { checkPackage } from './package-check.mjs';
import { endWith, setUp } from './set-up.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SIZE_LIMIT_MS = 60_000;

async function prepack() {
  if (process.argv.includes('--clean'))
    for (const made of ['dist/src', 'dist/lib', 'dist/cdn', 'custom-elements.json'])
      rmSync(join(root, made), { recursive: true, force: true });
  await setUp(root, PACKAGE_STEPS);
  checkPackage(root);
  const size = await runTool(process.execPath, ['harness/bootstrap/bundle-size.mjs'], {
    cwd: root,
    limitMs: SIZE_LIMIT_MS,
    quiet: true,
  });
  if (size.code !== 0) throw new StepError(`the bundle is beyond its bars:\n${size.output.trim()}`, 1);
  tell(`the package is as promised\n${size.output.trim()}`);
}

await prepack().catch(endWith);
