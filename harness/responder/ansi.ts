/** Terminal escape sequences are no text: what a command says is kept, shown and parsed without them. Pure. */

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const CSI = String.fromCharCode(0x9b);
const STRING_END = `(?:${BEL}|${ESC}\\\\)`;
// ECMA-48: control sequences, strings (titles, links), then the two-character ones.
const SEQUENCES = new RegExp(
  [
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]`,
    `${ESC}[\\]PX^_][^${BEL}${ESC}]*(?:${STRING_END}|$)`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);

/** The text without escape sequences. */
export function stripAnsi(text: string): string {
  return text.includes(ESC) || text.includes(CSI) ? text.replace(SEQUENCES, '') : text;
}
