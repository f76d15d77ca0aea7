/** What has to be so before calls are played whose faults the kernel makes. Starts nothing that stays. */
import { findChromium } from '../browser/find-chromium.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { UsageError } from '../config/usage-error.ts';
import { requireNamespaces } from '../namespaces/namespace-tools.ts';
import { findLiveKitServer } from '../server/find-livekit-server.ts';

/** Throws UsageError for settings that only work in the system's own network. */
export function refuseForKernel({ values }: Pick<ResolvedConfig, 'values'>): void {
  const outside = { CLARA_REDIS_URL: values.redisUrl, CLARA_WEBHOOK_URL: values.webhookUrl };
  for (const [name, value] of Object.entries(outside))
    if (value !== '')
      throw new UsageError(
        `with --way N each call has a network of its own, from which ${name} is not to be reached`,
      );
}

/** Inside a namespace nothing can be downloaded, so all parts are looked for before. Throws PartMissingError. */
export async function prepareForKernel(report: (line: string) => void, signal: AbortSignal): Promise<void> {
  const { env } = process;
  await requireNamespaces(env, signal);
  await findLiveKitServer({ env, report }, signal);
  await findChromium({ env, report }, signal);
}
