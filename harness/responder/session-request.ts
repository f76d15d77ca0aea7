/** Owns: what is asked with a session: checked before anything of it begins. Pure. */
import { MAX_PROMPT_BYTES } from './cli-config.ts';
import { ClaudeSessionError } from './failure.ts';

/** Longest name of an agent, characters. */
export const MAX_AGENT_CHARACTERS = 200;

/** @throws ClaudeSessionError invalidOptions */
export function checkAgent(agentId: unknown): void {
  if (typeof agentId !== 'string' || agentId === '' || agentId.length > MAX_AGENT_CHARACTERS)
    throw new ClaudeSessionError('invalidOptions', `agentId is not 1 to ${MAX_AGENT_CHARACTERS} characters`);
}

/** @throws ClaudeSessionError invalidOptions */
export function checkPrompt(prompt: unknown): void {
  if (typeof prompt !== 'string') throw new ClaudeSessionError('invalidOptions', 'the prompt is no text');
  const bytes = Buffer.byteLength(prompt);
  if (bytes > MAX_PROMPT_BYTES)
    throw new ClaudeSessionError(
      'invalidOptions',
      `the prompt has ${bytes} bytes, its limit is ${MAX_PROMPT_BYTES}`,
    );
}
