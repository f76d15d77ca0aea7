/** Owns: what an assistant is told when it is started again. Pure. */
import type { FailureCategory } from './failure.ts';

/** What the try before had done. */
export interface DoneSoFar {
  /** Names of tools it has used, in order. */
  readonly tools: readonly string[];
  /** The last words it said. */
  readonly lastWords: string;
}

const WHY: Readonly<Record<FailureCategory, string>> = {
  spawn: 'could not be started',
  exitCode: 'ended with an error',
  signal: 'was ended from outside',
  timeout: 'took longer than it may',
  stale: 'showed no sign of life',
  memory: 'used more memory than it may',
  cpu: 'used more computing time than it may',
  protocol: 'ended without a usable result',
  auth: 'was refused',
  budget: 'reached its budget',
  invalidOptions: 'was started wrongly',
};
const MAX_TOOLS = 20;
const MAX_WORDS = 2000;

/** The prompt of a retry: the task again, with what happened and what was done, so that nothing is done twice. */
export function recoveryPrompt(task: string, category: FailureCategory, done: DoneSoFar): string {
  const { tools, lastWords } = done;
  if (tools.length === 0 && lastWords === '') return task; // it had not begun
  const parts = [
    `You have worked on the task below already, but the process ${WHY[category]}. You are started again.`,
    ...(tools.length > 0 ? [`Tools you have used so far: ${tools.slice(-MAX_TOOLS).join(', ')}.`] : []),
    ...(lastWords !== '' ? [`The last you said was:\n${lastWords.slice(-MAX_WORDS)}`] : []),
    'Look at what is done, do not do it twice, and finish the task:',
    task,
  ];
  return parts.join('\n\n');
}

/** Said to an assistant whose task is not known any more: its own conversation holds it. */
export const GO_ON_PROMPT =
  'The process that you ran in was ended from outside, and you are started again in the same conversation. Look at what is done, do not do it twice, and finish the task.';

/** The prompt in the same conversation after the death of who ran it. @param task where it is known */
export function restartPrompt(task: string | undefined): string {
  return task === undefined ? GO_ON_PROMPT : `${GO_ON_PROMPT}\n\nThis was the task:\n\n${task}`;
}
