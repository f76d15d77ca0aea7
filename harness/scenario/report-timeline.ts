/**
 * One call as a picture: what the screen said, which words arrived each way, where the fault was, when the user
 * joined. Seconds count from the fault. Two calls of one scenario get the same scale, so that they can be compared
 * by eye. Pure: data in, SVG text out; colours come from the page's classes.
 */
import { GAP_MS, WORD_MS } from '../../src/shared/tone-words.ts';
import type { CallPhase } from '../call/call-result.ts';
import type { ChaosRun, WordFate } from './chaos-result.ts';
import { escapeHtml, seconds } from './report-format.ts';

/** The stretch of a call that is drawn, ms from the click on Start, and where zero is. */
export interface TimeScale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly faultAtMs: number;
}

const WIDTH = 1_000;
const LEFT = 118;
const RIGHT = 12;
const LANES = {
  top: { y: 2 },
  phases: { y: 22, height: 24 },
  toAgent: { y: 60 },
  fromAgent: { y: 80 },
  axis: { y: 96 },
};
const HEIGHT = 116;
/** Shown before the fault, ms. */
const BEFORE_MS = 4_000;
/** Width of a letter of the labels, about; decides whether a label fits its bar. */
const LETTER_WIDTH = 6.4;
const KNOWN_PHASES = [
  'idle',
  'requestingMic',
  'connecting',
  'connected',
  'unstable',
  'reconnecting',
  'failed',
  'ended',
];

/** A scale that fits all `runs` of one scenario. */
export function commonScale(
  runs: readonly ChaosRun[],
): Omit<TimeScale, 'faultAtMs'> & { readonly lengthMs: number } {
  const ends = runs.map((run) => callEndMs(run) - faultAtMs(run));
  const begins = runs.map((run) => Math.min(faultAtMs(run), BEFORE_MS));
  const fromMs = -Math.max(0, ...begins);
  const toMs = Math.max(5_000, ...ends);
  return { fromMs, toMs, lengthMs: toMs - fromMs };
}

/** Where zero is for `run`: its fault, or the click where there was none. */
export function faultAtMs(run: ChaosRun): number {
  return run.faults[0]?.atMs ?? 0;
}

/** The picture. @param relative ms around the fault, from {@link commonScale}. */
export function timeline(
  run: ChaosRun,
  relative: { readonly fromMs: number; readonly toMs: number },
): string {
  const zero = faultAtMs(run);
  const scale: TimeScale = { fromMs: zero + relative.fromMs, toMs: zero + relative.toMs, faultAtMs: zero };
  const start = run.firstWordAtMs ?? { user: run.connectMs ?? 0, agent: run.connectMs ?? 0 };
  const lanes = [
    faultSpan(run, scale),
    axis(scale),
    phaseBars(run, scale),
    joins(run, scale),
    label('on the screen', LANES.phases.y + 16),
    label('user → agent', LANES.toAgent.y + 4),
    label('agent → user', LANES.fromAgent.y + 4),
    dots(
      run.words?.toAgent ?? wordDots(run.wordsSpoken, run.wordsHeardByAgent, start.user),
      LANES.toAgent.y,
      scale,
    ),
    dots(
      run.words?.fromAgent ?? wordDots(run.wordsSpokenByAgent, run.wordsHeardBack, start.agent),
      LANES.fromAgent.y,
      scale,
    ),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(describe(run))}">${lanes.join('')}</svg>`;
}

/** The words of one direction, where their times are not known: two a second from the first one on. */
function wordDots(spoken: readonly number[], heard: readonly number[], firstAtMs: number): WordFate[] {
  const times = new Map<number, number>();
  for (const index of heard) times.set(index, (times.get(index) ?? 0) + 1);
  const first = spoken[0] ?? 0;
  // A replaced agent counts from the beginning again: then only the order is left to go by.
  const rising = spoken.every((index, at) => at === 0 || index > (spoken[at - 1] ?? index));
  return spoken.map((index, at) => {
    const count = times.get(index) ?? 0;
    return {
      atMs: firstAtMs + (rising ? index - first : at) * (WORD_MS + GAP_MS),
      fate: count === 0 ? 'lost' : count === 1 ? 'heard' : 'twice',
    };
  });
}

function callEndMs(run: ChaosRun): number {
  const lastPhaseMs = run.phases.at(-1)?.atMs ?? 0;
  const words =
    run.words?.toAgent ?? wordDots(run.wordsSpoken, [], run.firstWordAtMs?.user ?? run.connectMs ?? 0);
  return Math.max(lastPhaseMs + 1_000, words.at(-1)?.atMs ?? 0, run.faults[0]?.healedMs ?? 0);
}

function xOf(atMs: number, { fromMs, toMs }: TimeScale): number {
  const share = (atMs - fromMs) / (toMs - fromMs);
  return LEFT + Math.min(1, Math.max(0, share)) * (WIDTH - LEFT - RIGHT);
}

const n = (value: number): string => `${Math.round(value * 10) / 10}`;

function label(text: string, y: number): string {
  return `<text class="lane" x="${LEFT - 8}" y="${y}" text-anchor="end">${text}</text>`;
}

