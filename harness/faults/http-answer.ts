/** Answers that a proxy gives instead of the server. */

/** An answer, or `mute`: the request is read and nothing is ever said. */
export type HttpAnswer =
  | 'mute'
  | {
      readonly status: number;
      readonly contentType?: string;
      /** Seconds, for 429 and 503. */
      readonly retryAfterS?: number;
      readonly body?: string;
    };

/** The answer on the wire: with CORS, so that the page may read it, and the connection closed after it. */
export function encodeAnswer(answer: Exclude<HttpAnswer, 'mute'>): Buffer {
  const body = Buffer.from(answer.body ?? '');
  const fields = [
    `HTTP/1.1 ${answer.status} Fault`,
    `Content-Type: ${answer.contentType ?? 'text/plain'}`,
    `Content-Length: ${body.byteLength}`,
    'Access-Control-Allow-Origin: *',
    'Access-Control-Expose-Headers: Retry-After',
    'Cache-Control: no-store',
    'Connection: close',
    ...(answer.retryAfterS === undefined ? [] : [`Retry-After: ${answer.retryAfterS}`]),
  ];
  return Buffer.concat([Buffer.from(`${fields.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
