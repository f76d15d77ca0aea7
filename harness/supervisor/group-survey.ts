/**
 * Owns: what journaled groups are now, by the process table: the answer behind `clara cleanup`. Pure.
 * Never: picks a process by name, nor by a pid that was used again.
 */
import type { Look } from './process-looks.ts';
import { membersOf } from './process-looks.ts';
import { isDead } from './process-sample.ts';
import type { ProcessSample } from './process-sample.ts';
import type { JournaledGroup } from './pid-journal.ts';

export const GROUP_STATES = ['running', 'stopped', 'zombie', 'orphan', 'gone'] as const;
/**
 * `stopped`: the leader does not run (SIGSTOP); `zombie`: the leader is dead and not collected, others may live;
 * `orphan`: its supervisor is dead and something of it lives; `gone`: nothing lives.
 */
export type GroupState = (typeof GROUP_STATES)[number];

export interface SurveyedGroup extends JournaledGroup {
  readonly state: GroupState;
  /** Living processes. */
  readonly pids: readonly number[];
  /** Its leader, or what is marked, shows that the group's id is still its own. */
  readonly isGroupOurs: boolean;
}

/** @param all every process with the dead ones, for zombies; `look` has only the living */
export function surveyGroup(
  group: JournaledGroup,
  isOrphaned: boolean,
  look: Look,
  all: readonly ProcessSample[],
): SurveyedGroup {
  const leader = all.find(({ pid }) => pid === group.pid);
  const isLeader = leader !== undefined && leader.startTime === group.startTime;
  // With the leader gone its group id may have been used again since: only a mark in it proves whose it is then.
  const isGroupOurs =
    isLeader || look.byMark.get(group.mark)?.some(({ groupId }) => groupId === group.pid) === true;
  const { pid: leaderPid, startTime: leaderStartTime, mark } = group;
  const members = membersOf(look, { leaderPid, leaderStartTime, mark, isGroupOurs });
  return { ...group, pids: members.map(({ pid }) => pid), isGroupOurs, state: stateOf() };

  function stateOf(): GroupState {
    if (isLeader && isDead(leader)) return 'zombie';
    if (members.length === 0) return 'gone';
    if (isLeader && /[Tt]/.test(leader.state)) return 'stopped';
    return isOrphaned ? 'orphan' : 'running';
  }
}
