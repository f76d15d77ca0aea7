/**
 * Owns: the assistants of `responder: 'cli'`, put together: their manager, the way from sessions to them, and what is
 * told of them beside the voice sessions.
 * Never: goes on with a conversation of an earlier run: its voice session is over.
 */
import type { Logger, Running } from '../contracts.ts';
import { ClaudeCliManager } from '../responder/claude-cli-manager.ts';
import type { ClaudeCliConfig } from '../responder/cli-config.ts';
import { CliMetrics } from '../responder/cli-metrics.ts';
import { CliResponder } from '../responder/cli-responder.ts';
import { ResponderHost } from '../responder/responder-host.ts';
import { noteFacts } from '../responder/session-facts.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** What they are made of; all of it is its maker's, and stopped after them. */
export interface AssistantsParts {
  readonly log: Logger;
  readonly runFolder: RunFolder;
  readonly supervisor: Supervisor;
  readonly stateFolder: string;
  /** What the assistants get, cleaned. */
  readonly env: NodeJS.ProcessEnv;
  readonly telemetry: Pick<Telemetry, 'note'>;
}

/** The assistants of one process. */
export interface Assistants extends Running {
  readonly manager: ClaudeCliManager;
  readonly host: ResponderHost;
  readonly metrics: CliMetrics;
  /** Which assistant is there, or why none is, in words. Bounded; rejects only when aborted. */
  probe(signal: AbortSignal): Promise<string>;
}

/** Makes them ready; the first assistant starts with the first voice session. Throws ClaudeSessionError for a wrong configuration. */
export function startAssistants(config: ClaudeCliConfig, parts: AssistantsParts): Assistants {
  const { telemetry, log } = parts;
  const manager = new ClaudeCliManager({ ...parts, config, onRestart: 'fail' });
  const responder = new CliResponder(manager);
  const host = new ResponderHost(responder, log);
  const metrics = new CliMetrics(manager);
  const endFacts = noteFacts(manager, (sessionId, kind, fact) => telemetry.note(sessionId, kind, fact));
  const stop = async (): Promise<void> => {
    await host.stop();
    await manager.dispose();
    endFacts();
    metrics.stop();
  };
  return {
    manager,
    host,
    metrics,
    async probe(signal) {
      const found = await responder.probe(signal);
      if (found.ready) return `assistant ${config.claudeCommand} ${found.version}`;
      log.warn({ event: 'assistantMissing', why: found.reason }, `No assistant: ${found.reason}`);
      return `assistant is not ready: ${found.reason}`;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
