import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import lit from 'eslint-plugin-lit';
import wc from 'eslint-plugin-wc';

/**
 * The walls of the house, for packages and ambient things. Folders are kept apart by the compiler (one
 * composite tsconfig each); what the compiler cannot see stands here.
 */
const wallMessage = (folder) =>
  `src/${folder} may not import this package; each has one importer only, see src/README.md`;
/** Every package is refused but those named, and what lies in them; static, dynamic and type imports alike. */
const packageWall = (folder, ...allowed) => {
  const ours = [...allowed.map((name) => `${name}(/.*)?`), '[.].*'].join('|');
  const others = `^(?!(${ours})$)`;
  // In a selector a slash ends the expression.
  const selector = others.replaceAll('/', '[\\u002f]');
  return {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { regex: others, message: wallMessage(folder) },
          { group: ['**/harness/**'], message: 'src never imports harness' },
        ],
      },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: `ImportExpression > Literal[value=/${selector}/]`, message: wallMessage(folder) },
      {
        selector: 'ImportExpression > :not(Literal).source',
        message: 'an import that only a running program knows cannot be walled',
      },
    ],
  };
};
/** Who imports which package. A folder that is not named imports none. */
const PACKAGES = {
  shared: [],
  core: [],
  livekit: ['livekit-client'],
  storage: ['idb'],
  ui: ['lit', 'uplot'],
  compose: [],
  app: ['lit', 'workbox-window'],
  sw: ['workbox-precaching', 'workbox-routing'],
  embed: ['lit'],
  bench: ['lit', 'idb'],
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'custom-elements.json'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: {
        project: [
          './src/*/tsconfig.json',
          './harness/tsconfig.json',
          './harness/probe/tsconfig.json',
          './test/tsconfig.json',
          './test/tsconfig.browser.json',
          './tsconfig.tools.json',
          './docs/examples/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off', // abort rethrows signal.reason, see house.md
      '@typescript-eslint/only-throw-error': 'off', // the same
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: ['src/ui/**/*.ts'], ...lit.configs['flat/recommended'] },
  { files: ['src/ui/**/*.ts'], ...wc.configs['flat/recommended'] },
  ...Object.entries(PACKAGES).map(([folder, packages]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: packageWall(folder, ...packages),
  })),
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...[
          'Date',
          'performance',
          'setTimeout',
          'setInterval',
          'fetch',
          'crypto',
          'navigator',
          'indexedDB',
          'self',
          'globalThis',
          'WebSocket',
          'XMLHttpRequest',
          'queueMicrotask',
          'localStorage',
        ].map((name) => ({
          name,
          message: 'time, chance, network and storage come through ports (src/core/ports.ts)',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'chance is a port' },
        { object: 'AbortSignal', property: 'timeout', message: 'time is a port' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: ['test', 'it', 'describe', 'suite'].map((name) => ({
            from: 'package',
            name,
            package: 'node:test',
          })),
        },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        AbortController: 'readonly',
        clearTimeout: 'readonly',
        performance: 'readonly',
        AbortSignal: 'readonly',
      },
    },
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-console': 'off' },
  },
);
