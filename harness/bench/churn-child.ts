/**
 * A session's process for the churn: says what a real one says, without a room. How it ends is in the voice session's id
 * (`…-<way>`): some do not hear the order, some die of it, some leave processes behind that have left their group.
 */
import { spawn } from 'node:child_process';
import { parseParentMessage } from '../agent/ipc.ts';
import type { ChildMessage, StartMessage } from '../agent/ipc.ts';

const BEAT_EVERY_MS = 500;
let way = 'obeys';
let soundMs = 0;

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message, () => {}); // a channel that closes meanwhile ends us anyway
}

function begin({ voiceSessionId }: StartMessage): void {
  way = voiceSessionId.split('-').at(-1) ?? way;
  const identity = `user-of-${voiceSessionId}`;
  if (way === 'strays') spawn('/bin/sh', ['-c', 'sleep 60 & wait'], { detached: true, stdio: 'ignore' });
  tell({ type: 'joined', tookMs: 1, again: false });
  tell({ type: 'participantJoined', identity, returned: false, userKey: voiceSessionId });
  tell({
    type: 'turn',
    identity,
    turn: { from: 'user', kind: 'text', text: 'hello', atWallMs: Date.now() },
  });
  if (way === 'leaves') tell({ type: 'participantLeft', identity, reason: 'bye' });
}

function end(): void {
  if (way === 'deaf') return;
  if (way === 'crashes') process.kill(process.pid, 'SIGSEGV');
  tell({ type: 'ended', reason: 'asked' });
  process.exit(0);
}

process.on('message', (value) => {
  const message = parseParentMessage(value);
  if (message.type === 'start') begin(message);
  if (message.type === 'end') end();
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => {}); // as deaf as it gets
tell({ type: 'ready' });
setInterval(() => tell({ type: 'beat', soundMs: (soundMs += BEAT_EVERY_MS) }), BEAT_EVERY_MS);
