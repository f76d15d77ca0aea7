import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { ConversationTurn } from '../../../harness/agent/agent-session.ts';
import { CliResponder, earlierWords } from '../../../harness/responder/cli-responder.ts';
import { RemoteDialogue } from '../../../harness/responder/remote-dialogue.ts';
import { ResponderHost } from '../../../harness/responder/responder-host.ts';
import type { Dialogue, EarlierTurn, Responder } from '../../../harness/responder/responder.ts';
import {
  LOST_ANSWER,
  NO_ANSWER,
  RespondingPipeline,
} from '../../../harness/responder/responding-pipeline.ts';
import { cliManagerRig } from '../../support/node/cli-manager-rig.ts';
import { ManualClock } from '../../support/node/manual-clock.ts';
import { silentLog } from '../../support/node/silent-log.ts';

/** A pipeline on a dialogue, with a voice that a test raises. */
function pipelineOn(dialogue: Dialogue, earlier: readonly EarlierTurn[] = []) {
  const texts: string[] = [];
  const turns: ConversationTurn[] = [];
  const states: string[] = [];
  const reports: { type: string; code?: string; message?: string }[] = [];
  let isVoiced = false;
  let isClosed = false;
  let wake: () => void = () => undefined;
  const pipeline = new RespondingPipeline(
    {
      out: { play: () => Promise.resolve(true) },
      clock: new ManualClock(),
      setState: (state) => {
        states.push(state);
        wake();
      },
      addTurn: (turn) => turns.push(turn),
      sendText: (text) => {
        texts.push(text);
        wake();
      },
      report: (message) => reports.push(message),
    },
    { dialogue, earlier, detector: { isVoiced: () => isVoiced, close: () => (isClosed = true) } },
  );
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const speak = (): void => {
    isVoiced = true;
    for (let i = 0; i < 20; i += 1) pipeline.onUserAudio(new Int16Array(960).fill(8000));
  };
  return { pipeline, texts, turns, states, reports, until, speak, isClosed: () => isClosed };
}

/** All that lies between a typed message and the stand-in: pipeline, child's and parent's side, responder, manager. */
async function build(t: TestContext, modes = 'ok') {
  const rig = await cliManagerRig(t);
  const responder = new CliResponder(rig.manager, { options: rig.modes(modes) });
  const host = new ResponderHost(responder, silentLog);
  t.after(() => host.stop());
  const child = (prefix: string) => {
    const dialogue: RemoteDialogue = new RemoteDialogue((request) => {
      host.take(
        'voice-1',
        JSON.parse(JSON.stringify(request)),
        (reply) => void dialogue.take(JSON.parse(JSON.stringify(reply))),
      );
    }, prefix);
    return pipelineOn(dialogue);
  };
  host.begin('voice-1');
  return { ...rig, responder, host, child };
}

test('what the user types goes to the assistant, and its answer comes back sentence by sentence', async (t) => {
  const { child, manager } = await build(t);
  const { pipeline, texts, turns, states, until } = child('c1');
  pipeline.onText('good day');
  await until(() => states.includes('listening'));
  assert.deepEqual(texts, ['You said "good day".', 'That is all.']);
  assert.deepEqual(
    turns.map(({ from, text }) => [from, text]),
    [
      ['user', 'good day'],
      ['agent', 'You said "good day". That is all.'],
    ],
  );
  assert.deepEqual(states, ['thinking', 'listening']);
  assert.equal(manager.getActiveSessions()[0]?.agentId, 'voice-1');
});

test('the user’s voice cancels the answer, and the next message is answered', async (t) => {
  const { child, manager } = await build(t);
  const { pipeline, texts, turns, states, until, speak } = child('c1');
  pipeline.onText('please count');
  await until(() => texts.length >= 3);
  speak();
  await until(() => states.at(-1) === 'listening');
  const heard = texts.length;
  assert.ok(heard < 50);
  assert.equal(turns.at(-1)?.text, texts.join(' '), 'what was said stays in the conversation');
  pipeline.onText('and now');
  await until(() => texts.includes('That is all.'));
  assert.equal(texts[heard], 'You said "and now".');
  assert.equal(manager.getActiveSessions().length, 1);
});

test('a newer message ends the answer to the older one', async (t) => {
  const { child } = await build(t);
  const { pipeline, texts, states, until } = child('c1');
  pipeline.onText('please count');
  await until(() => texts.length >= 2);
  pipeline.onText('stop it');
  await until(() => texts.includes('That is all.') && states.at(-1) === 'listening');
  assert.ok(texts.filter((text) => text.startsWith('Number')).length < 50);
});

test('a new child of the same session goes on with the same assistant', async (t) => {
  const { child, host, manager } = await build(t);
  const first = child('c1');
  first.pipeline.onText('please count');
  await first.until(() => first.texts.length >= 2);
  host.abandon('voice-1'); // its process is gone
  const second = child('c2');
  second.pipeline.onText('hello again');
  await second.until(() => second.texts.includes('That is all.'));
  assert.equal(manager.getSessions().length, 1);
  host.begin('voice-1');
  assert.equal(host.size, 1);
});

