/**
 * The server's side of a call's network, in a namespace that it was started in: servers that echo, and a client that is
 * told by lines what to try. With `--stay` it only tells what it has made and waits to be killed.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { KernelCut } from '../../../harness/faults/kernel-path.ts';
import { startCallNamespaces } from '../../../harness/namespaces/call-namespaces.ts';
import { findNamespaceTools } from '../../../harness/namespaces/namespace-tools.ts';
import { SERVER_ADDRESS } from '../../../harness/namespaces/network-plan.ts';
import { outsideInterface } from '../../../harness/stack/outside-interface.ts';
import { listProcesses } from '../../../harness/supervisor/process-table.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { silentLog } from '../../support/node/silent-log.ts';

const SIGNAL_PORT = 7880;
const OTHER_PORT = 7881;
const UDP_PORT = 7882;
const never = new AbortController().signal;

/** For each line: what a new connection to each port, one datagram, and a connection that was there before do. */
const CLIENT = `
  const net = require('node:net'), dgram = require('node:dgram');
  const within = (start) => new Promise((resolve) => {
    const timer = setTimeout(() => resolve('silent'), 400);
    start((what) => { clearTimeout(timer); resolve(what); });
  });
  let held = 'none';
  const old = net.connect(${SIGNAL_PORT}, '${SERVER_ADDRESS}', () => (held = 'open'));
  old.on('error', (error) => (held = error.code));
  const connect = (port) => within((done) => {
    const socket = net.connect(port, '${SERVER_ADDRESS}', () => { socket.destroy(); done('open'); });
    socket.on('error', (error) => done(error.code));
    setTimeout(() => socket.destroy(), 450);
  });
  const datagram = () => within((done) => {
    const socket = dgram.createSocket('udp4');
    socket.on('message', () => done('echo'));
    socket.on('error', (error) => done(error.code));
    socket.send('x', ${UDP_PORT}, '${SERVER_ADDRESS}');
    setTimeout(() => socket.close(), 450);
  });
  require('node:readline').createInterface({ input: process.stdin }).on('line', async () => {
    const [signal, other, udp] = await Promise.all([connect(${SIGNAL_PORT}), connect(${OTHER_PORT}), datagram()]);
    console.log(JSON.stringify({ signal, other, udp, held }));
  }).on('close', () => process.exit());
`;

const tools = await findNamespaceTools(process.env);
if ('reason' in tools) throw new Error(tools.reason);
const runFolder = await createRunFolder({ log: silentLog, adopt: process.env });
const network = await startCallNamespaces({ tools, runFolder, log: silentLog }, never);

if (process.argv.includes('--stay')) {
  const holders = listProcesses().filter(
    ({ commandLine, environment }) =>
      /^cat\0?$/.test(commandLine) && environment.includes(`CLARA_RUN_ID=${runFolder.runId}`),
  );
  const namespaces = [process.pid, ...holders.map(({ pid }) => pid)].map((pid) =>
    readlinkSync(`/proc/${pid}/ns/net`),
  );
  process.stdout.write(
    `${JSON.stringify({ folder: runFolder.path, pids: holders.map(({ pid }) => pid), namespaces })}\n`,
  );
  setInterval(() => undefined, 1_000);
} else {
  process.stdout.write(`${JSON.stringify(await tryAll())}\n`);
  await network.stop();
  await runFolder.stop();
  process.exit(0);
}

async function tryAll(): Promise<Record<string, unknown>> {
  const outside = outsideInterface(); // at once: the agent's library looks no second time
  for (const port of [SIGNAL_PORT, OTHER_PORT]) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined); // reset by a cut
      socket.pipe(socket);
    }).listen(port, SERVER_ADDRESS);
    await once(server, 'listening');
  }
  const udp = createSocket('udp4').bind(UDP_PORT, SERVER_ADDRESS);
  udp.on('message', (packet, from) => udp.send(packet, from.port, from.address));
  await once(udp, 'listening');

  const launcher = await network.launcher(process.execPath, runFolder.path);
  const client = spawn(launcher, ['-e', CLIENT], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  const ask = async (): Promise<unknown> => {
    client.stdin.write('\n');
    return JSON.parse(String((await answers.next()).value));
  };
  const path = network.path(SIGNAL_PORT);
  const cuts: Record<string, KernelCut> = {
    silent: { kind: 'silent' },
    up: { kind: 'udp', side: 'up' },
    down: { kind: 'udp', side: 'down' },
    signal: { kind: 'signal' },
    refused: { kind: 'refused' },
  };
  const seen: Record<string, unknown> = { whole: await ask() };
  const lost: Record<string, number> = {};
  for (const [name, cut] of Object.entries(cuts)) {
    const before = path.counts();
    const heal = await path.cut(cut);
    seen[name] = await ask();
    lost[name] = path.counts().lost - before.lost;
    await heal();
    await heal(); // the second one has nothing left to do
    if (name !== 'refused') seen[`after ${name}`] = await ask();
  }
  const one = await path.cut({ kind: 'silent' });
  const other = await path.cut({ kind: 'udp', side: 'both' });
  await one();
  seen['the inner of two'] = await ask();
  await other();
  seen['after all'] = await ask();
  client.stdin.end();
  return { outside, seen, lost, refused: path.counts().refused };
}
