import type { FastifyInstance } from 'fastify';
import { addApiRoute } from './api-scope.ts';
import type { ResolvedOptions } from './options.ts';
import type { ResumeValues } from './resume-value.ts';
import { parseResumeRequest } from './token-request.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/**
 * `POST /api/bye` with `{ resume }`: the user leaves for good. Made for `navigator.sendBeacon`, whose texts come as
 * text/plain. Answers 204 once the agent is ended; the room goes with it, best effort.
 */
export async function addByeRoute(
  app: FastifyInstance,
  options: ResolvedOptions,
  resumes: ResumeValues,
  sessions: VoiceSessions,
): Promise<void> {
  await addApiRoute(app, options, {
    url: '/api/bye',
    contentTypes: ['application/json', 'text/plain'],
    async handle(request, reply) {
      await sessions.end(await resumes.read(parseResumeRequest(request.body).resume));
      return reply.code(204).send();
    },
  });
}
