import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { ESLint } from 'eslint';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Without types, so that text that is no file can be linted too. */
const eslint = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => ruleId.startsWith('no-restricted-'),
  overrideConfig: { languageOptions: { parserOptions: { project: null } } },
});

/** The rules that object to `code` in a file of `folder`. */
async function objections(folder: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}/src/${folder}/planted.ts` });
  const broken = result?.messages.filter(({ fatal }) => fatal);
  assert.deepEqual(broken, []);
  return (result?.messages ?? []).map(({ ruleId }) => ruleId ?? '');
}

const IMPORT = 'no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';
const REFUSED: readonly (readonly [folder: string, code: string, rule: string])[] = [
  ['core', "import { Room } from 'livekit-client';", IMPORT],
  ['core', "import type { Room } from 'livekit-client';", IMPORT],
  ['core', "export const load = () => import('livekit-client');", SYNTAX],
  ['core', 'export const load = (name: string) => import(name);', SYNTAX],
  ['core', "import { html } from 'lit-html';", IMPORT],
  ['core', "import { JoinRequest } from '@livekit/protocol';", IMPORT],
  ['core', "import { readFileSync } from 'fs';", IMPORT],
  ['core', "import { x } from '../../harness/contracts.ts';", IMPORT],
  ['core', 'export const later = globalThis.setTimeout;', 'no-restricted-globals'],
  ['core', "export const socket = new WebSocket('ws://x');", 'no-restricted-globals'],
  ['core', 'export const soon = AbortSignal.timeout(1);', 'no-restricted-properties'],
  ['core', 'export const lot = Math.random();', 'no-restricted-properties'],
  ['ui', "export const load = () => import('livekit-client/x');", SYNTAX],
  ['ui', "import { openDB } from 'idb/with-async-ittr';", IMPORT],
  ['storage', "import { Room } from 'livekit-client';", IMPORT],
  ['livekit', "import { openDB } from 'idb';", IMPORT],
  ['compose', "import { LitElement } from 'lit';", IMPORT],
  ['shared', "import { z } from 'zod';", IMPORT],
];
for (const [folder, code, rule] of REFUSED)
  test(`src/${folder} is refused: ${code}`, async () => {
    assert.ok((await objections(folder, code)).includes(rule));
  });

const ALLOWED: readonly (readonly [folder: string, code: string])[] = [
  ['livekit', "import { Room } from 'livekit-client';"],
  ['storage', "import { openDB } from 'idb';"],
  ['ui', "import { repeat } from 'lit/directives/repeat.js';"],
  ['embed', "export const load = () => import('../compose/compose-session.ts');"],
  ['core', "import { next } from './session/link-machine.ts';"],
];
for (const [folder, code] of ALLOWED)
  test(`src/${folder} may: ${code}`, async () => {
    assert.deepEqual(await objections(folder, code), []);
  });
