/**
 * Owns: what the user of a call sees when the supervisor of its agent is killed, with gateway and all, and is started
 * again at once, as systemd does. The LiveKit server and the browser are not its own and stay. Words both ways.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentReport } from '../agent/agent-report.ts';
import { findChromium } from '../browser/find-chromium.ts';
import { AgentWitness } from '../call/agent-witness.ts';
import { startCallBrowser } from '../call/call-browser.ts';
import type { CallBrowser } from '../call/call-browser.ts';
import { makeMicrophone } from '../call/call-microphone.ts';
import { clickStart, openPage, within } from '../call/run-call.ts';
import { faultFacts } from '../chaos/fault-facts.ts';
import type { LiveKitAddress } from '../contracts.ts';
import type { CallFault } from '../call/call-result.ts';
import { findLiveKitServer } from '../server/find-livekit-server.ts';
import { tryTcpPort } from '../server/free-ports.ts';
import { startLiveKitServer } from '../server/livekit-server.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import type { AgentSideOrder, AgentSideTold } from './agent-side.ts';
import type { BenchContext } from './bench-context.ts';
import { atMost } from './bench-result.ts';
import { untilNoneLeft } from './leftovers.ts';

/** The bar of a lost agent; that its supervisor is lost as well changes nothing for its user. */
const TOLD_BAR_S = 5;
/** The bar of a hung agent, and 5 s for the start of a new supervisor. */
const BACK_BAR_S = 15;
const UP_LIMIT_MS = 30_000;
const CALL_LIMIT_MS = 30_000;
/** Words both ways before it is killed, and the watching after it, ms. */
const BEFORE_MS = 4_000;
const WATCH_MS = 30_000;
const QUIET = (): void => undefined;

/** One life of the agent side. */
async function startSide(
  order: AgentSideOrder,
  onReport: (report: AgentReport) => void,
): Promise<{ readonly group: ProcessGroup; readonly url: string }> {
  mkdirSync(order.folder, { recursive: true });
  const group = await ProcessGroup.start({
    command: process.execPath,
    args: nodeModuleArguments(new URL('./agent-side.ts', import.meta.url)),
    env: { ...process.env, TMPDIR: order.folder },
    ipc: true,
    keepCharacters: 4096,
  });
  const up = new Promise<string>((resolve, reject) => {
    group.child.on('message', (told: AgentSideTold) => {
      if (told.type === 'up') resolve(told.url);
      else onReport(told.report);
    });
    const why = (): string => group.output('stderr').trim().slice(-400);
    group.exited.then(() => reject(new Error(`the agent side ended: ${why()}`)), reject);
    setTimeout(() => reject(new Error(`the agent side is not up in ${UP_LIMIT_MS} ms`)), UP_LIMIT_MS).unref();
  });
  group.send({ ...order });
  try {
    return { group, url: await up };
  } catch (error) {
    await group.stop({ killAfterMs: 0 });
    throw error;
  }
}

/** The call: words both ways, the kill, the new life; gives what came of it. */
async function playLoss(
  browser: CallBrowser,
  livekit: LiveKitAddress,
  parent: string,
  tell: BenchContext['tell'],
  parts: StopStack,
  signal: AbortSignal,
): Promise<CallFault> {
  let hear: (report: AgentReport) => void = QUIET;
  const witness = new AgentWitness({ onReport: (watcher) => ((hear = watcher), QUIET) });
  const { url, apiKey, apiSecret } = livekit;
  const port = await tryTcpPort(0, '127.0.0.1');
  const life = async (name: string) => {
    const order = {
      folder: join(parent, name),
      stateFolder: join(parent, 'state'),
      port,
      url,
      apiKey,
      apiSecret,
    };
    const side = await startSide(order, (report) => hear(report));
    parts.defer(name, async () => void (await side.group.stop({ killAfterMs: 0 })));
    return side;
  };
  const first = await life('first-life');
  const { page, ear } = browser;
  await openPage(page, `${first.url}/?pipeline=count&audioProcessing=off`);
  const clickWallMs = Date.now();
  await clickStart(page);
  const flows = await within(CALL_LIMIT_MS, signal, async (limit) => {
    await ear.until((report) => report.kind === 'word' && report.side === 'agent', limit);
    await witness.until((seen) => seen.facts().heard.length > 0, limit);
    return true;
  });
  if (flows !== true) throw new Error(`no words both ways within ${CALL_LIMIT_MS} ms`);
  await sleep(BEFORE_MS, undefined, { signal });
  const atWallMs = Date.now();
  first.group.signal('SIGKILL');
  await first.group.exited;
  const gone = untilNoneLeft(join(parent, 'first-life'), WATCH_MS);
  await life('second-life');
  await sleep(Math.max(0, WATCH_MS - (Date.now() - atWallMs)), undefined, { signal });
  tell(atMost('supervisor.supervisorKillLeft', (await gone).left, 0, 'processes'));
  tell(atMost('supervisor.supervisorKillGone', (await gone).tookS, 30, 's'));
  const seen = { page: [...ear.reports], agent: witness.facts(), untilWallMs: Date.now() };
  return faultFacts({ id: 'supervisor-kill', atWallMs, healedWallMs: atWallMs }, seen, clickWallMs);
}

/** Seconds from the kill until the page says so, and until words flow both ways again. */
export async function measureSupervisorLoss({ log, tell, folder }: BenchContext): Promise<void> {
  const parent = join(folder, 'supervisor-kill');
  mkdirSync(parent, { recursive: true });
  const signal = AbortSignal.timeout(180_000);
  const options = { env: process.env, report: QUIET };
  await using parts = new StopStack(log);
  const runFolder = parts.own('run folder', await createRunFolder({ log, parentFolder: parent }), 15_000);
  const binary = (await findLiveKitServer(options, signal)).path;
  const server = parts.own('server', await startLiveKitServer({ runFolder, log, binary }, signal), 10_000);
  const seconds = (BEFORE_MS + WATCH_MS + CALL_LIMIT_MS) / 1000;
  const microphoneFile = await makeMicrophone({ pipeline: 'count', seconds }, runFolder.path, signal);
  const { path: executablePath } = await findChromium(options, signal);
  const browser = parts.own(
    'browser',
    await startCallBrowser(
      { executablePath, folder: runFolder.path, microphoneFile, wishes: { text: true } },
      signal,
    ),
    8_000,
  );
  const { firstUiStateMs, audioBackMs, shownBackMs } = await playLoss(
    browser,
    server,
    parent,
    tell,
    parts,
    signal,
  );
  const inSeconds = (ms: number | null): number => (ms ?? Number.NaN) / 1000;
  tell(atMost('supervisor.supervisorKillTold', inSeconds(firstUiStateMs), TOLD_BAR_S, 's'));
  tell(atMost('supervisor.supervisorKillWordsBack', inSeconds(audioBackMs), BACK_BAR_S, 's'));
  tell(atMost('supervisor.supervisorKillShownBack', inSeconds(shownBackMs), BACK_BAR_S + TOLD_BAR_S, 's'));
}
