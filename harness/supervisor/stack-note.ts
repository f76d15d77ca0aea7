/**
 * Owns: a note of where a hung process stands, taken before it is ended. Best effort, bounded, never throws.
 * A Node process opens its inspector on SIGUSR1 even in a busy loop (a thread of its own listens for the signal; the
 * report on SIGUSR2 does not: its handler is JavaScript). It is asked to pause, tells its frames, and goes on.
 * Never: sends SIGUSR1 to a process that was not prepared for it (another program would die of it); reads variables.
 */
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { z } from 'zod';
import { pause } from './engine-clock.ts';
import type { EngineClock } from './engine-clock.ts';

/** Where a process stood. */
export interface StackNote {
  /** One letter of proc(5); `?` when unknown. */
  readonly processState: string;
  /** Kernel function it waits in, when the kernel tells. */
  readonly waitsIn?: string;
  /** JavaScript frames, innermost first, at most 20: function names and places only. */
  readonly frames?: readonly string[];
}

/** Arguments of a Node child that can be asked for its frames: its inspector takes any free port, on loopback only. */
export const NODE_STACK_NOTE_ARGUMENTS: readonly string[] = ['--inspect-port=127.0.0.1:0'];

const MAX_FRAMES = 20;
const LOOK_AGAIN_MS = 20;

const pausedSchema = z.object({
  method: z.literal('Debugger.paused'),
  params: z.object({
    callFrames: z.array(
      z.object({
        functionName: z.string(),
        url: z.string(),
        location: z.object({ lineNumber: z.number() }),
      }),
    ),
  }),
});

/** The frames in a message of the inspector; undefined for every other message. */
export function parsePaused(message: string): readonly string[] | undefined {
  try {
    const { callFrames } = pausedSchema.parse(JSON.parse(message)).params;
    return callFrames
      .slice(0, MAX_FRAMES)
      .map(
        ({ functionName, url, location }) =>
          `${functionName || '(anonymous)'} (${url}:${location.lineNumber + 1})`,
      );
  } catch {
    return undefined;
  }
}

/** Where an inspector says that it listens, loopback only. */
export function findInspector(stderr: string): string | undefined {
  return /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[\w-]+)/.exec(stderr)?.[1];
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function kernelNote(pid: number): StackNote {
  const processState = /^State:\s*(\S)/m.exec(readProc(pid, 'status'))?.[1] ?? '?';
  const wait = readProc(pid, 'wchan').trim();
  return { processState, ...(wait !== '' && wait !== '0' && { waitsIn: wait }) };
}

/** Asks an inspector where its thread is. Closing the connection lets it go on. */
function askFrames(url: string, clock: EngineClock, limitMs: number): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: Math.max(1, Math.round(limitMs)) });
    const end = (frames: readonly string[] | undefined): void => {
      cancel();
      socket.terminate();
      resolve(frames);
    };
    const cancel = clock.after(limitMs, () => end(undefined));
    socket.on('error', () => end(undefined)); // also what `terminate` during the handshake raises
    socket.on('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }));
      socket.send(JSON.stringify({ id: 2, method: 'Debugger.pause' }));
    });
    socket.on('message', (data: Buffer) => {
      const frames = parsePaused(data.toString());
      if (frames !== undefined) end(frames);
    });
  });
}

/**
 * Takes the note, within `limitMs`. Never rejects. @param options `stderr` gives what the process wrote there so far,
 * and says that it was started with {@link NODE_STACK_NOTE_ARGUMENTS}
 */
export async function takeStackNote(
  pid: number,
  clock: EngineClock,
  options: { readonly stderr?: (() => string) | undefined; readonly limitMs: number },
): Promise<StackNote> {
  const note = kernelNote(pid); // before the signal changes it
  const { stderr, limitMs } = options;
  if (stderr === undefined || /[TtZX?]/.test(note.processState)) return note; // a stopped one cannot answer
  try {
    const untilMonoMs = clock.monoMs() + limitMs;
    process.kill(pid, 'SIGUSR1');
    for (let leftMs = limitMs; leftMs > 0; leftMs = untilMonoMs - clock.monoMs()) {
      const url = findInspector(stderr());
      if (url !== undefined) {
        const frames = await askFrames(url, clock, leftMs);
        return { ...note, ...(frames !== undefined && { frames }) };
      }
      await pause(clock, LOOK_AGAIN_MS);
    }
  } catch {
    // gone meanwhile: the kernel's word is all there is
  }
  return note;
}
