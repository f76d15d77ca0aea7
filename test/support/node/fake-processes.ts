/** A process table that a test writes. */
import type { ProcessSample, ProcessSource } from '../../../harness/supervisor/process-sample.ts';

export class FakeProcesses implements ProcessSource {
  readonly samples = new Map<number, ProcessSample>();
  readonly marks = new Map<number, string>();
  /** How often the whole table was read. */
  lists = 0;
  /** How often an environment was read. */
  markReads = 0;
  fail: Error | undefined;

  /** Adds or changes a process; pid is its group unless told otherwise. */
  put(facts: Partial<ProcessSample> & { pid: number }, mark?: string): void {
    const before = this.samples.get(facts.pid);
    this.samples.set(facts.pid, {
      parentPid: 1,
      groupId: facts.pid,
      state: 'S',
      startTime: `start-${facts.pid}`,
      rssBytes: 0,
      cpuMs: 0,
      ...before,
      ...facts,
    });
    if (mark !== undefined) this.marks.set(facts.pid, mark);
  }

  list(): ProcessSample[] {
    this.lists += 1;
    if (this.fail !== undefined) throw this.fail;
    return [...this.samples.values()];
  }

  one(pid: number): ProcessSample | undefined {
    return this.samples.get(pid);
  }

  childrenOf(pid: number): number[] {
    return [...this.samples.values()]
      .filter(({ parentPid }) => parentPid === pid)
      .map((sample) => sample.pid);
  }

  markOf(pid: number): string | undefined {
    this.markReads += 1;
    return this.marks.get(pid);
  }
}
