/** The package's door: what `import … from 'clara-voice-harness'` gives. The command is bin/clara.mjs. */
export { ClaraVoiceAgent } from './agent/clara-voice-agent.ts';
export type { JoinedParticipant } from './agent/clara-voice-agent.ts';
export type { ClaraVoiceAgentOptions, SessionResponder, SessionWatcher } from './agent/agent-options.ts';
export type {
  AgentSession,
  AudioQuality,
  ConnectionStateName,
  ConversationTurn,
} from './agent/agent-session.ts';
export type { AgentReport } from './agent/agent-report.ts';
export type { PerformanceMetrics } from './agent/performance-metrics.ts';

export { Supervisor } from './supervisor/supervisor.ts';
export type { LaunchOptions, LaunchedGroup, SupervisorOptions } from './supervisor/supervisor.ts';
export type { GroupEnd, GroupEvent, WatchPolicy, WatchedGroup } from './supervisor/watched-group.ts';
export { TransitionTable } from './supervisor/transition-table.ts';
export { SessionRegistry } from './supervisor/session-registry.ts';
export { SessionLeases } from './supervisor/session-leases.ts';
export type { SessionLeasesOptions } from './supervisor/session-leases.ts';
export { MemorySessionStore } from './supervisor/memory-session-store.ts';
export { FileSessionStore } from './supervisor/file-session-store.ts';
export { openRedisSessionStore } from './supervisor/redis-session-store.ts';
export type { RedisSessionStoreOptions } from './supervisor/redis-session-store.ts';
export { StoreUnavailableError } from './supervisor/session-store.ts';
export type { SessionLease, SessionStore } from './supervisor/session-store.ts';
export type { AdmissionPolicy } from './supervisor/admission.ts';
export { cleanUp } from './supervisor/clean-up.ts';
export type { CleanUpOptions, CleanUpReport, FoundGroup } from './supervisor/clean-up.ts';
export { startWatchdog } from './supervisor/watchdog.ts';
export { createRunFolder } from './supervisor/run-folder.ts';
export { systemEngineClock } from './supervisor/engine-clock.ts';
export type { EngineClock } from './supervisor/engine-clock.ts';
export { systemProcessSource } from './supervisor/process-sample.ts';

export { Telemetry } from './telemetry/telemetry.ts';
export type { TelemetryOptions } from './telemetry/telemetry.ts';
export type { SessionFact } from './telemetry/session-event.ts';
export { SIGNATURE_HEADER, isSignedBy, signWebhook } from './telemetry/webhook-signature.ts';

export { ClaudeCliManager } from './responder/claude-cli-manager.ts';
export type { ClaudeCliManagerOptions } from './responder/manager-options.ts';
export type { ClaudeExecutionOptions, ClaudeSession, CliUpdate } from './responder/session-types.ts';
export { CliResponder } from './responder/cli-responder.ts';
export { ResponderHost } from './responder/responder-host.ts';

export { createFault } from './faults/create-fault.ts';
export type { FaultSpec } from './faults/create-fault.ts';
export type { Fault, FaultTarget, ProcessTarget, Undo } from './faults/fault.ts';
export { pidTarget } from './faults/process-target.ts';

export type { LiveKitAddress, Logger, RoomTimeouts } from './contracts.ts';
