/** Text and sound that were kept of a session: lines that move the cursor, and a player for each take. */
import { html, nothing, type TemplateResult } from 'lit';
import type { KeptLine, KeptPiece } from '../../shared/recording.ts';
import { clockText } from './format.ts';

/** One recorded file of sound. */
export interface Take {
  /** Since the session's start. */
  readonly atMs: number;
  /** Made here; to be given back by {@link closeTakes}. */
  readonly url: string;
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
      ({ atMs, url }) =>
        html`<p class="quiet">From ${clockText(atMs)}</p>
          <audio
            controls
            preload="metadata"
            src=${url}
            aria-label=${`Sound from ${clockText(atMs)}`}
            @loadedmetadata=${findLength}
          ></audio>`,
    )}
  </section>`;
}

/** A file that was written as it came does not say how long it is: going to its end once finds that out. */
function findLength({ target }: Event): void {
  const player = target as HTMLAudioElement;
  if (player.duration !== Infinity) return;
  player.addEventListener('durationchange', () => (player.currentTime = 0), { once: true });
  player.currentTime = Number.MAX_SAFE_INTEGER;
}

/** Puts the player of the take that was on at a time there. */
export function seekTo(root: ParentNode, takes: readonly Take[], atMs: number): void {
  const index = takes.findLastIndex((take) => take.atMs <= atMs);
  const player = root.querySelectorAll('audio')[index];
  if (player !== undefined) player.currentTime = (atMs - (takes[index]?.atMs ?? 0)) / 1000;
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
