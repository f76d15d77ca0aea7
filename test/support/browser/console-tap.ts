/**
 * Sees what the page prints. Import it before anything that may keep a console method for itself: livekit-client's
 * loggers bind theirs when they are made.
 */
/* eslint-disable no-console -- this is about the console */
let lines: unknown[][] | undefined;

for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
  const print = console[method].bind(console);
  console[method] = (...args: unknown[]) => {
    if (lines === undefined) print(...args);
    else lines.push(args);
  };
}

/** Everything that was printed while `work` ran, as one text; none of it reaches the real console. */
export async function printedDuring(work: () => Promise<void>): Promise<string> {
  lines = [];
  const collected = lines;
  try {
    await work();
  } finally {
    lines = undefined;
  }
  return collected.map((args) => args.map(textOf).join(' ')).join('\n');
}

/** With the errors inside of it, which JSON leaves empty and a console shows in full. */
function textOf(value: unknown): string {
  const seen = new Set<unknown>();
  return (
    JSON.stringify(value, (_key, part: unknown) => {
      if (part instanceof Error) return `${part.message} ${part.stack ?? ''}`;
      if (typeof part === 'bigint') return String(part);
      if (typeof part === 'object' && part !== null && seen.size < seen.add(part).size) return part;
      return typeof part === 'object' && part !== null ? 'seen' : part;
    }) ?? ''
  );
}
