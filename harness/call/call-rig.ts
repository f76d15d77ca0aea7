/**
 * Owns: everything that one call needs, running: run folder, microphone file, stack, page, browser, witness of the
 * agent. Never: decides anything about the call. Server and browser start side by side; a part that fails ends both.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../browser/find-chromium.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import type { Logger, Pipeline, Running } from '../contracts.ts';
import { startGateway } from '../gateway/gateway.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import type { Report } from '../parts/try-ways.ts';
import { builtAppFolder, startStack, type Stack, type StackOptions } from '../stack/start-stack.ts';
import { createRunFolder, type RunFolder } from '../supervisor/run-folder.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { AgentWitness } from './agent-witness.ts';
import { startCallBrowser, type CallBrowser, type CallBrowserOptions } from './call-browser.ts';
import { makeMicrophone } from './call-microphone.ts';
import { pageFlags, type CallNetwork } from './call-network.ts';
import type { CallClient } from './call-result.ts';

/** What to set up. */
export interface CallRigOptions {
  readonly client: CallClient;
  readonly pipeline: Pipeline;
  readonly seconds: number;
  /** The microphone; tone words or speech by default. */
  readonly wavFile?: string;
  /** @default false */
  readonly headed?: boolean;
  /** @default true */
  readonly grantMicrophone?: boolean;
  /** Nothing but silence as the microphone. @default false */
  readonly silentMicrophone?: boolean;
  /** More for the browser, see {@link CallBrowserOptions}. */
  readonly browser?: Pick<CallBrowserOptions, 'blockAutoplay' | 'wishes' | 'flags'>;
  /** More for the page's address. */
  readonly query?: Readonly<Record<string, string>>;
  readonly config: ResolvedConfig;
  readonly log: Logger;
  readonly report: Report;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** See {@link StackOptions.through}. */
  readonly through?: StackOptions['through'];
  /** See {@link StackOptions.nodeIp}. */
  readonly nodeIp?: string;
  /** Makes a network in which page and servers meet; the rig owns it. @default loopback */
  readonly network?: (runFolder: RunFolder, signal: AbortSignal) => Promise<CallNetwork>;
}

/** All of it, running. Stopping it leaves no process, port or file. */
export interface CallRig extends Running {
  readonly runFolder: RunFolder;
  readonly stack: Stack;
  readonly browser: CallBrowser;
  readonly witness: AgentWitness;
  /** The page to open. */
  readonly url: string;
}

/** Starts all of it. The caller owns it. Rejects with the error of the part that failed, everything stopped again. */
export async function startCallRig(options: CallRigOptions, signal: AbortSignal): Promise<CallRig> {
  const { log, report, env = process.env } = options;
  if (options.client === 'clara') requireApp();
  const parts = new StopStack(log);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const orFail = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  try {
    const runFolder = parts.own('run folder', await createRunFolder({ log, adopt: env }), 15_000);
    const made = await options.network?.(runFolder, either);
    const network = made && parts.own('network', made);
    const starting = [
      orFail(startServing(options, runFolder, network, either)).then((serving) =>
        parts.own('stack', serving, 25_000),
      ),
      orFail(startBrowser(options, runFolder, network, either)).then((browser) =>
        parts.own('browser', browser, 8_000),
      ),
    ] as const;
    await Promise.allSettled(starting); // whatever did start is owned by now, and is stopped below when the other failed
    failed.signal.throwIfAborted();
    const [serving, browser] = await Promise.all(starting);
    report('browser started');
    const stop = () => parts.stop();
    const { stack, url, witness } = serving;
    return { runFolder, stack, browser, witness, url, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** Without it the gateway would serve a page that says so, and the call would wait for its Start button. */
function requireApp(): void {
  const file = join(builtAppFolder(), 'index.html');
  if (existsSync(file)) return;
  throw new PartMissingError(
    'The app',
    'the page that makes the call',
    [{ id: 'app', what: file, reason: 'not built' }],
    'npm run build',
  );
}

interface Serving extends Running {
  readonly stack: Stack;
  readonly url: string;
  readonly witness: AgentWitness;
}

async function startServing(
  options: CallRigOptions,
  runFolder: RunFolder,
  network: CallNetwork | undefined,
  signal: AbortSignal,
): Promise<Serving> {
  const { client, log, report, env, through, nodeIp, pipeline } = options;
  const config = network === undefined ? options.config : servedAt(options.config, network);
  const parts = new StopStack(log);
  try {
    const stack = await startStack(
      config,
      {
        runFolder,
        log,
        report,
        stateFolder: join(runFolder.path, 'state'), // a call's journals go with the call
        ...(env && { env }),
        ...(through && { through }),
        ...(nodeIp && { nodeIp }),
        ...(network && { outside: network }),
      },
      signal,
    );
    parts.own('stack', stack, 20_000);
    const witness = parts.own('witness', new AgentWitness(stack.agent));
    const page =
      client === 'clara'
        ? stack.url
        : parts.own('stock page', await serveStockPage(options, stack, network, signal)).url;
    // Echo cancellation and noise suppression hear tone words as noise: they are off where words are counted.
    const query = new URLSearchParams({
      pipeline,
      ...(pipeline === 'count' && { audioProcessing: 'off' }),
      ...options.query,
    });
    const stop = () => parts.stop();
    return { stack, witness, url: `${page}/?${query.toString()}`, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** The same settings, with the gateway where the page can reach it. */
function servedAt(config: ResolvedConfig, { address, ports }: CallNetwork): ResolvedConfig {
  return { ...config, values: { ...config.values, host: address, port: ports.app } };
}

/** A second gateway to the same server and agent, with the stock page as its app: the same tokens, the same policy. */
function serveStockPage(
  { config, log }: CallRigOptions,
  stack: Stack,
  network: CallNetwork | undefined,
  signal: AbortSignal,
) {
  const { values } = config;
  return startGateway(
    {
      ...(network && { host: network.address, port: network.ports.stock }),
      livekit: stack.livekit,
      agents: stack.agent,
      roomTimeouts: { emptyTimeoutS: values.emptyTimeoutS, departureTimeoutS: values.graceS },
      defaultPipeline: values.pipeline,
      joinTokenTtlS: values.joinTokenTtlS,
      appFolder: stockPageFolder(),
      log,
    },
    signal,
  );
}

function stockPageFolder(): string {
  const places = ['../../dist/harness/probe/stock-page', '../probe/stock-page'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const place = places.find((path) => existsSync(`${path}/stock-page.js`));
  if (place !== undefined) return place;
  throw new PartMissingError(
    'The stock page',
    'calls with --client stock',
    places.map((path) => ({ id: 'stock-page', what: path, reason: 'not built' })),
    'npm run build',
  );
}

async function startBrowser(
  options: CallRigOptions,
  runFolder: RunFolder,
  network: CallNetwork | undefined,
  signal: AbortSignal,
): Promise<CallBrowser> {
  const { env = process.env, report, headed, grantMicrophone } = options;
  const microphoneFile = await makeMicrophone(options, runFolder.path, signal);
  const { path } = await findChromium({ env, report }, signal);
  return startCallBrowser(
    {
      executablePath: (await network?.launcher(path, runFolder.path)) ?? path,
      folder: runFolder.path,
      microphoneFile,
      ...(headed !== undefined && { headed }),
      ...(grantMicrophone !== undefined && { grantMicrophone }),
      ...options.browser,
      ...(network && {
        reachable: [network.address],
        flags: [...pageFlags(network), ...(options.browser?.flags ?? [])],
      }),
    },
    signal,
  );
}
