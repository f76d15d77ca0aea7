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

function textOf(value: unknown): string {
  return value instanceof Error ? `${value.message} ${value.stack ?? ''}` : (JSON.stringify(value) ?? '');
}
