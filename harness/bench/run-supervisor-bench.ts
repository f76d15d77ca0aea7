/** Prints the engine's figures as JSON; exit 1 when a bar is missed. Runs compiled: `node dist/harness/bench/run-supervisor-bench.js`. */
import { pino } from 'pino';
import { benchSupervisor } from './supervisor-bench.ts';

const figures = await benchSupervisor(pino({ level: 'warn' }, pino.destination(2)));
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
