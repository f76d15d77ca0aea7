/** Moves that several parts of the link machine make. Pure. */
import type { EndReason, Problem } from './types.ts';
import type { LinkCommand, LinkState, Lost, Step } from './link-state.ts';

/** The event means nothing here. */
export function ignored(state: LinkState): Step {
  return { state, commands: [] };
}

/** Into `state`, with `commands`. */
export function moved(state: LinkState, ...commands: LinkCommand[]): Step {
  return { state, commands };
}

/** Over for good. A stop of the user says bye first; in all other cases the other side knows or is gone. */
export function end(state: LinkState, reason: EndReason): Step {
  return moved(
    { name: 'ended', stay: state.stay + 1, generation: state.generation, reason },
    { type: 'closeRoom', bye: reason === 'stopped' },
    { type: 'endSession' },
  );
}

/** Failed. With `lost` it may come back by itself. */
export function fail(state: LinkState, problem: Problem, lost?: Lost): Step {
  return moved(
    {
      name: 'failed',
      stay: state.stay + 1,
      generation: state.generation,
      problem,
      ...(lost !== undefined && { lost }),
    },
    { type: 'closeRoom', bye: false },
    { type: 'endSession' },
  );
}

/** The one place that commands a join. */
export function joinCommand(
  state: { readonly generation: number },
  urlIndex: number,
  probeFirst: boolean,
): LinkCommand {
  return { type: 'join', generation: state.generation, urlIndex, probeFirst };
}
