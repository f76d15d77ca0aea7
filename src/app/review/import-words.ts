/** Why a file was not imported, in words: the code says what, the place says where. The file itself is never quoted. */

const WHAT: Readonly<Record<string, string>> = {
  notRecognized: 'it is no archive of Clara Voice, no rtcstats dump and no webrtc-internals dump',
  empty: 'it is empty',
  cut: 'it is cut off or its compression is broken',
  tooLarge: 'it is larger than any recording',
  tooDeep: 'it is nested deeper than any recording',
  badText: 'it is not UTF-8 text',
  badJson: 'it is not valid JSON',
  missing: 'something that must be there is missing',
  wrongType: 'a value is of the wrong type',
  badName: 'a name has characters that no name has',
  badValue: 'a value is out of range',
  badChunk: 'its packed samples cannot be read',
  laterVersion: 'it was made by a later version of Clara Voice',
};

/** What an ImportError looks like; the class itself is loaded with the readers. */
interface ImportProblem {
  readonly code: string;
  readonly place?: { readonly line?: number; readonly field?: string; readonly byte?: number };
}

/** One sentence. Throws `error` again when it is no problem of the file. */
export function importProblemText(error: unknown, fileName: string | undefined): string {
  const { code, place = {} } = (error ?? {}) as ImportProblem;
  const what = WHAT[code];
  if (!(error instanceof Error) || what === undefined) throw error;
  const where = [
    ...(place.line === undefined ? [] : [`line ${place.line}`]),
    ...(place.field === undefined || place.field === '' ? [] : [place.field]),
    ...(place.byte === undefined ? [] : [`byte ${place.byte}`]),
  ].join(', ');
  const name = fileName === undefined ? 'The file' : `“${fileName}”`;
  return `${name} was not imported: ${what}${where === '' ? '' : ` (${where})`}. Nothing was written.`;
}
