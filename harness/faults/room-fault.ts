/** What somebody does to the user's room through the server's API. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { NOTHING_TO_UNDO, undoOnce } from './undo.ts';

/** What is done. */
export type RoomAction = 'removeUser' | 'deleteRoom' | 'closeRoom' | 'joinAsUser';

/** Only `joinAsUser` has something to take back: the second one leaves. */
export function roomFault(id: string, action: RoomAction): Fault {
  return defineFault(id, async (target, signal) => {
    const room = need(target, 'room', id);
    switch (action) {
      case 'removeUser':
        await room.removeUser();
        return NOTHING_TO_UNDO;
      case 'deleteRoom':
        await room.deleteRoom();
        return NOTHING_TO_UNDO;
      case 'closeRoom':
        await room.closeRoom();
        return NOTHING_TO_UNDO;
      case 'joinAsUser':
        return undoOnce(await room.joinAsUser(), signal);
    }
  });
}
