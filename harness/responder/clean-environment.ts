/** Owns: which of our environment a command-line assistant gets. Pure. */

/** A claude that believes itself inside another one refuses to start, or writes to the other's editor. */
const NESTED_SESSION = new Set([
  'CLAUDECODE',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_EXECPATH',
]);
/** Of Node: a parent's debugger, loader or IPC channel is not the child's. */
const OF_THIS_PROCESS = new Set(['NODE_OPTIONS', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID', 'NODE_V8_COVERAGE']);
/** Keys and settings of the harness and of its LiveKit server are nobody else's business. */
const OWN_PREFIXES = ['CLARA_', 'LIVEKIT_'];

/** The environment for a session: what is there, without what must not be handed on, and with what its options add. */
export function cleanEnvironment(
  env: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) =>
      !NESTED_SESSION.has(name) &&
      !OF_THIS_PROCESS.has(name) &&
      !OWN_PREFIXES.some((prefix) => name.startsWith(prefix)),
  );
  return { ...Object.fromEntries(kept), ...added };
}
