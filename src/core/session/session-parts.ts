/** The parts of one session that need none of the others' decisions, made together. Decides nothing, starts nothing. */
import type { SessionPorts } from '../ports.ts';
import { AgentPresence } from './agent-presence.ts';
import { Background } from './background.ts';
import { CallNotes } from './call-notes.ts';
import { Conversation } from './conversation.ts';
import { RunRecording } from './run-recording.ts';
import { SessionMicrophone } from './session-microphone.ts';
import type { CheckedOptions } from './session-options.ts';
import { SleepWatch } from './sleep-watch.ts';
import { WayBack } from './way-back.ts';

/** See the file's comment. */
export interface SessionParts {
  readonly background: Background;
  readonly recording: RunRecording;
  readonly sleep: SleepWatch;
  readonly wayBack: WayBack;
  readonly microphone: SessionMicrophone;
  readonly agent: AgentPresence;
  readonly conversation: Conversation;
  readonly notes: CallNotes;
  /** Where everything that is shown tells what a watcher threw. */
  readonly onWatcherError: (error: unknown) => void;
}

/** Makes them; the conversation begins with what an earlier page left. */
export function makeParts(ports: SessionPorts, options: CheckedOptions): SessionParts {
  const { clock, agentCalls } = ports;
  const background = new Background(ports.log);
  const onWatcherError = (error: unknown): void => background.defect('watcherThrew', error);
  const wayBack = new WayBack(ports);
  const conversation = new Conversation(clock, ports.random, options.maxTranscriptLines, onWatcherError);
  conversation.restore(wayBack.restore());
  const callAgent = agentCalls && ((signal: AbortSignal) => agentCalls.request(wayBack.request, signal));
  return {
    background,
    recording: new RunRecording(clock, ports.recorder, (error) => background.defect('recorderThrew', error)),
    sleep: new SleepWatch(clock),
    wayBack,
    microphone: new SessionMicrophone(ports.microphone, onWatcherError),
    agent: new AgentPresence(clock, callAgent, onWatcherError),
    conversation,
    notes: new CallNotes(onWatcherError),
    onWatcherError,
  };
}
