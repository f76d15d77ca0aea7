/**
 * Owns: how a session's command is called: flags, what stdin gets. Pure.
 * Never: puts a prompt among the arguments: `ps` shows them, and the system bounds their length.
 */
import type { Protocol } from './session-types.ts';

/** What a call is made of, all defaults filled in. */
export interface CommandFacts {
  readonly command: string;
  /** The options' own arguments. */
  readonly args: readonly string[];
  readonly protocol: Protocol;
  /** Whether it is claude, or speaks its flags. */
  readonly isClaude: boolean;
  readonly mcpServers: boolean;
}

/** One call. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** How a claude is called. */
export interface ClaudeMode {
  /** Turns come on stdin, one process for all. */
  readonly isLongLived?: boolean;
  /** The conversation to go on with. */
  readonly resume?: string | undefined;
}

const NO_SERVERS = ['--strict-mcp-config', '--mcp-config', '{"mcpServers":{}}'];

/** The arguments of a call. */
export function commandLine(facts: CommandFacts, mode: ClaudeMode = {}): CommandLine {
  const { command, args, isClaude, protocol, mcpServers } = facts;
  if (!isClaude) return { command, args };
  return {
    command,
    args: [
      '-p',
      ...(protocol === 'streamJson' ? ['--output-format', 'stream-json', '--verbose'] : []),
      ...(mode.isLongLived === true ? ['--input-format', 'stream-json', '--include-partial-messages'] : []),
      ...(mcpServers ? [] : NO_SERVERS),
      ...(mode.resume !== undefined ? [`--resume=${mode.resume}`] : []),
      ...args,
    ],
  };
}

/** For people: the command with its arguments, at most 500 characters. */
export function shownCommand({ command, args }: CommandLine): string {
  const shown = [command, ...args].map((part) =>
    /^[\w./:=@%+-]+$/.test(part) ? part : JSON.stringify(part),
  );
  return shown.join(' ').slice(0, 500);
}
