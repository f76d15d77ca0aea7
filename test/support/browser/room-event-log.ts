import type { RoomEvent } from '../../../src/core/ports.ts';

/** What a room told, and a way to wait for the next of it. */
export class RoomEventLog {
  readonly events: RoomEvent[] = [];
  #waiters: (() => void)[] = [];

  readonly onEvent = (event: RoomEvent): void => {
    this.events.push(event);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  };

  ofType<T extends RoomEvent['type']>(type: T): Extract<RoomEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<RoomEvent, { type: T }> => event.type === type);
  }

  /** Resolves as soon as `condition` holds over what was told; looked at with each event. */
  async until(condition: (events: readonly RoomEvent[]) => boolean): Promise<void> {
    while (!condition(this.events)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}
