/** Why a body was given up: it is larger than was agreed, or not UTF-8. The message holds nothing of the body. */
export class BodyRefusedError extends Error {
  override readonly name = 'BodyRefusedError';
}

/**
 * Reads a response's body as UTF-8 text, counting as it comes; a declared length is only a hint.
 * Throws {@link BodyRefusedError} and ends the transfer when there is more than `maxBytes`, or when it is not UTF-8.
 */
export async function readCappedText(response: Response, maxBytes: number): Promise<string> {
  const body = response.body;
  if (body === null) return '';
  const reader = body.getReader();
  const refuse = (text: string): BodyRefusedError => {
    reader.cancel().catch(() => {}); // the transfer ends either way
    return new BodyRefusedError(text);
  };
  const declaredBytes = Number(response.headers.get('content-length') ?? '0');
  if (declaredBytes > maxBytes)
    throw refuse(`the answer declares ${declaredBytes} bytes, the limit is ${maxBytes}`);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw refuse('the answer is not UTF-8');
    }
  };
  let seenBytes = 0;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decode();
    seenBytes += value.byteLength;
    if (seenBytes > maxBytes) throw refuse(`the answer has more than ${maxBytes} bytes`);
    text += decode(value);
  }
}