test('the end of a session ends its assistant, and later questions are told so', async (t) => {
  const { child, host, manager } = await build(t);
  const { pipeline, texts, reports, until, isClosed } = child('c1');
  pipeline.onText('hello');
  await until(() => texts.includes('That is all.'));
  await host.end('voice-1');
  assert.equal(manager.getActiveSessions().length, 0);
  pipeline.onText('are you there');
  await until(() => texts.includes(NO_ANSWER));
  assert.deepEqual(reports, [{ type: 'error', code: 'answerFailed', message: 'ended' }]);
  await pipeline.stop();
  assert.equal(isClosed(), true);
});

test('an assistant that refuses is told to the user and to the parent, by its category only', async (t) => {
  const { child } = await build(t);
  const { pipeline, texts, reports, until } = child('c1');
  pipeline.onText('refuse this');
  await until(() => texts.includes(NO_ANSWER));
  assert.equal(reports[0]?.message, 'auth');
  pipeline.onText('and now');
  await until(() => texts.includes('That is all.'));
  assert.deepEqual(texts, [NO_ANSWER, 'You said "and now".', 'That is all.'], 'a new assistant in its place');
});

test('a conversation that began elsewhere is told to the assistant with the first question, once', async (t) => {
  const { responder, calls } = await build(t);
  const dialogue = responder.open('voice-2', [
    { from: 'user', text: 'My name is Ada.' },
    { from: 'user' },
    { from: 'agent', text: 'Hello Ada.' },
  ]);
  const never = new AbortController().signal;
  for await (const _sentence of dialogue.answer('What is my name?', never));
  for await (const _sentence of dialogue.answer('Thanks', never));
  await dialogue.close();
  const [first, second] = calls();
  assert.match(
    first?.turn ?? '',
    /They: My name is Ada\.\nYou: Hello Ada\.\n\nThey say now:\nWhat is my name\?$/,
  );
  assert.equal(second?.turn, 'Thanks');
  assert.ok(first?.args.includes('--append-system-prompt'));
  assert.equal(earlierWords([{ from: 'user' }]), '');
});

test('what was said before is told once, also when the first answer is interrupted', async (t) => {
  const { responder, calls } = await build(t);
  const dialogue = responder.open('voice-2', [{ from: 'user', text: 'My name is Ada.' }]);
  const never = new AbortController().signal;
  for await (const _sentence of dialogue.answer('please count', never)) break;
  for await (const _sentence of dialogue.answer('Thanks', never));
  await dialogue.close();
  assert.deepEqual(
    calls().map(({ turn }) => turn?.includes('My name is Ada.')),
    [true, false],
  );
});

test('the probe tells of the command and its version, or why there is none', async (t) => {
  const { responder, manager } = await build(t);
  const signal = AbortSignal.timeout(20_000);
  assert.deepEqual(await responder.probe(signal), { ready: true, version: '9.8.7' });
  const missing: Responder = new CliResponder(manager, { options: { command: '/nowhere/claude' } });
  assert.deepEqual(await missing.probe(signal), {
    ready: false,
    reason: 'the command /nowhere/claude was not found',
  });
});

test('a question that the agent before took along is asked for again, one that was answered is not', () => {
  const silent: Dialogue = {
    async *answer() {
      // nothing is asked
    },
    close: () => Promise.resolve(),
  };
  const question = { from: 'user', text: 'how much?' } as const;
  const lost = pipelineOn(silent, [question]);
  lost.pipeline.start();
  assert.deepEqual([lost.texts, lost.turns], [[LOST_ANSWER], []]);
  for (const earlier of [
    [],
    [question, { from: 'agent', text: 'Two.' } as const],
    [{ from: 'user' } as const],
  ]) {
    const { pipeline, texts } = pipelineOn(silent, earlier);
    pipeline.start();
    assert.deepEqual(texts, []);
  }
});

test('an answer that failed is no good turn: it comes after the words, and is not in the conversation', async (t) => {
  const { child } = await build(t);
  const { pipeline, turns, reports, until, texts } = child('c1');
  pipeline.onText('refuse this');
  await until(() => texts.includes(NO_ANSWER));
  assert.deepEqual(
    turns.map(({ from }) => from),
    ['user'],
  );
  assert.deepEqual(reports, [{ type: 'error', code: 'answerFailed', message: 'auth' }]);
});

test('messages that are none of its own are left alone by both sides', async (t) => {
  const { host } = await build(t);
  const dialogue = new RemoteDialogue(() => undefined, 'c');
  for (const message of [undefined, 'x', { type: 'ping' }, { type: 'ask' }, { type: 'sentence', text: 1 }]) {
    assert.equal(
      host.take('voice-1', message, () => assert.fail('nobody is answered')),
      false,
    );
    assert.equal(dialogue.take(message), false);
  }
});
