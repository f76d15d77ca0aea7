import { printedDuring } from '../../support/browser/console-tap.ts';
import { expect } from 'chai';
import { DisconnectReason } from '@livekit/protocol';
import { getLogger } from 'livekit-client';
import { SessionError } from '../../../src/core/errors.ts';
import { PLANTED_TOKEN, RoomBench } from '../../support/browser/room-bench.ts';

/** An error with all that can be read off it. */
function everythingOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    parts.push(String(at), at.stack ?? '', JSON.stringify(at), JSON.stringify({ ...at }));
  }
  return parts.join('\n');
}

describe('a join that fails', () => {
  let bench: RoomBench;
  beforeEach(() => {
    bench = new RoomBench();
  });
  afterEach(() => bench.tearDown());

  const failure = async (changes: Parameters<RoomBench['join']>[0] = {}): Promise<SessionError> => {
    try {
      await bench.join(changes);
    } catch (error) {
      expect(error).to.be.instanceOf(SessionError);
      return error as SessionError;
    }
    throw new Error('the join succeeded');
  };

  const answers: [string, () => void, SessionError['code'], number | undefined][] = [
    [
      '401',
      () => (bench.server.validate = { status: 401, body: `invalid token: ${PLANTED_TOKEN}` }),
      'joinUnauthorized',
      401,
    ],
    ['403', () => (bench.server.validate = { status: 403, body: PLANTED_TOKEN }), 'joinUnauthorized', 403],
    [
      '404 of the room',
      () => (bench.server.validate = { status: 404, body: 'requested room does not exist' }),
      'joinRoomNotFound',
      404,
    ],
    [
      '500',
      () => (bench.server.validate = { status: 500, body: PLANTED_TOKEN }),
      'joinServerError',
      undefined,
    ],
    [
      '200 while WebSockets are refused',
      () => (bench.server.validate = { status: 200 }),
      'joinServerError',
      undefined,
    ],
    ['nothing', () => (bench.server.validate = 'unreachable'), 'joinUnreachable', undefined],
  ];
  for (const [name, prepare, code, status] of answers) {
    it(`because the server answers ${name} is ${code}, and holds no token anywhere`, async () => {
      bench.server.refusesSockets = true;
      prepare();
      let error: SessionError | undefined;
      // As loud as a host page may have made the SDK; new loggers take the level of this one.
      getLogger('livekit').setLevel('trace', false);
      const printed = await printedDuring(async () => {
        error = await failure();
      });
      getLogger('livekit').setLevel('info', false);
      expect(error?.code).to.equal(code);
      expect(error?.facts.status).to.equal(status);
      expect(everythingOf(error)).to.not.contain('planted');
      expect(printed).to.not.contain('planted');
      expect(error?.cause).to.equal(undefined);
      expect(bench.log.events).to.deep.equal([]);
      expect(bench.watch.openCount).to.equal(0);
      expect((await bench.microphone()).readyState).to.equal('live');
    });
  }

  it('because the server knows no such path ends, and asks no more than a few times', async () => {
    bench.server.refusesSockets = true;
    bench.server.validate = { status: 404, body: 'page not found' };
    const error = await failure();
    expect(error.code).to.equal('joinRoomNotFound');
    expect(bench.server.validateCount).to.be.lessThan(4);
  });

  it('because the server says nothing is joinTimeout', async () => {
    bench.server.isMute = true;
    const error = await failure();
    expect(error.code).to.equal('joinTimeout');
    expect(bench.server.openSockets).to.equal(0);
  });

  it('because the server sends us away at once is roomDisconnected', async () => {
    bench.server.leaveInsteadOfJoin = DisconnectReason.DUPLICATE_IDENTITY;
    const error = await failure();
    expect(error.code).to.equal('roomDisconnected');
  });

  it('because the token does not allow to publish is joinUnauthorized', async () => {
    bench.server.canPublish = false;
    const error = await failure();
    expect(error.code).to.equal('joinUnauthorized');
    expect(error.facts.status).to.equal(403);
    expect(bench.watch.openCount).to.equal(0);
    expect(bench.server.openSockets).to.equal(0);
  });

  it('because the room ends meanwhile ends at once and tells nothing but its rejection', async () => {
    bench.server.withholdsMedia = true;
    const failed = failure();
    const peer = await bench.server.peer();
    await peer.until(() => peer.publications.length === 1);
    const sentAwayMonoMs = performance.now();
    peer.leave(DisconnectReason.ROOM_DELETED);
    expect((await failed).code).to.equal('roomDeleted');
    expect(performance.now() - sentAwayMonoMs).to.be.lessThan(2000);
    expect(bench.log.events).to.deep.equal([]);
  });

  for (const [reason, code] of [
    [DisconnectReason.USER_REJECTED, 'joinUnauthorized'],
    [DisconnectReason.USER_UNAVAILABLE, 'removed'],
    [DisconnectReason.AGENT_ERROR, 'agentMissing'],
    [DisconnectReason.SERVER_SHUTDOWN, 'roomDisconnected'],
  ] as const)
    it(`because the server sends us away with ${DisconnectReason[reason]} is ${code}`, async () => {
      bench.server.withholdsMedia = true;
      const failed = failure();
      const peer = await bench.server.peer();
      await peer.until(() => peer.publications.length === 1);
      peer.leave(reason);
      expect((await failed).code).to.equal(code);
    });
});

describe('the watch over what is printed', () => {
  it("sees the SDK's own loggers", async () => {
    const printed = await printedDuring(async () => getLogger('livekit').warn(PLANTED_TOKEN));
    expect(printed).to.contain('planted');
  });
});

describe('a join that is aborted', () => {
  let bench: RoomBench;
  beforeEach(() => {
    bench = new RoomBench();
  });
  afterEach(() => bench.tearDown());

  const reason = new Error('given up');
  const aborted = async (when: (abort: () => void) => Promise<void> | void): Promise<void> => {
    const controller = new AbortController();
    const joining = bench.join({}, controller.signal).then(
      () => 'joined',
      (error: unknown) => error,
    );
    await when(() => controller.abort(reason));
    expect(await joining).to.equal(reason);
    expect(bench.watch.openCount).to.equal(0);
    expect(bench.server.openSockets).to.equal(0);
    expect(bench.log.events).to.deep.equal([]);
    expect((await bench.microphone()).readyState).to.equal('live');
  };

  it('before it began opens nothing', async () => {
    await bench.microphone();
    await aborted((abort) => abort());
    expect(bench.server.socketQueries).to.have.length(0);
  });

  it('while the server says nothing closes the socket', async () => {
    bench.server.isMute = true;
    await aborted(async (abort) => {
      while (bench.server.socketQueries.length === 0)
        await new Promise((resolve) => requestAnimationFrame(resolve));
      abort();
    });
  });

  it('while the media does not come up closes the connection too', async () => {
    bench.server.withholdsMedia = true;
    await aborted(async (abort) => {
      const peer = await bench.server.peer();
      await peer.until(() => peer.publications.length === 1);
      abort();
    });
  });
});
