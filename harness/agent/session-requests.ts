/**
 * Answers LiveKit's own session protocol (`AgentSession.AgentSessionMessage` of @livekit/protocol, byte streams on
 * `lk.agent.session`) as a LiveKit AgentSession does: `ping` proves that this process's loop turns; state, history
 * and framework can be read. Pure; bytes in, bytes out.
 */
import { AgentSession as Protocol } from '@livekit/protocol';
import type { ConversationTurn } from './agent-session.ts';
import type { AgentStateName } from './ipc.ts';

/** What the answers are made of. */
export interface SessionFacts {
  readonly agentId: string;
  readonly state: AgentStateName;
  readonly userPresent: boolean;
  readonly context: readonly ConversationTurn[];
  readonly version: string;
}

/** Largest request that is read, bytes. */
export const MAX_REQUEST_BYTES = 64 * 1024;

const AGENT_STATES: Record<AgentStateName, Protocol.AgentState> = {
  initializing: Protocol.AgentState.AS_INITIALIZING,
  listening: Protocol.AgentState.AS_LISTENING,
  thinking: Protocol.AgentState.AS_THINKING,
  speaking: Protocol.AgentState.AS_SPEAKING,
};

/** The answer to a message, undefined for what is not a request. Never throws. */
export function answerSessionMessage(data: Uint8Array, facts: SessionFacts): Uint8Array | undefined {
  const request = readRequest(data);
  if (request === undefined) return undefined;
  const { requestId } = request;
  const response = answer(request.request, facts);
  return new Protocol.AgentSessionMessage({
    message: {
      case: 'response',
      value:
        response === undefined
          ? { requestId, error: `request '${request.request.case ?? 'empty'}' is not supported` }
          : { requestId, response },
    },
  }).toBinary();
}

function readRequest(data: Uint8Array): Protocol.SessionRequest | undefined {
  if (data.byteLength > MAX_REQUEST_BYTES) return undefined;
  try {
    const { message } = Protocol.AgentSessionMessage.fromBinary(data);
    return message.case === 'request' ? message.value : undefined;
  } catch {
    return undefined; // not the protocol's: a stranger's stream
  }
}

type Answer = Exclude<Protocol.SessionResponse['response'], { case: undefined }>;

function answer(request: Protocol.SessionRequest['request'], facts: SessionFacts): Answer | undefined {
  switch (request.case) {
    case 'ping':
      return { case: 'pong', value: new Protocol.SessionResponse_Pong() };
    case 'getChatHistory':
      return {
        case: 'getChatHistory',
        value: new Protocol.SessionResponse_GetChatHistoryResponse({ items: history(facts) }),
      };
    case 'getAgentInfo':
      return {
        case: 'getAgentInfo',
        value: new Protocol.SessionResponse_GetAgentInfoResponse({
          id: facts.agentId,
          chatCtx: history(facts),
        }),
      };
    case 'getSessionState':
      return {
        case: 'getSessionState',
        value: new Protocol.SessionResponse_GetSessionStateResponse({
          agentId: facts.agentId,
          agentState: AGENT_STATES[facts.state],
          userState: facts.userPresent ? Protocol.UserState.US_LISTENING : Protocol.UserState.US_AWAY,
        }),
      };
    case 'getFrameworkInfo':
      return {
        case: 'getFrameworkInfo',
        value: new Protocol.SessionResponse_GetFrameworkInfoResponse({
          sdk: 'clara-voice-harness',
          sdkVersion: facts.version,
        }),
      };
    default:
      return undefined;
  }
}

/** Turns with text; a speech that nobody transcribed has no words to show. */
function history(facts: SessionFacts): Protocol.ChatContext_ChatItem[] {
  return facts.context.flatMap((turn, at) =>
    turn.text === undefined
      ? []
      : [
          new Protocol.ChatContext_ChatItem({
            item: {
              case: 'message',
              value: new Protocol.ChatMessage({
                id: `turn_${at}`,
                role: turn.from === 'user' ? Protocol.ChatRole.USER : Protocol.ChatRole.ASSISTANT,
                content: [
                  new Protocol.ChatMessage_ChatContent({ payload: { case: 'text', value: turn.text } }),
                ],
              }),
            },
          }),
        ],
  );
}
