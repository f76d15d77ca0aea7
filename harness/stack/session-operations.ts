/** What operators get of telemetry and agent, put together for the gateway. */
import type { ClaraVoiceAgent } from '../agent/clara-voice-agent.ts';
import type { SessionOperations } from '../contracts.ts';
import type { Assistants } from './start-assistants.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Everything of it lives as long as all of them do. @param assistants where there are any */
export function sessionOperations(
  telemetry: Telemetry,
  agent: ClaraVoiceAgent,
  assistants?: Pick<Assistants, 'manager' | 'metrics'>,
): SessionOperations {
  const { board, metrics } = telemetry;
  return {
    snapshot: () => board.snapshot(),
    watch: (listener) => board.messages.on(listener),
    endSession: async (sessionId, reason) =>
      (assistants?.manager.cancelSession(sessionId) ?? false) || agent.endUserSession(sessionId, reason),
    async exposition() {
      const { contentType, body } = await metrics.exposition();
      const more = await assistants?.metrics.exposition(); // its names begin with clara_cli_
      return { contentType, body: body + (more?.body ?? '') };
    },
    sessionHealth: () => agent.sessionHealth(),
    surroundings: () => [agent.storeHealth()],
  };
}
