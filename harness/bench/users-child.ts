/**
 * Users in rooms of sessions of their own, at the gateway and in the number of its arguments; they neither say nor hear
 * anything. A process of its own, because the native library writes to stdout. Ends with its parent.
 */
import { Room } from '@livekit/rtc-node';

const LIMIT_MS = 10_000;
const [url = '', count = '0'] = process.argv.slice(2);

async function join(): Promise<void> {
  const answer = await fetch(`${url}/api/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (!answer.ok) throw new Error(`a token was refused with ${answer.status}`);
  const { server_url = '', participant_token = '' } = (await answer.json()) as Record<string, string>;
  await new Room().connect(server_url, participant_token, { autoSubscribe: false, dynacast: false });
}

process.on('disconnect', () => process.exit(0));
for (let i = 0; i < Number(count); i += 1) await join();
setInterval(() => undefined, 60_000); // until it is stopped
