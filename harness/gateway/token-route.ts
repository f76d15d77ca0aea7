import type { FastifyInstance } from 'fastify';
import type { TokenAnswer } from '../../src/shared/token-endpoint.ts';
import { addApiRoute } from './api-scope.ts';
import { joinToken } from './join-token.ts';
import type { ResolvedOptions } from './options.ts';
import type { ResumeValues } from './resume-value.ts';
import { newSessionNames } from './session-names.ts';
import { parseSessionRequest } from './token-request.ts';
import { browserUser } from './user-cookie.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/**
 * `POST /api/token`, in the shape of LiveKit's token endpoint: a new session, or with a resume value the same room
 * and identity again. Answers 201 with {@link TokenAnswer}, its standard fields in snake_case as well, because
 * LiveKit's client SDKs do not agree on one spelling.
 */
export async function addTokenRoute(
  app: FastifyInstance,
  options: ResolvedOptions,
  resumes: ResumeValues,
  sessions: VoiceSessions,
): Promise<void> {
  const { livekit, log } = options;
  await addApiRoute(app, options, {
    url: '/api/token',
    contentTypes: ['application/json'],
    async handle(request, reply) {
      const asked = parseSessionRequest(request.body);
      const secure = request.protocol === 'https';
      const user = browserUser(request.headers.cookie, livekit.apiSecret, secure, options.randomBytes);
      const names =
        asked.resume === undefined
          ? newSessionNames(asked.pipeline ?? options.defaultPipeline, user.userKey, options.randomBytes)
          : await resumes.read(asked.resume);
      await sessions.prepare(names);
      const [participantToken, resume] = await Promise.all([
        joinToken(livekit, names, options.joinTokenTtlS),
        resumes.sign(names), // anew each time, so that it never runs out during a session that comes back
      ]);
      if (user.setCookie !== undefined) reply.header('set-cookie', user.setCookie);
      const isResumed = asked.resume !== undefined;
      log.info({ event: 'tokenGiven', session: names.voiceSessionId, isResumed }, 'token given');
      const answer: TokenAnswer = {
        serverUrl: livekit.publicUrl,
        participantToken,
        roomName: names.roomName,
        participantIdentity: names.identity,
        resume,
      };
      return reply.code(201).send({
        ...answer,
        server_url: answer.serverUrl,
        participant_token: answer.participantToken,
        room_name: answer.roomName,
        participant_identity: answer.participantIdentity,
      });
    },
  });
}
