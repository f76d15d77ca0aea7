/** Calls that never were: a builder for what a run under a fault looks like. Times in ms from the click on Start. */
import type { CallPhase } from '../../../harness/call/call-result.ts';
import type { ChaosRun } from '../../../harness/scenario/chaos-result.ts';

/** How the call went. */
export interface SyntheticCall {
  readonly id: string;
  readonly client: 'clara' | 'stock';
  readonly run?: number;
  readonly lastsMs: number;
  readonly toldMs: number | null;
  readonly audioBackMs: number | null;
  readonly shownBackMs: number | null;
  /** The phase shown between told and shown back. */
  readonly middlePhase?: string;
  /** False: sound never breaks. @default true */
  readonly breaksSound?: boolean;
  readonly joins?: number;
  readonly pass?: boolean;
  readonly why?: readonly string[];
  readonly watchMs?: number;
}

const FAULT_AT_MS = 6_000;
const FIRST_WORD_MS = 800;

/** A call that is broken at 6 s; words are lost from then until sound is back. */
export function syntheticRun(call: SyntheticCall): ChaosRun {
  const { lastsMs, watchMs = 10_000 } = call;
  const healedMs = FAULT_AT_MS + lastsMs;
  const endMs = healedMs + watchMs;
  const silentToMs = call.audioBackMs === null ? Infinity : healedMs + call.audioBackMs;
  const words = (first: number): { spoken: number[]; heard: number[] } => {
    const spoken: number[] = [];
    const heard: number[] = [];
    for (let atMs = FIRST_WORD_MS, index = first; atMs < endMs; atMs += 500, index += 1) {
      spoken.push(index);
      const silent = atMs + 250 > FAULT_AT_MS && atMs < silentToMs && call.breaksSound !== false;
      if (!silent) heard.push(index);
    }
    return { spoken, heard };
  };
  const up = words(2_048);
  const down = words(0);
  const phases: CallPhase[] = [
    { atMs: 5, phase: 'requestingMic' },
    { atMs: 60, phase: 'connecting' },
    { atMs: 420, phase: 'connected' },
  ];
  if (call.toldMs !== null)
    phases.push({
      atMs: FAULT_AT_MS + call.toldMs,
      phase: call.middlePhase ?? 'reconnecting',
      reason: 'both',
    });
  if (call.shownBackMs !== null && call.toldMs !== null)
    phases.push({ atMs: healedMs + call.shownBackMs, phase: 'connected' });
  const lost = {
    toAgent: up.spoken.length - up.heard.length,
    fromAgent: down.spoken.length - down.heard.length,
  };
  return {
    id: call.id,
    run: call.run ?? 1,
    pass: call.pass ?? true,
    ...(call.why !== undefined && { why: call.why }),
    ok: call.pass ?? true,
    client: call.client,
    connectMs: 420,
    agentHeardMs: 700,
    wordsSpoken: up.spoken,
    wordsHeardByAgent: up.heard,
    wordsHeardBack: down.heard,
    wordsSpokenByAgent: down.spoken,
    phases,
    faults: [
      {
        id: call.id,
        atMs: FAULT_AT_MS,
        healedMs,
        firstUiStateMs: call.toldMs,
        audioBackMs: call.audioBackMs,
        shownBackMs: call.shownBackMs,
        wordsLost: lost,
        wordsTwice: { toAgent: 0, fromAgent: 0 },
      },
    ],
    falseConnectedMs: call.breaksSound === false ? 0 : (call.toldMs ?? lastsMs),
    joins: call.joins ?? 1,
    agents: 1,
    sessionLost: call.audioBackMs === null,
    joinsAtMs: [
      400,
      ...(call.joins === 2 && call.shownBackMs !== null ? [healedMs + call.shownBackMs - 200] : []),
    ],
    firstWordAtMs: { user: FIRST_WORD_MS, agent: FIRST_WORD_MS },
  };
}
