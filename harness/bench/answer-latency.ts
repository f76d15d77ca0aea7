/** The time from the end of speech to the first audio of the answer, in a real call of the parrot without any service. */
import { startCallRig } from '../call/call-rig.ts';
import { measureCall } from '../call/run-call.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import { spreadOf } from '../telemetry/ended-session.ts';
import type { BenchContext } from './bench-context.ts';
import { atLeast, atMost } from './bench-result.ts';

const CALL_S = 60;
/** A call of this length has some 15; a 95th of 100 of fewer says little. */
const LEAST_ANSWERS = 10;

/** p95 over one call of a minute. */
export async function measureAnswers({ log, tell }: BenchContext): Promise<void> {
  const config = resolveConfig({
    flags: {},
    env: {},
    defaults: { port: 0, pipeline: 'parrot', logLevel: 'error' },
  });
  const signal = AbortSignal.timeout(180_000);
  const options = {
    client: 'clara',
    pipeline: 'parrot',
    seconds: CALL_S,
    config,
    log,
    report: () => undefined,
  } as const;
  const took: number[] = [];
  await using rig = await startCallRig(options, signal);
  rig.stack.agent.onReport((report) => {
    if (report.type === 'processingTime') took.push(report.tookMs);
  });
  await measureCall(rig, options, signal);
  const { count, p95 } = spreadOf(took);
  tell(atLeast('supervisor.answers', count, LEAST_ANSWERS, 'answers'));
  tell(atMost('supervisor.answerP95', count === 0 ? Number.NaN : p95, 900, 'ms'));
}
