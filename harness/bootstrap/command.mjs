/** Tools of the set-up, run as children: their stdout goes to our stderr, because stdout belongs to the command's answer. */
import { spawn } from 'node:child_process';

/** A step of the set-up failed; the message says how. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode 1: it ran and failed; 3: a needed part is missing
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a tool to its end. Ctrl-C and its like end the tool and then us.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, limitMs: number, env?: NodeJS.ProcessEnv, quiet?: boolean }} options quiet: output is kept, not shown
 * @returns {Promise<{ code: number | null, signal: string | null, output: string }>} rejects when it cannot start
 */
export function runTool(command, args, { cwd, limitMs, env = process.env, quiet = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (/** @type {Buffer} */ chunk) => {
        output = (output + chunk.toString()).slice(-64_000);
        if (!quiet) process.stderr.write(chunk);
      });
    }
    /** @param {NodeJS.Signals} signal */
    const onSignal = (signal) => {
      child.kill('SIGTERM');
      child.once('exit', () => process.exit(signal === 'SIGINT' ? 130 : 143));
    };
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const done = () => {
      clearTimeout(timer);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    child.once('error', (error) => {
      done();
      reject(error);
    });
    // `close`, because a failure is told with all that the tool said; the tools of a set-up leave no grandchildren.
    child.once('close', (code, signal) => {
      done();
      resolve({ code, signal, output });
    });
  });
}

/**
 * Tells a line of the set-up's progress.
 * @param {string} line
 */
export function tell(line) {
  process.stderr.write(`clara: ${line}\n`);
}

/**
 * Runs a step and tells its time.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function timed(name, work) {
  const startedMonoMs = performance.now();
  tell(`${name} ...`);
  const result = await work();
  tell(`${name} (${((performance.now() - startedMonoMs) / 1000).toFixed(1)} s)`);
  return result;
}
