import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import lit from 'eslint-plugin-lit';
import wc from 'eslint-plugin-wc';

/**
 * The walls of the house, for packages and ambient things. Folders are kept apart by the compiler (one
 * composite tsconfig each); what the compiler cannot see stands here.
 */
const browserPackages = ['livekit-client', 'lit', 'lit/*', 'idb', 'workbox-window'];
const packageWall = (...allowed) => ({
  'no-restricted-imports': [
    'error',
    {
      paths: browserPackages
        .filter((name) => !name.includes('*') && !allowed.includes(name))
        .map((name) => ({ name, message: `${name} has one importer only, see src/README.md` })),
      patterns: [
        {
          group: ['node:*', 'livekit-server-sdk', '@livekit/rtc-node', 'playwright-core'],
          message: 'Node belongs to harness/',
        },
        { group: ['**/harness/**'], message: 'src never imports harness' },
        ...(allowed.includes('lit') ? [] : [{ group: ['lit/*', 'lit'], message: 'lit belongs to src/ui' }]),
      ],
    },
  ],
});

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
  { files: ['src/**/*.ts'], rules: packageWall() },
  { files: ['src/livekit/**/*.ts'], rules: packageWall('livekit-client') },
  { files: ['src/storage/**/*.ts'], rules: packageWall('idb') },
  {
    files: ['src/ui/**/*.ts'],
    ...lit.configs['flat/recommended'],
    rules: { ...lit.configs['flat/recommended'].rules, ...packageWall('lit') },
  },
  { files: ['src/ui/**/*.ts'], ...wc.configs['flat/recommended'] },
  { files: ['src/embed/**/*.ts'], rules: packageWall('lit') },
  { files: ['src/app/**/*.ts'], rules: packageWall('lit', 'workbox-window') },
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
        ].map((name) => ({
          name,
          message: 'time, chance, network and storage come through ports (src/core/ports.ts)',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'chance is a port' },
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
