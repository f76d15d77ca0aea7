/**
 * Builds the package's doors, in one `vite build --config vite.lib.config.ts`:
 * - dist/lib: ES modules for npm and bundlers, dependencies left outside;
 * - dist/cdn/clara-voice.js: the launcher for a `<script type="module">`, which loads the rest from beside it at the first
 *   intent;
 * - dist/cdn/clara-voice.bundle.js: all in one file, for a pin with `integrity`;
 * - dist/cdn/clara-review.js: the review, with its charts and readers of files in files beside it;
 * - custom-elements.json.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type EnvironmentOptions, type Plugin } from 'vite';

const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
};
const isDependency = (id: string): boolean =>
  Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`));

/** Takes comments and needless space out of the style sheets, which are strings that no minifier looks into. */
const smallStyles: Plugin = {
  name: 'small-styles',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('/src/ui/styles/')) return null;
    const small = (css: string): string =>
      css
        .replace(/\/\*[^]*?\*\//g, '')
        .replace(/\s+/g, ' ')
        .replace(/\s*([{};,])\s*/g, '$1')
        .replace(/;\}/g, '}');
    return { code: code.replace(/css`[^`$]*`/g, small), map: null };
  },
};

/**
 * Leaves webrtc-adapter out of livekit-client, which has it built in (2.23): 9.4 kB gzip of shims for browsers before
 * Firefox 113 and Safari 15.4. What it calls is then used by nobody, and goes with it. Fails when livekit-client changes.
 */
const noAdapter: Plugin = {
  name: 'no-adapter',
  enforce: 'pre',
  transform(code, id) {
    if (!/livekit-client\/dist\/livekit-client\.esm\.mjs/.test(id)) return null;
    const slim = code.replace(/^adapterFactory\(\{[^}]*\}\);/m, '');
    if (slim === code) throw new Error('livekit-client does not start webrtc-adapter where it did');
    return { code: slim, map: null };
  },
};

/** Writes custom-elements.json, see custom-elements-manifest.config.mjs. Throws when the analyzer fails or takes over 60 s. */
function describeElements(): void {
  const analyzer = new URL('./node_modules/@custom-elements-manifest/analyzer/cem.js', import.meta.url);
  execFileSync(process.execPath, [fileURLToPath(analyzer), 'analyze', '--quiet'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 60_000,
  });
}

const common = {
  target: 'es2022',
  copyPublicDir: false,
  modulePreload: false,
  sourcemap: true,
  chunkSizeWarningLimit: 900,
} as const;

const cdn = (
  entry: string,
  source: string,
  codeSplitting: boolean,
  emptyOutDir: boolean,
): EnvironmentOptions => ({
  consumer: 'client',
  build: {
    ...common,
    sourcemap: false, // four times the size of the files; whoever debugs takes dist/lib
    outDir: 'dist/cdn',
    emptyOutDir,
    minify: 'oxc',
    // Not `lib`, which keeps white space in ES modules.
    rolldownOptions: {
      input: { [entry]: source },
      // The launcher is one file: what later chunks share with it stays in it.
      preserveEntrySignatures: 'allow-extension',
      output: { entryFileNames: '[name].js', chunkFileNames: `${entry}.[name]-[hash].js`, codeSplitting },
    },
  },
});

export default defineConfig({
  plugins: [smallStyles, noAdapter],
  define: { 'process.env.NODE_ENV': '"production"' },
  environments: {
    client: {
      build: {
        ...common,
        outDir: 'dist/lib',
        minify: false,
        lib: {
          entry: {
            register: 'src/embed/register.ts',
            element: 'src/embed/element.ts',
            session: 'src/embed/session.ts',
            review: 'src/embed/review.ts',
          },
          formats: ['es'],
        },
        rolldownOptions: {
          external: isDependency,
          output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' },
        },
      },
    },
    cdn: cdn('clara-voice', 'src/embed/register.ts', true, true),
    bundle: cdn('clara-voice.bundle', 'src/embed/register.ts', false, false),
    review: cdn('clara-review', 'src/embed/review.ts', true, false),
  },
  builder: {
    async buildApp(builder) {
      // One after the other: the last three share a folder, which the first of them empties.
      for (const name of ['client', 'cdn', 'bundle', 'review']) {
        const environment = builder.environments[name];
        if (environment !== undefined) await builder.build(environment);
      }
      describeElements();
    },
  },
});
