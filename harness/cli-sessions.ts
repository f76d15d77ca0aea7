/** The door `clara-voice-harness/cli-sessions`: command-line sessions for other programs. */
export { ClaudeCliManager } from './responder/claude-cli-manager.ts';
export type { ClaudeCliManagerOptions } from './responder/manager-options.ts';
export type {
  ClaudeExecutionOptions,
  ClaudeSession,
  CliUpdate,
  Protocol,
  ResourceLimits,
  SessionHealthMetrics,
} from './responder/session-types.ts';
export { DEFAULT_CLI_CONFIG, MAX_PROMPT_BYTES } from './responder/cli-config.ts';
export type { ClaudeCliConfig } from './responder/cli-config.ts';
export { ClaudeSessionError, FAILURE_CATEGORIES } from './responder/failure.ts';
export type { FailureCategory } from './responder/failure.ts';
export type { SessionStatistics } from './responder/analytics.ts';
export type { Conversation, ConversationOptions } from './responder/conversation.ts';
export type { CliMessage } from './responder/stream-json.ts';
export type { GroupItem, GroupStatus } from './responder/session-groups.ts';
export type { CliProfile, ProfileState } from './responder/profiles.ts';
export { parseProfiles } from './responder/profiles.ts';
export type { SessionTemplate, SessionTemplates } from './responder/templates.ts';
export { parseTemplates } from './responder/templates.ts';
export type { RestoredSession } from './responder/restored-session.ts';
export { CliMetrics } from './responder/cli-metrics.ts';
export { CliWebhooks } from './responder/cli-webhooks.ts';
export type { CliWebhook, CliWebhooksOptions } from './responder/cli-webhooks.ts';
export { dashboardOf } from './responder/dashboard.ts';
export { noteFacts } from './responder/session-facts.ts';
export { CliResponder } from './responder/cli-responder.ts';
export type { CliResponderOptions } from './responder/cli-responder.ts';
export { ResponderHost } from './responder/responder-host.ts';
export { RemoteDialogue } from './responder/remote-dialogue.ts';
export { RespondingPipeline } from './responder/responding-pipeline.ts';
export type { Dialogue, Responder, ResponderProbe } from './responder/responder.ts';
export { isSignedBy } from './telemetry/webhook-signature.ts';
