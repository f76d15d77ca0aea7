/**
 * The agent side and the gateway as a process of their own, to be killed by its bench: what `clara up` starts for somebody
 * who has a LiveKit server. Told what to serve by one message; tells that it is up, and everything that its sessions
 * report. Ends with its parent, by its reaper.
 */
import { pino } from 'pino';
import type { AgentReport } from '../agent/agent-report.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import { startStack } from '../stack/start-stack.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';

/** What it is to serve. The secret comes by IPC only. */
export interface AgentSideOrder {
  /** For its run. */
  readonly folder: string;
  /** For its journals: the next life finds them. */
  readonly stateFolder: string;
  readonly port: number;
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** What it tells. */
export type AgentSideTold =
  { readonly type: 'up'; readonly url: string } | { readonly type: 'report'; readonly report: AgentReport };

function tell(told: AgentSideTold): void {
  if (process.connected) process.send?.(told, () => {}); // a parent that is gone needs to know nothing
}

async function serve({ folder, stateFolder, port, url, apiKey, apiSecret }: AgentSideOrder): Promise<void> {
  const log = pino({ level: 'silent' });
  const runFolder = await createRunFolder({ log, parentFolder: folder, adopt: process.env });
  const config = resolveConfig({
    flags: {},
    env: {},
    defaults: {
      port,
      pipeline: 'count',
      livekitUrl: url,
      livekitApiKey: apiKey,
      livekitApiSecret: apiSecret,
    },
  });
  const stack = await startStack(
    config,
    { runFolder, log, report: () => undefined, stateFolder },
    AbortSignal.timeout(60_000),
  );
  stack.agent.onReport((report) => tell({ type: 'report', report }));
  tell({ type: 'up', url: stack.url });
}

process.on('disconnect', () => process.exit(1));
process.on('message', (order: AgentSideOrder) => {
  serve(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n`);
    process.exit(1);
  });
});
