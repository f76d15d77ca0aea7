/**
 * Owns: one answer that goes on: server-sent events, one JSON object each, with a comment now and then so that a dead
 * connection is noticed. Invariant: a reader that is too slow is cut and comes back to a fresh snapshot; nobody waits for it.
 */
import type { FastifyReply } from 'fastify';

/** Quiet no longer than this, ms: proxies close what says nothing for 30 s and more. */
const COMMENT_EVERY_MS = 15_000;
/** Unread bytes at which a reader is too slow: some thousand events. */
const MAX_UNREAD_BYTES = 512 * 1024;

/** An open stream. */
export interface EventStream {
  send(value: unknown): void;
  /** Idempotent. */
  end(): void;
}

/** Takes the answer over. @param onEnd called once, whoever ended it */
export function openEventStream(reply: FastifyReply, onEnd: () => void): EventStream {
  reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store');
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, reply.getHeaders() as Record<string, string | string[]>);
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    onEnd();
  };
  const write = (text: string): void => {
    if (isOver) return;
    raw.write(text);
    if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy();
  };
  const timer = setInterval(() => write(': still here\n\n'), COMMENT_EVERY_MS);
  timer.unref();
  raw.on('close', over);
  raw.on('error', over); // the reader is gone
  write('retry: 1000\n\n');
  return {
    send: (value) => write(`data: ${JSON.stringify(value)}\n\n`),
    end: () => {
      if (!isOver) raw.end();
      over();
    },
  };
}
