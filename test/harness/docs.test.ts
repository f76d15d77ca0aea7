import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { environmentNamesOf, flagOf, OPTION_NAMES, OPTIONS } from '../../harness/config/options.ts';
import { WAY_IDS } from '../../harness/parts/try-ways.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readDoc = (name: string): Promise<string> => readFile(join(root, 'docs', name), 'utf8');

/** The first cells of a table, in backticks, under a heading; `start(options?)` counts as `start`. */
function namesUnder(doc: string, heading: string): string[] {
  const section = doc.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `there is a section "${heading}"`);
  return [...section.matchAll(/^\| `([\w-]+)/gm)].map(([, name]) => name ?? '');
}

interface Named {
  readonly name: string;
}
interface Declaration extends Named {
  readonly attributes?: readonly Named[];
  readonly members?: readonly (Named & { readonly kind: string; readonly privacy?: string })[];
  readonly events?: readonly Named[];
  readonly cssParts?: readonly Named[];
  readonly cssProperties?: readonly Named[];
}

describe('docs/embedding.md', () => {
  let doc: string;
  let element: Declaration;
  before(async () => {
    doc = await readDoc('embedding.md');
    const folder = await mkdtemp(join(tmpdir(), 'clara-manifest-'));
    try {
      const analyzer = join(root, 'node_modules/@custom-elements-manifest/analyzer/cem.js');
      const args = [analyzer, 'analyze', '--quiet', '--outdir', relative(root, folder)];
      await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
      const manifest = JSON.parse(await readFile(join(folder, 'custom-elements.json'), 'utf8')) as {
        modules: { declarations?: Declaration[] }[];
      };
      const found = manifest.modules
        .flatMap(({ declarations }) => declarations ?? [])
        .find(({ name }) => name === 'ClaraVoice');
      assert.ok(found, 'the manifest has the element');
      element = found;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  const names = (list: readonly Named[] | undefined): string[] => (list ?? []).map(({ name }) => name).sort();
  const members = (kind: string): string[] => {
    const ofKind = (element.members ?? []).filter((member) => member.kind === kind);
    return names(ofKind.filter(({ privacy }) => privacy === undefined || privacy === 'public'));
  };
  const tables: [heading: string, expected: () => string[]][] = [
    ['Attributes', () => names(element.attributes)],
    ['Properties', () => members('field')],
    ['Methods', () => members('method')],
    ['Events', () => names(element.events)],
    ['Parts', () => names(element.cssParts)],
    ['CSS properties', () => names(element.cssProperties)],
  ];
  for (const [heading, expected] of tables)
    test(`lists exactly the ${heading} that the element has`, () => {
      assert.ok(expected().length > 0);
      assert.deepEqual(namesUnder(doc, heading).sort(), expected());
    });
});

describe('docs/configuration.md', () => {
  /** One row of the table, as it has to stand there (but for its spaces). */
  const row = (name: (typeof OPTION_NAMES)[number]): string => {
    const { about, range, secret, default: fallback } = OPTIONS[name];
    const flag = secret ? 'none' : `\`${flagOf(name)}\``;
    const environment = environmentNamesOf(name).map((variable) => `\`${variable}\``);
    const shown = fallback === '' ? '' : `\`${String(fallback)}\``;
    return `| \`${name}\` | ${flag} | ${environment.join(', ')} | ${shown} | ${range} | ${about} |`;
  };
  const bare = (text: string): string => text.replace(/[ \t]+/g, ' ');

  test('has a right row for every option, and none for one that is not', async () => {
    const doc = bare(await readDoc('configuration.md'));
    const missing = OPTION_NAMES.map(row).filter((line) => !doc.includes(bare(line)));
    assert.deepEqual(missing, [], 'rows to put in');
    assert.deepEqual(namesUnder(doc, 'Options').sort(), [...OPTION_NAMES].sort());
  });

  test('names every way that CLARA_DISABLE switches off', async () => {
    const doc = await readDoc('configuration.md');
    assert.deepEqual(
      WAY_IDS.filter((id) => !doc.includes(`\`${id}\``)),
      [],
    );
  });
});