function faultSpan(run: ChaosRun, scale: TimeScale): string {
  const fault = run.faults[0];
  if (fault === undefined) return '';
  const x = xOf(fault.atMs, scale);
  const width = Math.max(2, xOf(fault.healedMs, scale) - x);
  const text = fault.healedMs - fault.atMs > 0 ? `broken for ${seconds(fault.healedMs - fault.atMs)}` : '';
  const fits = text !== '' && width > text.length * LETTER_WIDTH + 8;
  return (
    `<rect class="fault" x="${n(x)}" y="${LANES.top.y}" width="${n(width)}" height="${LANES.axis.y - LANES.top.y}"/>` +
    (fits ? `<text class="broken" x="${n(x + 5)}" y="${LANES.phases.y - 7}">${text}</text>` : '')
  );
}

function phaseBars(run: ChaosRun, scale: TimeScale): string {
  const { y, height } = LANES.phases;
  const endMs = Math.min(scale.toMs, callEndMs(run));
  return run.phases
    .map((phase, at) => {
      const untilMs = run.phases[at + 1]?.atMs ?? endMs;
      if (untilMs <= scale.fromMs || phase.atMs >= scale.toMs) return '';
      const x = xOf(phase.atMs, scale);
      const width = Math.max(1.5, xOf(untilMs, scale) - x);
      const known = KNOWN_PHASES.includes(phase.phase) ? phase.phase : 'other';
      const text =
        width > phase.phase.length * LETTER_WIDTH + 8
          ? `<text class="on-bar" x="${n(x + 5)}" y="${y + 16}">${escapeHtml(phase.phase)}</text>`
          : '';
      return `<g><title>${escapeHtml(phaseTitle(phase, scale))}</title><rect class="bar ${known}" x="${n(x)}" y="${y}" width="${n(width)}" height="${height}"/>${text}</g>`;
    })
    .join('');
}

function phaseTitle(phase: CallPhase, scale: TimeScale): string {
  return `${phase.phase}${phase.reason === undefined ? '' : ` (${phase.reason})`} at ${seconds(phase.atMs - scale.faultAtMs)}`;
}

function joins(run: ChaosRun, scale: TimeScale): string {
  return (run.joinsAtMs ?? [])
    .filter((atMs) => atMs >= scale.fromMs && atMs <= scale.toMs)
    .map((atMs) => {
      const x = n(xOf(atMs, scale));
      return `<path class="join" d="M${x} ${LANES.phases.y - 1}l-5 -9h10z"><title>joined at ${seconds(atMs - scale.faultAtMs)}</title></path>`;
    })
    .join('');
}

function dots(words: readonly WordFate[], y: number, scale: TimeScale): string {
  const pitch = xOf(scale.fromMs + WORD_MS + GAP_MS, scale) - xOf(scale.fromMs, scale);
  const radius = Math.min(3.4, Math.max(1, pitch * 0.36));
  const drawn = words.filter(({ atMs }) => atMs >= scale.fromMs && atMs <= scale.toMs);
  const path = (fate: WordFate['fate'], draw: (x: number) => string): string => {
    const d = drawn.filter((word) => word.fate === fate).map(({ atMs }) => draw(xOf(atMs, scale)));
    return d.length === 0 ? '' : `<path class="word ${fate}" d="${d.join('')}"/>`;
  };
  const circle = (r: number) => (x: number) =>
    `M${n(x - r)} ${y}a${n(r)} ${n(r)} 0 1 0 ${n(2 * r)} 0a${n(r)} ${n(r)} 0 1 0 ${n(-2 * r)} 0`;
  // A cross, so that lost and heard differ by shape and not only by colour.
  const cross = (x: number): string =>
    `M${n(x - radius)} ${n(y - radius)}l${n(2 * radius)} ${n(2 * radius)}m0 ${n(-2 * radius)}l${n(-2 * radius)} ${n(2 * radius)}`;
  return path('heard', circle(radius)) + path('twice', circle(radius * 1.5)) + path('lost', cross);
}

function axis(scale: TimeScale): string {
  const spanS = (scale.toMs - scale.fromMs) / 1_000;
  const stepS = [1, 2, 5, 10, 20, 30, 60].find((step) => spanS / step <= 12) ?? 60;
  const ticks: string[] = [];
  const firstS = Math.ceil((scale.fromMs - scale.faultAtMs) / 1_000 / stepS) * stepS;
  for (let atS = firstS; atS <= (scale.toMs - scale.faultAtMs) / 1_000; atS += stepS) {
    const x = n(xOf(scale.faultAtMs + atS * 1_000, scale));
    ticks.push(
      `<path class="tick${atS === 0 ? ' zero' : ''}" d="M${x} ${LANES.phases.y - 4}V${LANES.axis.y + 3}"/><text class="time" x="${x}" y="${LANES.axis.y + 15}" text-anchor="middle">${atS} s</text>`,
    );
  }
  return ticks.join('');
}

/** The picture in words, for those who do not see it. */
function describe(run: ChaosRun): string {
  const fault = run.faults[0];
  const shown = run.phases
    .map(({ phase, atMs }) => `${phase} at ${seconds(atMs - faultAtMs(run))}`)
    .join(', ');
  if (fault === undefined) return `Screen: ${shown}.`;
  return `Fault for ${seconds(fault.healedMs - fault.atMs)}. Screen: ${shown}. Words lost: ${fault.wordsLost.toAgent} to the agent, ${fault.wordsLost.fromAgent} from it.`;
}
