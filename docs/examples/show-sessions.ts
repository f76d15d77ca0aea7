/** A dashboard's server side: one JSON object with how all stands, Prometheus metrics, and webhooks for what happens. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { pino } from 'pino';
import { CliMetrics, CliWebhooks, dashboardOf } from 'clara-voice-harness/cli-sessions';
import type { ClaudeCliManager } from 'clara-voice-harness/cli-sessions';

/** Serves a manager's figures on loopback; the returned function ends all of it. */
export function showSessions(manager: ClaudeCliManager, port: number, secret: string): () => Promise<void> {
  const metrics = new CliMetrics(manager);
  const webhooks = new CliWebhooks(manager, {
    webhooks: [{ url: 'http://127.0.0.1:9000/clara', secret, events: ['status', 'limit'] }],
    log: pino(),
    folder: '.clara',
  });
  const server: Server = createServer((request, response) => {
    if (request.url === '/metrics') {
      metrics.exposition().then(
        ({ contentType, body }) => response.setHeader('content-type', contentType).end(body),
        () => response.writeHead(500).end(),
      );
      return;
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(dashboardOf(manager)));
  }).listen(port, '127.0.0.1');
  return async () => {
    server.close();
    metrics.stop();
    await webhooks.stop();
  };
}
