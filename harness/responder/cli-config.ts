/**
 * Owns: the configuration of command-line sessions and the checked shape of their options. Names follow the source
 * document; times are ms, memory is bytes.
 */
import { z } from 'zod';
import { ClaudeSessionError } from './failure.ts';
import { PROTOCOLS } from './session-types.ts';

/** setTimeout's longest, ms. */
const MAX_MS = 2 ** 31 - 1;
const ms = z.number().int().min(0).max(MAX_MS);
const positiveMs = z.number().int().min(1).max(MAX_MS);
const name = z.string().min(1).max(200);
/** What the system is given: it ends a text at its first NUL. */
const systemText = z.string().regex(/^[^\0]*$/, 'has a NUL character in it');

/** Longest prompt, bytes: about a million tokens, more than any assistant takes. */
export const MAX_PROMPT_BYTES = 4 * 1024 * 1024;

/** The configuration of the source document. */
export const claudeCliConfigSchema = z.strictObject({
  claudeCommand: systemText.min(1).max(200),
  sessionTimeout: ms,
  maxRetries: z.number().int().min(0).max(100),
  healthCheckInterval: positiveMs,
  cleanupInterval: positiveMs,
  enableRecovery: z.boolean(),
});
export type ClaudeCliConfig = Readonly<z.infer<typeof claudeCliConfigSchema>>;

export const DEFAULT_CLI_CONFIG: ClaudeCliConfig = {
  claudeCommand: 'claude',
  sessionTimeout: 300_000,
  maxRetries: 3,
  healthCheckInterval: 30_000,
  cleanupInterval: 300_000,
  enableRecovery: true,
};

/** Defaults of options that the configuration does not name, ms. */
export const DEFAULT_OPTIONS = {
  retryDelay: 2000,
  maxRetryDelay: 60_000,
  recoveryTimeoutMs: 900_000,
  staleAfterMs: 300_000,
} as const;

/** What ended so long ago is removed by the cleanup, minutes. */
export const CLEANUP_AFTER_MINUTES = 60;

const optionFields = {
  timeout: ms.exactOptional(),
  maxRetries: z.number().int().min(0).max(100).exactOptional(),
  retryDelay: ms.exactOptional(),
  resourceLimits: z
    .strictObject({
      maxMemory: z
        .number()
        .int()
        .min(1024 * 1024)
        .exactOptional(),
      maxCpuTime: positiveMs.exactOptional(),
    })
    .exactOptional(),
  enableRecovery: z.boolean().exactOptional(),
  recoveryTimeoutMs: positiveMs.exactOptional(),
  healthCheckInterval: positiveMs.exactOptional(),
  staleAfterMs: ms.exactOptional(),
  command: systemText.min(1).max(4096).exactOptional(),
  args: z.array(systemText.max(100_000)).max(1000).exactOptional(),
  protocol: z.enum(PROTOCOLS).exactOptional(),
  cwd: systemText.min(1).max(4096).exactOptional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), systemText.max(100_000)).exactOptional(),
  stdin: z.enum(['prompt', 'closed']).exactOptional(),
  mcpServers: z.boolean().exactOptional(),
  template: name.exactOptional(),
  profile: name.exactOptional(),
  group: name.exactOptional(),
};

/** Options of one session. */
export const executionOptionsSchema = z.strictObject(optionFields);
/** A template: options, and the template they are put on. */
export const templateSchema = z.strictObject({ ...optionFields, extends: name.exactOptional() });

/** What is wrong, as `retryDelay: …`; values are not shown: an environment is among them. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.length === 0 ? 'options' : path.join('.')}: ${message}`)
    .join('; ');
}

/** Checks a configuration. @throws ClaudeSessionError invalidOptions */
export function parseCliConfig(given: Partial<ClaudeCliConfig>): ClaudeCliConfig {
  const parsed = claudeCliConfigSchema.safeParse({ ...DEFAULT_CLI_CONFIG, ...given });
  if (parsed.success) return parsed.data;
  throw new ClaudeSessionError('invalidOptions', `wrong configuration: ${problemsOf(parsed.error)}`);
}
