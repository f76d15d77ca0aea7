/**
 * A manager in a process of its own, to be killed: 20 sessions of the stand-in, four of them quick. Arguments: state
 * folder, folder of the stand-in. Says "up" when the quick ones have ended and the others have a conversation.
 */
import { ClaudeCliManager } from '../../../harness/responder/claude-cli-manager.ts';
import { STAND_IN } from '../../support/node/cli-manager-rig.ts';

const [stateFolder = '', standInState = '', runFolder = ''] = process.argv.slice(2);
const manager = new ClaudeCliManager({
  config: { claudeCommand: STAND_IN },
  stateFolder,
  ...(runFolder === 'none' && { runFolder: 'none' }),
});
const modesOf = (index: number): string => {
  if (index < 4) return 'ok';
  return index % 2 === 0 ? 'silent,grandchild' : 'silent,proof,strayed';
};
for (let index = 0; index < 20; index += 1)
  manager.startClaudeSession(`agent-${index}`, `Task ${index}`, {
    env: { STAND_IN: modesOf(index), STAND_IN_STATE: standInState },
    ...(index === 19 && { enableRecovery: false }),
  });
manager.onUpdate(() => {
  const sessions = manager.getSessions();
  const running = sessions.filter(({ status, output }) => status === 'running' && output.length >= 3);
  if (running.length === 16 && manager.getActiveSessions().length === 16) process.stdout.write('up\n');
});
