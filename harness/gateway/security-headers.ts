import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { contentSecurityPolicy } from './content-security-policy.ts';

/** What the app may use of the device: the microphone and the screen's wake lock; everything else is off. */
const PERMISSIONS_POLICY = [
  'microphone=(self)',
  'autoplay=(self)',
  'screen-wake-lock=(self)',
  'speaker-selection=(self)',
  ...[
    'camera',
    'display-capture',
    'geolocation',
    'usb',
    'serial',
    'hid',
    'midi',
    'payment',
    'browsing-topics',
  ].map((name) => `${name}=()`),
].join(', ');

/** Puts the security headers on every answer. */
export async function addSecurityHeaders(app: FastifyInstance, livekitPublicUrl: string): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy(livekitPublicUrl) },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    // Listed pages load modules with CORS, which this does not touch; nobody else shall embed anything.
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // This is plain http on loopback; a TLS proxy in front sets its own.
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', PERMISSIONS_POLICY);
  });
}
