/** Processes that a test plays: what they say, and how they end. */
import type { EndReason, ProcessEnd } from '../../../harness/responder/attempt-outcome.ts';
import type {
  CliProcess,
  ProcessHandlers,
  ProcessSpec,
  StartProcess,
} from '../../../harness/responder/cli-process.ts';

/** One started process. */
export class FakeCliProcess implements CliProcess {
  readonly pid: number;
  readonly child = undefined;
  readonly spec: ProcessSpec;
  readonly handlers: ProcessHandlers;
  readonly written: string[] = [];
  readonly busy: boolean[] = [];
  readonly ends: EndReason[] = [];
  readonly ended: Promise<ProcessEnd>;
  /** Ends when asked to. */
  obeys = true;
  #resolve: (end: ProcessEnd) => void = () => undefined;

  constructor(pid: number, spec: ProcessSpec, handlers: ProcessHandlers) {
    this.pid = pid;
    this.spec = spec;
    this.handlers = handlers;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  setBusy(isBusy: boolean): void {
    this.busy.push(isBusy);
  }

  end(reason: EndReason): void {
    this.ends.push(reason);
    if (this.obeys)
      this.#resolve({ cause: 'asked', reason, exit: { code: null, signal: 'SIGTERM' }, isGone: true });
  }

  /** It says a line. */
  says(line: unknown): void {
    this.handlers.onText(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`, 'stdout');
  }

  /** It exits by itself. */
  exits(code: number): void {
    this.#resolve({ cause: 'exited', exit: { code, signal: null }, isGone: true });
  }

  /** The engine ends it. */
  endsBy(end: ProcessEnd): void {
    this.#resolve(end);
  }

  /** A good answer and the exit after it. */
  answers(text = 'done'): void {
    this.says({ type: 'system', subtype: 'init', session_id: 'talk-1' });
    this.says({ type: 'result', subtype: 'success', is_error: false, result: text, session_id: 'talk-1' });
    this.exits(0);
  }
}

/** A starter and all that it has started. */
export function fakeCliProcesses(onStart: (process: FakeCliProcess) => void = () => undefined) {
  const processes: FakeCliProcess[] = [];
  const start: StartProcess = (spec, handlers) => {
    const process = new FakeCliProcess(1000 + processes.length, spec, handlers);
    processes.push(process);
    setImmediate(() => onStart(process));
    return Promise.resolve(process);
  };
  return { processes, start };
}
