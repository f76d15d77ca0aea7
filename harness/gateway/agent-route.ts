import type { FastifyInstance } from 'fastify';
import { addApiRoute } from './api-scope.ts';
import type { ResolvedOptions } from './options.ts';
import type { ResumeValues } from './resume-value.ts';
import { parseResumeRequest } from './token-request.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/**
 * `POST /api/agent` with `{ resume }`: the page has had no agent for a while and asks for one. Idempotent by session:
 * nothing happens while an agent is live or on its way. Answers 204 once the room is there and an agent is asked for,
 * 503 `agentUnavailable` when one was asked for and none of ours is connected to hear it.
 */
export async function addAgentRoute(
  app: FastifyInstance,
  options: ResolvedOptions,
  resumes: ResumeValues,
  sessions: VoiceSessions,
): Promise<void> {
  await addApiRoute(app, options, {
    url: '/api/agent',
    contentTypes: ['application/json'],
    async handle(request, reply) {
      const names = await resumes.read(parseResumeRequest(request.body).resume);
      await sessions.prepare(names);
      sessions.assertAgentCanCome(names);
      return reply.code(204).send();
    },
  });
}
