/**
 * `npm start`, `npm test`, `npm run -s clara -- …`: the set-up, then the command in this same process, so that Ctrl-C
 * and exit codes pass through nothing.
 */
import { fileURLToPath } from 'node:url';
import { stepsOf } from './build-steps.mjs';
import { endWith, setUp } from './set-up.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [command, ...args] = process.argv.slice(2);

await setUp(root, stepsOf(command)).catch(endWith);

if (command === 'test') {
  process.argv = [process.argv[0] ?? 'node', 'test', ...args];
  await import(new URL('./test.mjs', import.meta.url).href);
} else {
  process.argv = [process.argv[0] ?? 'node', 'clara', ...(command === undefined ? [] : [command]), ...args];
  await import(new URL('../../dist/harness/cli/main.js', import.meta.url).href);
}
