import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { ServerMessage, WorkerMessage } from '@livekit/protocol';
import type * as Ws from 'ws';

// The harness's ws: the root has an older one, of a build tool.
const { WebSocketServer } = createRequire(new URL('../../../harness/package.json', import.meta.url))(
  'ws',
) as typeof Ws;

/** The `/agent` side of a LiveKit server: keeps what workers say, says what the test wants. */
export class FakeAgentServer {
  readonly received: WorkerMessage['message'][] = [];
  readonly headers: string[] = [];
  readonly sockets: Ws.WebSocket[] = [];
  /** Whether a registration is answered. */
  answersRegister = true;
  readonly #server: Ws.WebSocketServer;
  #watchers: (() => void)[] = [];

  private constructor(server: Ws.WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      this.headers.push(`${request.url} ${request.headers.authorization ?? ''}`);
      this.sockets.push(socket);
      socket.on('message', (data: Buffer) => {
        const { message } = WorkerMessage.fromBinary(data);
        this.received.push(message);
        if (message.case === 'register' && this.answersRegister)
          this.say({ case: 'register', value: { workerId: `AW_${this.sockets.length}` } as never });
        if (message.case === 'ping') this.say({ case: 'pong', value: {} as never });
        this.#tell();
      });
      this.#tell();
    });
  }

  static async start(port = 0): Promise<FakeAgentServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port });
    await once(server, 'listening');
    return new FakeAgentServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Says something on the newest connection. */
  say(message: ServerMessage['message']): void {
    this.sockets.at(-1)?.send(new ServerMessage({ message }).toBinary());
  }

  /** Offers a job. */
  offer(jobId: string, metadata: string): void {
    this.say({
      case: 'availability',
      value: { job: { id: jobId, metadata, room: { name: `room-${jobId}` } } } as never,
    });
  }

  /** Gives a job. */
  assign(jobId: string, token = 'the-token'): void {
    this.say({ case: 'assignment', value: { job: { id: jobId }, token } as never });
  }

  /** The newest message of a kind that `match` takes, now or when it comes. */
  async next<C extends string>(
    kind: C,
    match: (value: Extract<WorkerMessage['message'], { case: C }>['value']) => boolean = () => true,
  ): Promise<Extract<WorkerMessage['message'], { case: C }>['value']> {
    for (;;) {
      const found = this.received.find((message) => message.case === kind && match(message.value as never));
      if (found !== undefined) return found.value as never;
      await this.#change();
    }
  }

  /** Waits until so many connections were made. */
  async connections(count: number): Promise<void> {
    while (this.sockets.length < count) await this.#change();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #tell(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
