/** The browser's own class, kept before a test watches it: the fake server's connections are not the client's. */
export const NativePeerConnection = globalThis.RTCPeerConnection;

/** Counts the peer connections that the code under test opens. */
export class PeerConnectionWatch {
  readonly #opened: RTCPeerConnection[] = [];

  constructor() {
    const opened = this.#opened;
    globalThis.RTCPeerConnection = class extends NativePeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        opened.push(this);
      }
    };
  }

  /** How many were opened in all. */
  get count(): number {
    return this.#opened.length;
  }

  /** How many are not closed. */
  get openCount(): number {
    return this.#opened.filter(
      ({ connectionState, signalingState }) => connectionState !== 'closed' && signalingState !== 'closed',
    ).length;
  }

  stop(): void {
    globalThis.RTCPeerConnection = NativePeerConnection;
  }
}
