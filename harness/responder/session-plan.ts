/** Owns: filling in all that an execution does not say, from its profile and the configuration. Pure. */
import type { ClaudeCliConfig } from './cli-config.ts';
import { DEFAULT_OPTIONS } from './cli-config.ts';
import type { CommandFacts } from './command-line.ts';
import type { RetryPolicy } from '../supervisor/retry-policy.ts';
import type { SessionLimits } from '../supervisor/session-limits.ts';
import type { StalePolicy } from '../supervisor/stale-phases.ts';
import type { ClaudeExecutionOptions } from './session-types.ts';
import { mergeOptions } from './templates.ts';

/** Half of a wait is left to chance, so that many that failed together do not come back together. */
const JITTER_RATIO = 0.5;

/** What holds for the whole session, whichever profile runs it. */
export interface SessionPlan {
  readonly options: ClaudeExecutionOptions;
  readonly timeoutMs: number;
  readonly staleAfterMs: number;
  readonly maxRetries: number;
  readonly isRecovering: boolean;
  readonly recoveryLimitMs: number;
  readonly retry: RetryPolicy;
}

/** Fills in a session's options. */
export function planSession(options: ClaudeExecutionOptions, config: ClaudeCliConfig): SessionPlan {
  const maxRetries = options.maxRetries ?? config.maxRetries;
  const recoveryLimitMs = options.recoveryTimeoutMs ?? DEFAULT_OPTIONS.recoveryTimeoutMs;
  return {
    options,
    timeoutMs: options.timeout ?? config.sessionTimeout,
    staleAfterMs: options.staleAfterMs ?? DEFAULT_OPTIONS.staleAfterMs,
    maxRetries,
    isRecovering: options.enableRecovery ?? config.enableRecovery,
    recoveryLimitMs,
    retry: {
      maxRetries,
      firstDelayMs: options.retryDelay ?? DEFAULT_OPTIONS.retryDelay,
      maxDelayMs: DEFAULT_OPTIONS.maxRetryDelay,
      jitterRatio: JITTER_RATIO,
      totalLimitMs: recoveryLimitMs,
    },
  };
}

/** The call of a session on a profile. */
export function commandFacts(
  options: ClaudeExecutionOptions,
  profile: ClaudeExecutionOptions,
  config: ClaudeCliConfig,
): CommandFacts & { readonly cwd: string | undefined; readonly env: Readonly<Record<string, string>> } {
  const merged = mergeOptions(profile, options);
  const isClaude = merged.command === undefined || merged.protocol === 'streamJson';
  return {
    command: merged.command ?? config.claudeCommand,
    args: merged.args ?? [],
    protocol: merged.protocol ?? (isClaude ? 'streamJson' : 'plain'),
    isClaude,
    mcpServers: merged.mcpServers ?? false,
    cwd: merged.cwd,
    env: merged.env ?? {},
  };
}

/** The limits of one try. @param timeoutMs of this try */
export function limitsOf({ options }: SessionPlan, timeoutMs: number): SessionLimits {
  const { maxMemory, maxCpuTime } = options.resourceLimits ?? {};
  return {
    ...(maxMemory !== undefined && { maxRssBytes: maxMemory }),
    ...(maxCpuTime !== undefined && { maxCpuMs: maxCpuTime }),
    ...(timeoutMs > 0 && { maxAgeMs: timeoutMs }),
  };
}

/** When a silent session is recovered: after the stale time, and the time of a health check to come back by itself. */
export function stalePolicyOf(staleAfterMs: number, graceMs: number): StalePolicy | undefined {
  if (staleAfterMs === 0) return undefined;
  return { staleAfterMs, recoverAfterMs: graceMs, failAfterMs: graceMs, provenAfterMs: 0 };
}
