/** Starts a livekit-server in a run of its own, prints what it is, and waits to be killed. */
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { startLiveKitServer } from '../../../harness/server/livekit-server.ts';
import { liveKitBinary } from '../../support/node/livekit-binary.ts';
import { silentLog } from '../../support/node/silent-log.ts';

const runFolder = await createRunFolder({ log: silentLog, adopt: process.env });
const { path } = await liveKitBinary();
const server = await startLiveKitServer(
  { runFolder, log: silentLog, binary: path },
  AbortSignal.timeout(20_000),
);
process.stdout.write(`${JSON.stringify({ folder: runFolder.path, pid: server.pid, url: server.httpUrl })}\n`);
setInterval(() => undefined, 1000);
