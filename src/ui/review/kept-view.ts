/** Text and sound that were kept of a session: lines that move the cursor, and a player for each take. */
import { html, nothing, type TemplateResult } from 'lit';
import type { KeptLine, KeptPiece } from '../../shared/recording.ts';
import { clockText } from './format.ts';

/** A line is played from the end of the one before, but from so much before its own end at most and at least, ms. */
const LINE_MOST_MS = 10_000;
const LINE_LEAST_MS = 2000;

/** One recorded file of sound. */
export interface Take {
  /** Since the session's start. */
  readonly atMs: number;
  /** Made here; to be given back by {@link closeTakes}. */
  readonly url: string;
  /** Where its player is to go once it knows how long its sound is, s; undefined when it does. */
  wantedS: number | undefined;
}

/** The takes among pieces, with addresses that players can open. */
export function takesOf(pieces: readonly KeptPiece[]): Take[] {
  const takes = new Map<number, { atMs: number; type: string; data: Uint8Array<ArrayBuffer>[] }>();
  for (const piece of pieces) {
    if (piece.kind !== 'sound') continue;
    const { take, atMs, type, data } = piece;
    const known = takes.get(take);
    if (known === undefined) takes.set(take, { atMs, type, data: [data] });
    else known.data.push(data);
  }
  return [...takes.values()].map(({ atMs, type, data }) => ({
    atMs,
    url: URL.createObjectURL(new Blob(data, { type })),
    wantedS: 0,
  }));
}

/** Gives their memory back. */
export function closeTakes(takes: readonly Take[]): void {
  for (const { url } of takes) URL.revokeObjectURL(url);
}

/** A player for each take. */
export function soundTemplate(takes: readonly Take[]): TemplateResult | typeof nothing {
  if (takes.length === 0) return nothing;
  return html`<section part="sound" aria-labelledby="sound">
    <h2 id="sound">Sound</h2>
    ${takes.map(
      (take) =>
        html`<p class="quiet">From ${clockText(take.atMs)}</p>
          <audio
            controls
            preload="metadata"
            src=${take.url}
            aria-label=${`Sound from ${clockText(take.atMs)}`}
            @loadedmetadata=${(event: Event) => findLength(event.target as HTMLAudioElement, take)}
          ></audio>`,
    )}
  </section>`;
}

/** A file that was written as it came does not say how long it is: going to its end once finds that out. */
function findLength(player: HTMLAudioElement, take: Take): void {
  const goBack = (): void => {
    const { wantedS } = take;
    take.wantedS = undefined;
    if (wantedS !== undefined && player.currentTime !== wantedS) player.currentTime = wantedS;
  };
  if (player.duration !== Infinity) return goBack();
  player.addEventListener('seeked', goBack, { once: true });
  player.currentTime = Number.MAX_SAFE_INTEGER;
}

/** Puts the player of the take that was on at `atMs` to `fromMs`, or to the take's begin where that is later. */
export function seekTo(root: ParentNode, takes: readonly Take[], atMs: number, fromMs = atMs): void {
  const index = takes.findLastIndex((take) => take.atMs <= atMs);
  const [take, player] = [takes[index], root.querySelectorAll('audio')[index]];
  if (take === undefined || player === undefined) return;
  const seconds = Math.max(0, fromMs - take.atMs) / 1000;
  const isKnown = take.wantedS === undefined;
  if (!isKnown) take.wantedS = seconds;
  // While it looks for its end it goes there afterwards.
  if (isKnown || player.duration !== Infinity) player.currentTime = seconds;
}

/** About when a line began, ms since the session's start: it is noted when it is finished. What was typed has no length. */
export function beginOf(line: KeptLine, pieces: readonly KeptPiece[]): number {
  const { atMs, by } = line;
  if (by === 'text') return atMs;
  let beforeMs = 0;
  for (const piece of pieces)
    if (piece.kind === 'text' && piece.by === 'speech' && piece.atMs < atMs)
      beforeMs = Math.max(beforeMs, piece.atMs);
  return Math.max(0, atMs - LINE_MOST_MS, Math.min(beforeMs, atMs - LINE_LEAST_MS));
}

/** The text, as text. A line that was corrected is shown as it was last. */
export function transcriptTemplate(
  pieces: readonly KeptPiece[],
  show: (line: KeptLine) => void,
): TemplateResult | typeof nothing {
  const lines = new Map<string, KeptLine>();
  for (const piece of pieces)
    if (piece.kind === 'text') lines.set(`${piece.by} ${piece.from} ${piece.id}`, piece);
  if (lines.size === 0) return nothing;
  return html`<section part="transcript" aria-labelledby="transcript">
    <h2 id="transcript">Text</h2>
    <ol class="said">
      ${[...lines.values()].map(
        (line) =>
          html`<li>
            <button @click=${() => show(line)}>
              <span class="quiet">${clockText(line.atMs)} ${line.from === 'user' ? 'You' : 'Agent'}</span>
              <span dir="auto">${line.text}</span>
            </button>
          </li>`,
      )}
    </ol>
  </section>`;
}
