/** What operators get of telemetry and agent, put together for the gateway. */
import type { ClaraVoiceAgent } from '../agent/clara-voice-agent.ts';
import type { SessionOperations } from '../contracts.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Everything of it lives as long as both do. */
export function sessionOperations(telemetry: Telemetry, agent: ClaraVoiceAgent): SessionOperations {
  const { board, metrics } = telemetry;
  return {
    snapshot: () => board.snapshot(),
    watch: (listener) => board.messages.on(listener),
    endSession: (sessionId, reason) => agent.endUserSession(sessionId, reason),
    exposition: () => metrics.exposition(),
    sessionHealth: () => agent.sessionHealth(),
    surroundings: () => [agent.storeHealth()],
  };
}
