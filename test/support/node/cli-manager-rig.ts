/** A ClaudeCliManager on real processes of the stand-in, disposed after the test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';
import { ClaudeCliManager } from '../../../harness/responder/claude-cli-manager.ts';
import type { ClaudeCliManagerOptions } from '../../../harness/responder/manager-options.ts';
import type { ClaudeExecutionOptions, CliUpdate } from '../../../harness/responder/session-types.ts';
import { listProcesses } from '../../../harness/supervisor/process-table.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The stand-in's path. */
export const STAND_IN = fileURLToPath(new URL('./stand-in-cli.mjs', import.meta.url));

/** One call of the stand-in, as it wrote it down. */
export interface StandInCall {
  readonly pid: number;
  readonly args: readonly string[];
  readonly prompt?: string;
  readonly turn?: string;
  readonly names?: readonly string[];
  readonly cwd?: string;
}

/** Starts a manager. */
export async function cliManagerRig(t: TestContext, options: ClaudeCliManagerOptions = {}) {
  const state = await temporaryFolder(t);
  const manager = new ClaudeCliManager({
    runFolder: 'none',
    ...options,
    config: { claudeCommand: STAND_IN, ...options.config },
  });
  t.after(() => manager.dispose());
  const updates: CliUpdate[] = [];
  manager.onUpdate((_session, update) => updates.push(update));
  return {
    manager,
    state,
    updates,
    /** Options that make the stand-in do something. */
    modes: (modes: string, more: Record<string, string | number> = {}): ClaudeExecutionOptions => ({
      retryDelay: 20,
      env: {
        STAND_IN: modes,
        STAND_IN_STATE: state,
        ...Object.fromEntries(
          Object.entries(more).map(([name, value]) => [`STAND_IN_${name}`, String(value)]),
        ),
      },
    }),
    calls: (): StandInCall[] =>
      readFileSync(join(state, 'calls.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as StandInCall),
    /** Processes that carry this test's folder in their environment. */
    left: () => listProcesses().filter(({ environment }) => environment.includes(state)),
  };
}
