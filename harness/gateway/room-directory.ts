import type { RoomTimeouts } from '../contracts.ts';

/** What the gateway asks of a LiveKit server. Every call is bounded in time and throws {@link RoomDirectoryError} only. */
export interface RoomDirectory {
  /** Makes the room with its timeouts; an existing one of the same name is kept. */
  createRoom(roomName: string, timeouts: RoomTimeouts): Promise<void>;
  /** Asks for one agent. Answers before an agent is found, and also when there is none. */
  dispatch(roomName: string, agentName: string, metadata: string): Promise<void>;
  /** Deletes the room and puts everybody out; an absent room is no error. */
  deleteRoom(roomName: string): Promise<void>;
  /** Resolves when the server answers within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
}

/** `unreachable`: no answer in time or no connection. `refused`: our key is not taken. `failed`: any other answer. */
export type RoomDirectoryErrorCode = 'unreachable' | 'refused' | 'failed';

/** A LiveKit server did not do what was asked. Rebuilt from the SDK's error, whose text may hold a token. */
export class RoomDirectoryError extends Error {
  override readonly name = 'RoomDirectoryError';
  readonly code: RoomDirectoryErrorCode;
  /** HTTP status, where one was seen. */
  readonly status: number | undefined;

  constructor(code: RoomDirectoryErrorCode, message: string, status?: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
