/** What of the configuration the parts get. Pure; the composition is start-stack.ts. */
import type { ClaraVoiceAgentOptions } from '../agent/agent-options.ts';
import type { Config } from '../config/options.ts';
import type { RoomTimeouts } from '../contracts.ts';
import type { ClaudeCliConfig } from '../responder/cli-config.ts';
import type { GatewayOptions } from '../gateway/options.ts';

/** Of a session without a limit, s: what a resume value covers then. */
const LONGEST_SESSION_S = 2 * 3600;

function listed(text: string): string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}

/** The timeouts of every room, whoever makes it. */
export function roomTimeoutsOf(values: Config): RoomTimeouts {
  return { emptyTimeoutS: values.emptyTimeoutS, departureTimeoutS: values.graceS };
}

/** The agent's part of the configuration. */
export function agentSettings(
  values: Config,
): Pick<
  ClaraVoiceAgentOptions,
  | 'agentName'
  | 'graceMs'
  | 'contextTtlMs'
  | 'roomTimeouts'
  | 'voice'
  | 'maxSessions'
  | 'maxPerUser'
  | 'whenUserIsFull'
  | 'warnMs'
  | 'maxSessionMs'
  | 'idleMs'
  | 'maxErrors'
  | 'maxRssBytes'
  | 'maxCpuMs'
> {
  return {
    maxSessions: values.maxSessions,
    maxPerUser: values.maxSessionsPerUser,
    whenUserIsFull: values.whenUserIsFull,
    warnMs: values.warnS * 1000,
    maxSessionMs: values.maxSessionS * 1000,
    idleMs: values.idleS * 1000,
    maxErrors: values.maxErrors,
    maxRssBytes: values.maxRssMb * 1024 * 1024,
    maxCpuMs: values.maxCpuS * 1000,
    agentName: values.agentName,
    graceMs: values.graceS * 1000,
    contextTtlMs: values.contextTtlS * 1000,
    roomTimeouts: roomTimeoutsOf(values),
    voice: values.voice,
  };
}

/** The part of command-line sessions. */
export function cliSettings(values: Config): ClaudeCliConfig {
  const { claudeCommand, sessionTimeout, maxRetries } = values;
  const { healthCheckInterval, cleanupInterval, enableRecovery } = values;
  return {
    claudeCommand,
    sessionTimeout,
    maxRetries,
    healthCheckInterval,
    cleanupInterval,
    enableRecovery,
  };
}

/** What the gateway takes from the configuration. */
export type GatewaySettings = Pick<
  GatewayOptions,
  | 'host'
  | 'port'
  | 'roomTimeouts'
  | 'defaultPipeline'
  | 'joinTokenTtlS'
  | 'resumeTtlS'
  | 'rateLimit'
  | 'allowedHosts'
  | 'extraAllowedOrigins'
  | 'trustProxy'
  | 'operatorToken'
>;

/** The gateway's part of the configuration. */
export function gatewaySettings(values: Config): GatewaySettings {
  return {
    host: values.host,
    port: values.port,
    roomTimeouts: roomTimeoutsOf(values),
    defaultPipeline: values.pipeline,
    joinTokenTtlS: values.joinTokenTtlS,
    resumeTtlS:
      values.resumeTtlS || (values.maxSessionS || LONGEST_SESSION_S) + values.graceS + values.contextTtlS,
    rateLimit: { max: values.tokenRateMax, windowMs: values.tokenRateWindowS * 1000 },
    allowedHosts: listed(values.allowedHosts),
    extraAllowedOrigins: listed(values.allowedOrigins),
    trustProxy: values.trustProxy,
    ...(values.operatorToken !== '' && { operatorToken: values.operatorToken }),
  };
}
