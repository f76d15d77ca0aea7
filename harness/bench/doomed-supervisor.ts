/**
 * A supervisor to be killed by its bench: a run with its reaper, and three real session processes, one of them stopped.
 * Says `ready` when they are there. Its argument is its folder.
 */
import { pino } from 'pino';
import { sessionChildSpawner } from '../agent/child-process.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import { Supervisor } from '../supervisor/supervisor.ts';

const [folder = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const runFolder = await createRunFolder({ log, parentFolder: folder, adopt: process.env });
const supervisor = new Supervisor({ log, stateFolder: `${folder}/state` });
const spawn = sessionChildSpawner(runFolder);
const children = await Promise.all([1, 2, 3].map(() => spawn(log, supervisor)));
await Promise.all(
  children.map(
    (child) =>
      new Promise<void>((resolve) => {
        child.onMessage = () => resolve();
      }),
  ),
);
process.kill(children[0]?.pid ?? 0, 'SIGSTOP');
process.stdout.write('ready\n');
setInterval(() => undefined, 1000);
