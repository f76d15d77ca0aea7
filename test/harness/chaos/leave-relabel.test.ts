import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisconnectReason, LeaveRequest, SignalResponse } from '@livekit/protocol';
import { leaveRelabel } from '../../../harness/chaos/leave-relabel.ts';

const frame = (reason: DisconnectReason): Buffer => {
  const bytes = new SignalResponse({
    message: { case: 'leave', value: new LeaveRequest({ reason }) },
  }).toBinary();
  return Buffer.concat([Buffer.from([0x82, bytes.byteLength]), bytes]);
};
const reasonIn = (bytes: Buffer): DisconnectReason | undefined => {
  const { message } = SignalResponse.fromBinary(bytes.subarray(2));
  return message.case === 'leave' ? message.value.reason : undefined;
};

test('once armed, a deleted room is told as a closed one', () => {
  const relabel = leaveRelabel();
  const swap = relabel.swap();
  assert.equal(reasonIn(swap(frame(DisconnectReason.ROOM_DELETED))), DisconnectReason.ROOM_DELETED);
  relabel.arm();
  assert.equal(reasonIn(swap(frame(DisconnectReason.ROOM_DELETED))), DisconnectReason.ROOM_CLOSED);
});

test('other reasons and other bytes pass unchanged', () => {
  const relabel = leaveRelabel();
  relabel.arm();
  const other = frame(DisconnectReason.PARTICIPANT_REMOVED);
  assert.deepEqual(relabel.swap()(other), other);
});
