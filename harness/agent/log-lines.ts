/**
 * The log texts that agent.md fixes letter for letter, each with its event code. Tools match codes, people read
 * texts. No line takes a token, a transcript or a foreign error object.
 */

/** A code for tools and a text for people. */
export interface LogLine {
  readonly event: string;
  readonly text: string;
}

/** A participant came into a room with our agent. */
export const participantJoined = (identity: string): LogLine => ({
  event: 'participantJoined',
  text: `🎤 Participant joined: ${identity}`,
});

/** The session of a participant stands. */
export const sessionInitialized = (sessionId: string): LogLine => ({
  event: 'sessionInitialized',
  text: `✅ Session ${sessionId} initialized successfully`,
});

/** A session is being removed. */
export const sessionCleanup = (sessionId: string): LogLine => ({
  event: 'sessionCleanup',
  text: `🧹 Cleaning up session ${sessionId}`,
});

/** The LiveKit server cannot be reached; retries go on. */
export const serverUnreachable = (): LogLine => ({
  event: 'serverUnreachable',
  text: 'Critical: ClaraVoiceAgent failed to connect to the LiveKit server. Voice features will be unavailable.',
});

/** The figures of every 30 s. @param memoryMb MB of 2^20 bytes */
export const healthCheck = (sessions: number, errors: number, memoryMb: number): LogLine => ({
  event: 'healthCheck',
  text: `🏥 Health check - Sessions: ${sessions}, Errors: ${errors}, Memory: ${memoryMb.toFixed(2)}MB`,
});

/** A session is old; said once. `warnMs` is 30 min unless it was set. */
export const longSession = (sessionId: string, warnMs: number): LogLine => ({
  event: 'longSession',
  text: `⚠️ Session ${sessionId} has been active for over ${minutes(warnMs)}.`,
});

/** A session is too old and ends. */
export const sessionTooLong = (): LogLine => ({
  event: 'sessionTooLong',
  text: '⏰ Session exceeded maximum duration',
});

/** A session has failed its user too often in a row and ends. */
export const tooManyErrors = (): LogLine => ({
  event: 'tooManyErrors',
  text: 'Too many errors - terminating',
});

function minutes(ms: number): string {
  const count = Math.round(ms / 6_000) / 10;
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`;
}

/** Headline of a failed session creation; followed by {@link sessionFailedFor}. */
export const sessionFailed = (): LogLine => ({
  event: 'sessionFailed',
  text: '❌ Failed to initialize participant session:',
});

/** Which participant has no session, and why. */
export const sessionFailedFor = (identity: string, message: string): LogLine => ({
  event: 'sessionFailedFor',
  text: `Failed to initialize session for participant ${identity}. Error: ${message}`,
});
