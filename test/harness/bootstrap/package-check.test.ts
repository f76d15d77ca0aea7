import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageProblems } from '../../../harness/bootstrap/package-check.mjs';

const manifest = {
  customElements: 'custom-elements.json',
  exports: { '.': { types: './dist/src/embed/register.d.ts', default: './dist/lib/register.js' } },
};
const files: Record<string, string> = {
  'custom-elements.json': '{}',
  'dist/lib/register.js': "import { a } from './chunks/a.js'; import 'lit';",
  'dist/lib/chunks/a.js':
    "/* import './not-really.js' */ export const later = () => import('../register.js');",
  'dist/src/embed/register.d.ts': "export type { A } from '../core/a.ts';",
  'dist/src/core/a.d.ts': 'export interface A {}',
};

function problems(of: Record<string, string>): string[] {
  return packageProblems(manifest, Object.keys(of), (file) => of[file] ?? '');
}

test('a package with every door and what it imports is good', () => {
  assert.deepEqual(problems(files), []);
});

test('every missing file of a package is named, with who wants it', () => {
  for (const [file, who] of [
    ['custom-elements.json', /promised/],
    ['dist/lib/register.js', /promised/],
    ['dist/lib/chunks/a.js', /^dist\/lib\/register\.js imports/],
    ['dist/src/core/a.d.ts', /^dist\/src\/embed\/register\.d\.ts imports/],
  ] as const) {
    const { [file]: _gone, ...rest } = files;
    const found = problems(rest);
    assert.ok(found.length > 0, file);
    assert.match(found.join('\n'), who);
    assert.ok(found.some((line) => line.includes(file)));
  }
});

test('what belongs to nobody who installs it is named', () => {
  for (const file of [
    'dist/src/app/main.d.ts',
    'dist/src/core/a.js',
    'dist/src/core/a.d.ts.map',
    'dist/cdn/x.js.map',
    'src/core/a.ts',
  ])
    assert.deepEqual(problems({ ...files, [file]: '' }), [`${file} is packed and does not belong there`]);
});
