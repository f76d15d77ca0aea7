import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Serves files by name on loopback until the test ends; a function writes its own answer. Returns the base address. */
export async function releaseHost(
  t: TestContext,
  files: Readonly<
    Record<string, Buffer | string | ((write: (chunk: Buffer) => void, end: () => void) => void)>
  >,
): Promise<string> {
  const server = createServer((request, response) => {
    const file = files[(request.url ?? '').slice(1)];
    if (file === undefined) response.writeHead(404).end();
    else if (typeof file === 'function')
      file(
        (chunk) => response.write(chunk),
        () => response.end(),
      );
    else response.end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
