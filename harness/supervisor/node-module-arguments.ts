/**
 * The arguments that make `process.execPath` run one of our modules: compiled it runs as it is; from source (tests) it
 * needs tsx.
 */
import { fileURLToPath } from 'node:url';

/** `moduleUrl` is `new URL('./x.ts', import.meta.url)`; in the build the same name is looked for as `.js`. */
export function nodeModuleArguments(moduleUrl: URL): string[] {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(moduleUrl);
  return fromSource ? ['--import', import.meta.resolve('tsx'), file] : [file.replace(/\.ts$/, '.js')];
}
