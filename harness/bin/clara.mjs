#!/usr/bin/env node
/** The `clara` command: the compiled harness of the installed package, or of a clone that was built. */
import { existsSync } from 'node:fs';

const places = ['../dist/harness/cli/main.js', '../../dist/harness/cli/main.js'].map(
  (path) => new URL(path, import.meta.url),
);
const main = places.find((place) => existsSync(place));
if (main === undefined) {
  process.stderr.write(
    'clara: the harness is not built; in a clone run npm start, or npm run -s clara -- <command>\n',
  );
  process.exit(3);
}
await import(main.href);
