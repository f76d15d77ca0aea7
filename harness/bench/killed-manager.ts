/** A manager to be killed: 20 sessions, each a SIGTERM-proof shell with a child, one of them hung. Says "up" when all have spoken. */
import { ClaudeCliManager } from '../responder/claude-cli-manager.ts';

const [stateFolder = '', mark = ''] = process.argv.slice(2);
const manager = new ClaudeCliManager({ stateFolder });
const script = "trap '' TERM; sleep 600 & echo up; while :; do sleep 1; done";
const hung = "trap '' TERM; sleep 600 & echo up; kill -STOP $$";
let up = 0;
manager.onUpdate((_session, { type }) => {
  if (type === 'output' && (up += 1) === 20) process.stdout.write('up\n');
});
for (let index = 0; index < 20; index += 1)
  manager.startClaudeSession(`agent-${index}`, '', {
    command: 'sh',
    args: ['-c', index === 0 ? hung : script],
    env: { BENCH_MARK: mark },
  });
