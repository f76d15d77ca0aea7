/** An orchestrator that reacts to its sessions as things happen: the callback for what is quick, the iterator for the rest. */
import { ClaudeCliManager } from 'clara-voice-harness/cli-sessions';

/** Runs one task and tells its progress, until it is over. */
export async function runAndFollow(task: string, tell: (line: string) => void): Promise<string> {
  await using manager = new ClaudeCliManager();
  const stop = new AbortController();
  const following = (async () => {
    for await (const update of manager.updates(stop.signal)) {
      if (update.type === 'status') tell(`${update.session.agentId}: ${update.to} (${update.reason})`);
      if (update.type === 'recovery') tell(`retry ${update.attempt} after ${update.category}`);
      if (update.type === 'message' && update.message.type === 'assistant')
        for (const tool of update.message.tools) tell(`uses ${tool}`);
    }
  })();
  const session = await manager.executeClaudeSession('orchestrator', task, {
    timeout: 600_000,
    maxRetries: 5,
    retryDelay: 10_000,
  });
  stop.abort();
  await following;
  if (session.status !== 'completed') throw session.error ?? new Error(session.status);
  return session.answer;
}
