/** Agents of several kinds, each from a template, spread over two accounts. */
import { ClaudeCliManager, parseTemplates } from 'clara-voice-harness/cli-sessions';

const templates = parseTemplates({
  careful: { timeout: 900_000, maxRetries: 5, resourceLimits: { maxMemory: 1_073_741_824 } },
  reviewer: { extends: 'careful', args: ['--permission-mode', 'plan'] },
  tester: { extends: 'careful', command: 'npm', args: ['test'], maxRetries: 0 },
});

/** A manager for them. Whoever makes it disposes of it. */
export function deployAgents(): ClaudeCliManager {
  return new ClaudeCliManager({
    templates,
    profiles: [
      { name: 'team', weight: 3, options: { env: { CLAUDE_CONFIG_DIR: '/home/me/.claude-team' } } },
      { name: 'own', maxConcurrent: 2, options: { env: { CLAUDE_CONFIG_DIR: '/home/me/.claude' } } },
    ],
  });
}

/** Reviews each file on its own. */
export async function reviewAll(
  manager: ClaudeCliManager,
  files: readonly string[],
): Promise<readonly string[]> {
  const sessions = await Promise.all(
    files.map((file) =>
      manager.executeClaudeSession('reviewer', `Review ${file}.`, { template: 'reviewer' }),
    ),
  );
  return sessions.map(({ answer }) => answer);
}
