/** Phases, each a batch of sessions: the next begins when all of the last are good, and a failed one stops the rest. */
import { ClaudeCliManager } from 'clara-voice-harness/cli-sessions';
import type { GroupItem } from 'clara-voice-harness/cli-sessions';

/** A phase: its name and its tasks. */
export interface Phase {
  readonly name: string;
  readonly tasks: readonly GroupItem[];
}

/** Runs the phases in order, four sessions at once. Returns the name of the phase that failed, if one did. */
export async function runPhases(phases: readonly Phase[], signal: AbortSignal): Promise<string | undefined> {
  await using manager = new ClaudeCliManager();
  for (const { name, tasks } of phases) {
    const cancel = (): void => void manager.cancelGroup(name);
    signal.addEventListener('abort', cancel, { once: true });
    const sessions = await manager.startGroup(name, tasks, 4);
    signal.removeEventListener('abort', cancel);
    const isGood = sessions.length === tasks.length && sessions.every(({ status }) => status === 'completed');
    if (!isGood) return name;
  }
  return undefined;
}
