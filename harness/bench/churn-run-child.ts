/** The churn in a process of its own: its memory is that of an agent side, and not what other measurements have left. */
import { pino } from 'pino';
import type { BenchResult } from './bench-result.ts';
import { measureChurn } from './churn.ts';

const [folder = ''] = process.argv.slice(2);
const told: Promise<unknown>[] = [];
process.on('disconnect', () => process.exit(1)); // its parent is gone

function tell(result: BenchResult): void {
  told.push(new Promise((resolve) => process.send?.(result, undefined, undefined, resolve)));
}

await measureChurn({ log: pino({ level: 'error' }, pino.destination(2)), tell, folder });
await Promise.all(told);
process.exit(0);
