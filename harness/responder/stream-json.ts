/**
 * Owns: reading the lines of `claude -p --output-format stream-json`, and writing those that its stdin takes. Pure.
 * Never: throws; a line that is no JSON is `bad`, one of a type or shape that is not known is `unknown`: both are
 * counted by the reader, and neither ends a session, because the protocol grows.
 */
import { z } from 'zod';

/** A line, understood. `isInner`: said by an assistant that the assistant itself started. */
export type CliMessage =
  | { readonly type: 'init'; readonly conversationId: string; readonly model?: string }
  | {
      readonly type: 'retrying';
      readonly attempt: number;
      readonly maxRetries: number;
      readonly delayMs: number;
    }
  | {
      readonly type: 'assistant';
      /** One message comes in several lines, one for each block. */
      readonly messageId?: string;
      readonly text: string;
      readonly tools: readonly string[];
      readonly isInner: boolean;
      /** `authentication_failed`, `rate_limit` and the like. */
      readonly error?: string;
    }
  | { readonly type: 'user'; readonly toolResults: number }
  | { readonly type: 'delta'; readonly text: string; readonly isInner: boolean }
  | {
      readonly type: 'result';
      /** `success`, `error_during_execution`, `error_max_turns`, `error_max_budget_usd`, … */
      readonly subtype: string;
      readonly isError: boolean;
      readonly text: string;
      readonly conversationId?: string;
      readonly costUsd?: number;
      readonly turns?: number;
    }
  | { readonly type: 'controlRequest'; readonly requestId: string; readonly subtype: string }
  | { readonly type: 'controlResponse'; readonly requestId: string; readonly isError: boolean }
  | { readonly type: 'rateLimit' }
  | { readonly type: 'keepAlive' }
  /** A system line that changes nothing for us (hooks, status). */
  | { readonly type: 'notice'; readonly subtype: string }
  | { readonly type: 'unknown'; readonly name: string };

export type ParsedLine = { readonly ok: true; readonly message: CliMessage } | { readonly ok: false };

const text = z.string();
const innerMark = z.string().nullish();
const block = z.looseObject({ type: text, text: text.optional(), name: text.optional() });
const content = z.union([text, z.array(block)]);

const lines = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('system'),
    subtype: text,
    session_id: text.optional(),
    model: text.optional(),
    attempt: z.number().optional(),
    max_retries: z.number().optional(),
    retry_delay_ms: z.number().optional(),
  }),
  z.looseObject({
    type: z.literal('assistant'),
    message: z.looseObject({ id: text.optional(), content }),
    parent_tool_use_id: innerMark,
    error: text.nullish(),
  }),
  z.looseObject({ type: z.literal('user'), message: z.looseObject({ content }) }),
  z.looseObject({
    type: z.literal('stream_event'),
    event: z.looseObject({
      type: text,
      delta: z.looseObject({ type: text.optional(), text: text.optional() }).optional(),
    }),
    parent_tool_use_id: innerMark,
  }),
  z.looseObject({
    type: z.literal('result'),
    subtype: text,
    is_error: z.boolean().optional(),
    result: text.nullish(),
    session_id: text.optional(),
    total_cost_usd: z.number().optional(),
    num_turns: z.number().optional(),
    errors: z.array(text).optional(),
  }),
  z.looseObject({
    type: z.literal('control_request'),
    request_id: text,
    request: z.looseObject({ subtype: text }),
  }),
  z.looseObject({
    type: z.literal('control_response'),
    response: z.looseObject({ subtype: text, request_id: text }),
  }),
  z.looseObject({ type: z.literal('rate_limit_event') }),
  z.looseObject({ type: z.literal('keep_alive') }),
]);
type Line = z.infer<typeof lines>;

function textOf(of: z.infer<typeof content>): string {
  if (typeof of === 'string') return of;
  return of.map((one) => (one.type === 'text' ? (one.text ?? '') : '')).join('');
}

function namesOf(of: z.infer<typeof content>, type: string): string[] {
  return typeof of === 'string' ? [] : of.flatMap((one) => (one.type === type ? [one.name ?? type] : []));
}

function systemMessage(line: Extract<Line, { type: 'system' }>): CliMessage {
  const { subtype, session_id: conversationId, model } = line;
  if (subtype === 'init' && conversationId !== undefined)
    return { type: 'init', conversationId, ...(model !== undefined && { model }) };
  if (subtype === 'api_retry')
    return {
      type: 'retrying',
      attempt: line.attempt ?? 0,
      maxRetries: line.max_retries ?? 0,
      delayMs: line.retry_delay_ms ?? 0,
    };
  return { type: 'notice', subtype };
}

function resultMessage(line: Extract<Line, { type: 'result' }>): CliMessage {
  return {
    type: 'result',
    subtype: line.subtype,
    isError: line.is_error ?? line.subtype !== 'success',
    text: line.result ?? line.errors?.join('\n') ?? '',
    ...(line.session_id !== undefined && { conversationId: line.session_id }),
    ...(line.total_cost_usd !== undefined && { costUsd: line.total_cost_usd }),
    ...(line.num_turns !== undefined && { turns: line.num_turns }),
  };
}

function messageOf(line: Line): CliMessage {
  switch (line.type) {
    case 'system':
      return systemMessage(line);
    case 'assistant': {
      const { id, content: said } = line.message;
      return {
        type: 'assistant',
        ...(id !== undefined && { messageId: id }),
        text: textOf(said),
        tools: namesOf(said, 'tool_use'),
        isInner: typeof line.parent_tool_use_id === 'string',
        ...(typeof line.error === 'string' && { error: line.error }),
      };
    }
    case 'user':
      return { type: 'user', toolResults: namesOf(line.message.content, 'tool_result').length };
    case 'stream_event': {
      const { type, delta } = line.event;
      const isText = type === 'content_block_delta' && delta?.type === 'text_delta';
      return {
        type: 'delta',
        text: isText ? (delta.text ?? '') : '',
        isInner: typeof line.parent_tool_use_id === 'string',
      };
    }
    case 'result':
      return resultMessage(line);
    case 'control_request':
      return { type: 'controlRequest', requestId: line.request_id, subtype: line.request.subtype };
    case 'control_response':
      return {
        type: 'controlResponse',
        requestId: line.response.request_id,
        isError: line.response.subtype !== 'success',
      };
    case 'rate_limit_event':
      return { type: 'rateLimit' };
    case 'keep_alive':
      return { type: 'keepAlive' };
  }
}

/** Understands a line. */
export function parseStreamLine(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ok: false };
  const parsed = lines.safeParse(value);
  if (parsed.success) return { ok: true, message: messageOf(parsed.data) };
  const { type } = value as { type?: unknown };
  return { ok: true, message: { type: 'unknown', name: typeof type === 'string' ? type.slice(0, 40) : '' } };
}

/** A turn of the user, for `--input-format stream-json`. */
export function userLine(content: string, conversationId: string | undefined): string {
  return `${JSON.stringify({
    type: 'user',
    message: { role: 'user', content },
    parent_tool_use_id: null,
    session_id: conversationId ?? '',
  })}\n`;
}

/** Stops the present turn; its result still comes. */
export function interruptLine(requestId: string): string {
  return `${JSON.stringify({ type: 'control_request', request_id: requestId, request: { subtype: 'interrupt' } })}\n`;
}

/** Says no to a question that nobody here can answer; left unanswered, the turn would hang. */
export function refusalLine(requestId: string): string {
  return `${JSON.stringify({
    type: 'control_response',
    response: { subtype: 'error', request_id: requestId, error: 'nobody is here to answer this' },
  })}\n`;
}
