/** A run with a child, a grandchild, and a stray that left its group; prints their pids and waits to be killed. */
import { once } from 'node:events';
import { ProcessGroup } from '../../../harness/supervisor/process-group.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { silentLog } from '../../support/node/silent-log.ts';

const runFolder = await createRunFolder({ log: silentLog, adopt: process.env });
const forever = 'setInterval(() => {}, 1000)';
const script = `
  const { spawn } = require('node:child_process');
  const start = (detached) => spawn(process.execPath, ['-e', ${JSON.stringify(forever)}], { stdio: 'ignore', detached }).pid;
  process.on('SIGTERM', () => {});
  console.log(JSON.stringify([process.pid, start(false), start(true)]));
  ${forever}`;
const group = await ProcessGroup.start({ command: process.execPath, args: ['-e', script], runFolder });
await once(group.child.stdout ?? group.child, 'data');
const pids = JSON.parse(group.output('stdout')) as number[];
process.stdout.write(`${JSON.stringify({ folder: runFolder.path, pids })}\n`);
setInterval(() => undefined, 1000);
