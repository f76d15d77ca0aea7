import { spawn } from 'node:child_process';

/** Longest sound that is taken from a voice, bytes: 5 min at 48 kHz. */
const MAX_OUTPUT_BYTES = 30_000_000;

/** Why a voice's process gave nothing. */
export class VoiceError extends Error {
  override readonly name = 'VoiceError';
}

/**
 * Runs a voice's process with `text` on its stdin (never in its arguments, which everybody can read) and gives its
 * stdout. Throws {@link VoiceError} when it is missing, fails, says too much, or takes longer than `limitMs`;
 * rethrows `signal.reason` when aborted. The process is gone, or killed, when this settles.
 */
export async function runVoice(
  command: string,
  args: readonly string[],
  text: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (act: () => void): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', onAbort);
      child.kill('SIGKILL');
      act();
    };
    const limit = setTimeout(
      () => settle(() => reject(new VoiceError(`${command} gave no sound within ${limitMs} ms`))),
      limitMs,
    );
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    signal.addEventListener('abort', onAbort, { once: true });
    child.on('error', (cause) =>
      settle(() => reject(new VoiceError(`${command} could not be run`, { cause }))),
    );
    child.stdin.on('error', () => {}); // EPIPE: its exit tells
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_OUTPUT_BYTES)
        settle(() => reject(new VoiceError(`${command} gave more than ${MAX_OUTPUT_BYTES} bytes`)));
    });
    child.on('close', (code) =>
      settle(() =>
        code === 0
          ? resolve(Buffer.concat(chunks))
          : reject(new VoiceError(`${command} ended with ${code ?? 'a signal'}`)),
      ),
    );
    child.stdin.end(text);
  });
}
