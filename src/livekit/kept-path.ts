/**
 * Keeps a path that carries when the SDK resumes its signal connection. The SDK restarts ICE with every resume; a server
 * with ICE lite then sends nothing until the new pair is nominated, 0.1 to 0.9 s (see sdk-repair.ts), and a word is lost
 * although nothing was wrong with the media. Invariant: without fresh proof that something comes, ICE is restarted.
 */
import type { Room } from 'livekit-client';
import type { Clock } from '../core/ports.ts';
import { receivedBytesOf } from './media-sample.ts';
import { watchResumes } from './sdk-repair.ts';

type Engine = Room['engine'];
type Transports = NonNullable<Engine['pcManager']>;

/** An agent's sound comes every 20 ms. Who is on another network now waits this much longer for its ICE restart. */
const PROOF_LIMIT_MS = 300;
const LOOK_MS = 50;

/** `mayKeepPath`: see RoomJoin. */
export function keepPathThatCarries(engine: Engine, mayKeepPath: () => boolean, clock: Clock): void {
  let before = Promise.resolve(NaN);
  watchResumes(engine, {
    onBegin: () => {
      before = engine.pcManager === undefined ? Promise.resolve(NaN) : received(engine.pcManager);
    },
    onSignalBack: () => {
      const transports = engine.pcManager;
      // Of two connections the server restarts one by itself.
      if (transports?.mode !== 'publisher-only') return;
      // The SDK restarts ICE right after it has told this, and nobody else comes in between.
      transports.triggerIceRestart = async () => {
        restoreRestart(transports);
        if (mayKeepPath() && isAnswered(transports) && (await carries(transports, before, clock)))
          await transports.createAndSendPublisherOffer(); // what the server wanted meanwhile
        else await transports.triggerIceRestart();
      };
    },
  });
}

/** The prototype's again. */
function restoreRestart(transports: Transports): void {
  delete (transports as Partial<Transports>).triggerIceRestart;
}

function isAnswered({ publisher }: Transports): boolean {
  return publisher.getSignallingState() === 'stable';
}

/** Not so while a pair that was cut for over 5 s is still taken for lost. */
function isUp({ publisher }: Transports): boolean {
  return publisher.getConnectionState() === 'connected';
}

/** Whether it is up and anything has come since `before` was read. Never rejects. */
async function carries(transports: Transports, before: Promise<number>, clock: Clock): Promise<boolean> {
  const limit = new AbortController();
  const proof = async (): Promise<boolean> => {
    const bytes = await before;
    while (!((await received(transports)) > bytes && isUp(transports)))
      await clock.sleep(LOOK_MS, limit.signal);
    return true;
  };
  const late = clock.sleep(PROOF_LIMIT_MS, limit.signal).then(() => false);
  try {
    return await Promise.race([proof(), late]);
  } catch {
    return false; // a clock that has stopped proves nothing
  } finally {
    limit.abort();
  }
}

/** NaN when it cannot be read: nothing is more than that, and it is more than nothing. Never rejects. */
async function received({ publisher }: Transports): Promise<number> {
  const report = await publisher.getStats()?.catch(() => undefined);
  return report === undefined ? NaN : receivedBytesOf(report);
}
