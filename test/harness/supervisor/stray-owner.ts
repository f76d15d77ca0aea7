/**
 * A supervisor as a process of its own: launches one session of the kind its argument names, says its pids, and lives
 * until it is killed. `zombie` never collects its dead child, because its event loop stands still.
 */
import { pino } from 'pino';
import { Supervisor } from '../../../harness/supervisor/supervisor.ts';

const [kind = '', stateFolder = ''] = process.argv.slice(2);
const FOREVER = 'setInterval(() => {}, 1000)';
const proof = `process.on('SIGTERM', () => {}); ${FOREVER}`;
const tree = `
  const { spawn } = require('node:child_process');
  const start = (detached) => spawn(process.execPath, ['-e', ${JSON.stringify(proof)}], { stdio: 'ignore', detached }).pid;
  const pids = [process.pid, start(false), start(true)];
  setTimeout(() => console.log(JSON.stringify(pids)), 300); ${proof}`;
const script = kind === 'zombie' ? 'setTimeout(() => process.exit(0), 600); console.log("[]")' : tree;

const supervisor = new Supervisor({ log: pino({ level: 'silent' }), stateFolder });
const launched = await supervisor.launch({
  kind: 'voice',
  sessionId: `session-${kind}`,
  command: process.execPath,
  args: ['-e', script],
});
await new Promise((resolve) => launched.group.child.stdout?.once('data', resolve));
const told = launched.group.output('stdout').trim();
const pids = kind === 'zombie' ? [launched.group.pid] : (JSON.parse(told) as number[]);
if (kind === 'stopped') process.kill(-launched.group.pid, 'SIGSTOP');
process.stdout.write(`${JSON.stringify(pids)}\n`, () => {
  if (kind === 'zombie') for (;;); // node would collect it at its next turn
});
setInterval(() => undefined, 1000);
