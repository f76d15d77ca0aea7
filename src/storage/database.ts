/**
 * One connection to the database, opened when it is first needed and again after the browser or another tab has
 * closed it. Owns the connection and nothing in it. Invariant: never stands in the way of another tab's upgrade, and
 * never waits for ever on one: an open that is blocked is given up after {@link OPEN_LIMIT_MS}.
 */
import { type IDBPDatabase, openDB } from 'idb';
import type { Clock } from '../core/ports.ts';
import { type ClaraSchema, DATABASE_NAME, DATABASE_VERSION, upgradeSchema } from './schema.ts';

/** Longest wait for an open, ms; a warm one takes 5 to 30. */
export const OPEN_LIMIT_MS = 3000;

/** Why the storage could not be used. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** `blocked`: another tab holds an older version open; `unavailable`: no IndexedDB, or it refused. */
  readonly code: 'blocked' | 'unavailable';

  constructor(code: StorageError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a database needs; `name` for tests. */
export interface DatabaseOptions {
  readonly clock: Clock;
  /** @default {@link DATABASE_NAME} */
  readonly name?: string;
  /** @default {@link DATABASE_VERSION} */
  readonly version?: number;
}

/** See the file's head. */
export class Database {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #version: number;
  #connection: Promise<IDBPDatabase<ClaraSchema>> | undefined;

  constructor({ clock, name = DATABASE_NAME, version = DATABASE_VERSION }: DatabaseOptions) {
    this.#clock = clock;
    this.#name = name;
    this.#version = version;
  }

  /**
   * Runs `work` on the connection. When the connection turns out to be dead it is opened anew and `work` runs once
   * more, so `work` must be one transaction. Throws {@link StorageError}, or what `work` threw.
   */
  async run<T>(work: (connection: IDBPDatabase<ClaraSchema>) => Promise<T>): Promise<T> {
    const connecting = this.#connected();
    const connection = await connecting;
    try {
      return await work(connection);
    } catch (error) {
      if (!isDead(error)) throw error;
      connection.close(); // does nothing to a dead one
      this.#drop(connecting);
      return work(await this.#connected());
    }
  }

  /** Closes the connection; a later {@link run} opens it again. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then(
      (open) => open.close(),
      () => {}, // it never opened
    );
  }

  #connected(): Promise<IDBPDatabase<ClaraSchema>> {
    if (this.#connection !== undefined) return this.#connection;
    const connecting: Promise<IDBPDatabase<ClaraSchema>> = this.#open(() => this.#drop(connecting)).catch(
      (error: unknown) => {
        this.#drop(connecting); // the next use tries again
        throw error;
      },
    );
    this.#connection = connecting;
    return connecting;
  }

  /** Forgets `connecting`, unless another one has taken its place: that one lives, and must stay known to be closed. */
  #drop(connecting: Promise<IDBPDatabase<ClaraSchema>>): void {
    if (this.#connection === connecting) this.#connection = undefined;
  }

  /** @param onGone told when the browser or another tab has ended the connection. */
  async #open(onGone: () => void): Promise<IDBPDatabase<ClaraSchema>> {
    let isBlocked = false;
    let isGivenUp = false;
    const timer = new AbortController();
    // Inside a promise: a browser that forbids storage throws at once.
    const opening = Promise.resolve().then(() =>
      openDB<ClaraSchema>(this.#name, this.#version, {
        upgrade: (database, oldVersion) => upgradeSchema(database, oldVersion),
        blocked: () => {
          isBlocked = true;
        },
        blocking: (_version, _blocked, { target }) => {
          (target as IDBDatabase).close(); // the one that is in the way, whether or not it is still in use here
          onGone();
        },
        terminated: onGone,
      }),
    );
    opening.then(
      (late) => {
        if (isGivenUp) late.close();
      },
      () => {}, // told below
    );
    const limit = this.#clock.sleep(OPEN_LIMIT_MS, timer.signal).then(() => {
      isGivenUp = true;
      throw new StorageError(
        isBlocked ? 'blocked' : 'unavailable',
        `the database did not open in ${OPEN_LIMIT_MS} ms${isBlocked ? ': another tab holds an older version' : ''}`,
      );
    });
    limit.catch(() => {}); // after the open nobody listens
    try {
      return await Promise.race([opening, limit]);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError('unavailable', 'the database could not be opened', { cause: error });
    } finally {
      timer.abort();
    }
  }
}

/**
 * A connection that was closed under us: by another tab's upgrade, by the browser, by the user clearing data. Safari
 * tells a lost database process as UnknownError.
 */
function isDead(error: unknown): boolean {
  return error instanceof DOMException && ['InvalidStateError', 'UnknownError'].includes(error.name);
}
