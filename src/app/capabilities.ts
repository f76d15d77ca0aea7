/** What this browser can do for a call, each with what it is for. Looks only; opens nothing and asks for nothing. */

/** One thing that a call needs or gains from. */
export interface Capability {
  readonly name: string;
  readonly neededFor: string;
  readonly found: boolean;
  /** Without it there is no call at all. */
  readonly required: boolean;
}

/** Looks at `view` (the window) for each capability, required ones first. */
export function capabilitiesOf(view: Window & typeof globalThis): Capability[] {
  const { navigator } = view;
  const has = (name: string, neededFor: string, found: boolean, required = false): Capability => ({
    name,
    neededFor,
    found,
    required,
  });
  return [
    has(
      'Secure page',
      'the microphone; https pages and this machine’s own pages are',
      view.isSecureContext,
      true,
    ),
    has('Microphone', 'being heard', navigator.mediaDevices?.getUserMedia !== undefined, true),
    has('WebRTC', 'sound in both directions', 'RTCPeerConnection' in view, true),
    has('Web Audio', 'the level meters', 'AudioContext' in view),
    has('Audio worklets', 'keeping what you say during an outage', 'AudioWorkletNode' in view),
    has('Local database', 'looking at past sessions', 'indexedDB' in view),
    has('Service worker', 'opening the app without a network', 'serviceWorker' in navigator),
    has('Web locks', 'telling windows of the app apart', 'locks' in navigator),
    has('Wake lock', 'keeping the screen on during a call', 'wakeLock' in navigator),
    has(
      'Choice of speaker',
      'picking where the sound comes out',
      'setSinkId' in view.HTMLMediaElement.prototype,
    ),
    has('Clipboard', 'copying the transcript', navigator.clipboard !== undefined),
    has('Trusted Types', 'a second wall against foreign scripts', 'trustedTypes' in view),
  ];
}
