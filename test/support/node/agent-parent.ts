/** A parent with an agent and no run folder (so no reaper), to be killed by its test. Prints its children's pids. */
import { ClaraVoiceAgent } from '../../../harness/agent/clara-voice-agent.ts';
import { sessionChildSpawner } from '../../../harness/agent/child-process.ts';
import { silentLog } from './silent-log.ts';

const [url, apiKey] = process.argv.slice(2);
const apiSecret = process.env['TEST_API_SECRET'];
if (url === undefined || apiKey === undefined || apiSecret === undefined)
  throw new Error('usage: agent-parent URL KEY, with TEST_API_SECRET');
const spawn = sessionChildSpawner();
const agent = new ClaraVoiceAgent({
  livekit: { url, publicUrl: url, apiKey, apiSecret },
  agentName: 'killed-agent',
  log: silentLog,
  spawnChild: async (log, supervisor) => {
    const child = await spawn(log, supervisor);
    process.stdout.write(`child ${child.pid}\n`);
    return child;
  },
});
agent.onReport((report) => {
  if (report.type === 'joined') process.stdout.write('joined\n');
});
await agent.start(new AbortController().signal);
process.stdout.write('started\n');
