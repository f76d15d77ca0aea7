/** Why a file could not be imported, and where in it. Never quotes the file: it may hold anything. */

/** What was wrong. */
export const IMPORT_ERROR_CODES = [
  'notRecognized', // none of the formats that can be imported
  'empty', // nothing in it
  'cut', // it ends before its end
  'tooLarge', // more bytes, or more of something, than the limit
  'tooDeep', // nested deeper than the limit
  'badText', // not UTF-8
  'badJson',
  'missing', // a field that must be there is not
  'wrongType', // a field is of another type
  'badName', // an id or code with characters that none has
  'badValue', // of the right type, but out of range
  'badChunk', // packed samples that cannot be unpacked
  'laterVersion', // written by a later version of this program or format
] as const;
/** One of {@link IMPORT_ERROR_CODES}. */
export type ImportErrorCode = (typeof IMPORT_ERROR_CODES)[number];

/** Where it was, as far as known. */
export interface ImportPlace {
  /** From 1. */
  readonly line?: number;
  /** Path of names and numbers, as `events[3].atMs`. */
  readonly field?: string;
  /** From 0, in the uncompressed file. */
  readonly byte?: number;
}

/** A file that is not imported; nothing of it was kept. `message` is for developers, ui chooses words by `code`. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code: ImportErrorCode;
  readonly place: ImportPlace;

  constructor(code: ImportErrorCode, message: string, place: ImportPlace = {}, options?: ErrorOptions) {
    const { line, field, byte } = place;
    const where = [
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(field === undefined || field === '' ? [] : [`field ${field}`]),
      ...(byte === undefined ? [] : [`byte ${byte}`]),
    ].join(', ');
    super(where === '' ? message : `${where}: ${message}`, options);
    this.code = code;
    this.place = place;
  }
}
