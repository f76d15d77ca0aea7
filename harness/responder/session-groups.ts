/**
 * Owns: batches of sessions: started with at most so many at once, cancelled and counted together.
 * Invariant: after `cancel` no session of the group is started any more.
 */
import type { CliState } from '../supervisor/session-states.ts';
import type { ClaudeExecutionOptions, ClaudeSession } from './session-types.ts';

/** One session of a batch. */
export interface GroupItem {
  readonly agentId: string;
  readonly prompt: string;
  readonly options?: ClaudeExecutionOptions;
}

/** How a batch stands. */
export interface GroupStatus {
  readonly name: string;
  /** Not started yet. */
  readonly waiting: number;
  readonly byStatus: Readonly<Record<CliState, number>>;
  /** Nothing waits or runs. */
  readonly isDone: boolean;
  readonly sessions: readonly ClaudeSession[];
}

/** What a batch needs of a manager. */
export interface GroupTools {
  execute(agentId: string, prompt: string, options: ClaudeExecutionOptions): Promise<ClaudeSession>;
  cancel(sessionId: string): boolean;
  /** Sessions of a group, oldest first. */
  sessionsOf(group: string): readonly ClaudeSession[];
}

interface Batch {
  waiting: GroupItem[];
}

const NO_SESSIONS: Readonly<Record<CliState, number>> = {
  running: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  timeout: 0,
  recovering: 0,
};

/** The batches of a manager. */
export class SessionGroups {
  readonly #tools: GroupTools;
  readonly #batches = new Map<string, Batch>();

  constructor(tools: GroupTools) {
    this.#tools = tools;
  }

  /**
   * Runs a batch. Fulfils when all have ended, with those that were started, in their order. Throws RangeError for a
   * group that runs already or a limit below 1. @param maxAtOnce @default all
   */
  async start(name: string, items: readonly GroupItem[], maxAtOnce = items.length): Promise<ClaudeSession[]> {
    if (this.#batches.has(name)) throw new RangeError(`group ${name} runs already`);
    if (items.length > 0 && !(maxAtOnce >= 1)) throw new RangeError(`maxAtOnce ${maxAtOnce} is below 1`);
    const batch: Batch = { waiting: [...items] };
    this.#batches.set(name, batch);
    const ended = new Map<GroupItem, ClaudeSession>();
    const lane = async (): Promise<void> => {
      for (let item = batch.waiting.shift(); item !== undefined; item = batch.waiting.shift()) {
        const { agentId, prompt, options } = item;
        ended.set(item, await this.#tools.execute(agentId, prompt, { ...options, group: name }));
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(maxAtOnce, items.length) }, lane));
    } finally {
      this.#batches.delete(name);
    }
    return items.flatMap((item) => ended.get(item) ?? []);
  }

  /** Ends a group's sessions and starts no more of them; how many sessions were ended. */
  cancel(name: string): number {
    const batch = this.#batches.get(name);
    if (batch !== undefined) batch.waiting = [];
    return this.#tools.sessionsOf(name).filter(({ id }) => this.#tools.cancel(id)).length;
  }

  /** How it stands; undefined when there is no session of it, and none waits. */
  status(name: string): GroupStatus | undefined {
    const sessions = this.#tools.sessionsOf(name);
    const waiting = this.#batches.get(name)?.waiting.length ?? 0;
    if (sessions.length === 0 && waiting === 0) return undefined;
    const byStatus = { ...NO_SESSIONS };
    for (const { status } of sessions) byStatus[status] += 1;
    return {
      name,
      waiting,
      byStatus,
      isDone: waiting === 0 && sessions.every(({ endTime }) => endTime !== undefined),
      sessions,
    };
  }
}
