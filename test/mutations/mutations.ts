/**
 * What the session must not be without, and what notices: for each part the places that take it out, the tests of the
 * core and the faults of the matrix that then fail. Data only.
 */
import type { Edit } from '../support/node/mutated-copy.ts';

/** A part taken out. */
export interface Mutation {
  /** "without …" */
  readonly part: string;
  readonly edits: readonly Edit[];
  readonly tests: readonly { readonly file: string; readonly name: string }[];
  /** Ids of the matrix that are passed with the part and missed without it. */
  readonly faults: readonly string[];
}

const MEDIA_TRUTH = 'test/src/core/media-truth.test.ts';
const VOICE_SESSION = 'test/src/core/voice-session.test.ts';

export const MUTATIONS: readonly Mutation[] = [
  {
    part: 'the detector',
    edits: [
      {
        file: 'src/core/reconnect/media-truth.ts',
        find: 'const pairDead = payloadSilent && (',
        replace: 'const pairDead = false && payloadSilent && (',
      },
      {
        file: 'src/core/reconnect/media-truth.ts',
        find: '(upSigns >= 2 || isChecksAlone) &&',
        replace: 'upSigns >= 9 &&',
      },
    ],
    tests: [
      {
        file: MEDIA_TRUTH,
        name: 'a browser that does not count checks finds the cut by payload and heartbeat',
      },
      { file: MEDIA_TRUTH, name: 'a cut upwards is named: their packets come, ours are not answered' },
      {
        file: VOICE_SESSION,
        name: 'a silent cut is shown within 4 s, as both ways, and offline within 0.3 s',
      },
    ],
    faults: ['udp-cut-25', 'hole-5', 'hole-20'],
  },
  {
    part: 'the early wake-up',
    edits: [
      {
        file: 'src/core/session/link-rejoin.ts',
        find: 'if (isAsked || !(state.probeEnds || outage.offline)) return ignored(state);',
        replace: 'return ignored(state);',
      },
      {
        file: 'src/core/session/link-rejoin.ts',
        find: 'if (online.offline || isAsked || !policy.heedsHints)',
        replace: 'if (online !== undefined)',
      },
    ],
    tests: [
      { file: VOICE_SESSION, name: 'an answered probe ends a wait within a good second' },
      { file: VOICE_SESSION, name: 'online ends a wait now' },
      {
        file: VOICE_SESSION,
        name: 'an outage of 60 s ends by itself within 2 s of the path, by a probe and one join',
      },
    ],
    faults: ['refuse-20', 'refuse-60'],
  },
  {
    part: 'the rejoin',
    edits: [
      {
        file: 'src/core/session/link-outage-moves.ts',
        find: '  const giveUpMonoMs = Math.min(\n    at + policy.attemptMs,',
        replace:
          "  if (at > 0) return fail(from, { code: 'budgetExhausted', detail: 'no rejoin' });\n  const giveUpMonoMs = Math.min(\n    at + policy.attemptMs,",
      },
    ],
    tests: [
      {
        file: VOICE_SESSION,
        name: 'a rejoin brings the way back, the same track, the mute intent and the transcript along',
      },
      {
        file: VOICE_SESSION,
        name: 'classic comes back from 5 s without the user, and never lets the SDK repair',
      },
    ],
    faults: ['refuse-20', 'server-kill-5'],
  },
];
