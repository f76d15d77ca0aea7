import type { RecordingFile } from '../../compose/recording-library.ts';

/** How long the browser may take to begin with a download, ms. */
const KEEP_MS = 60_000;

/** Hands a file to the user as a download. */
export function saveFile(document: Document, { name, blob }: RecordingFile): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEEP_MS);
}
